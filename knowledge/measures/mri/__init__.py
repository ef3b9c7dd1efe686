"""Reference extractors for MRI slices: one file per criterion, read as text, never imported."""
