"""Reference extractors for stained tissue: one file per criterion, read as text, never imported."""
