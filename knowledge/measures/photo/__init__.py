"""Reference extractors for photographs of skin lesions: one file per criterion, read as text."""
