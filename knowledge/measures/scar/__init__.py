"""Reference extractors for photographs of scars: one file per criterion, read as text, never imported."""
