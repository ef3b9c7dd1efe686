"""Reference extractors for breast ultrasound: one file per criterion, read as text, never imported."""
