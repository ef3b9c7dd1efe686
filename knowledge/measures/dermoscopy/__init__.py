"""Reference extractors for dermoscopy: one file per criterion, read as text, never imported."""
