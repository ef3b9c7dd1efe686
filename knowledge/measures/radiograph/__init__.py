"""Reference extractors for chest films: one file per criterion, read as text, never imported."""
