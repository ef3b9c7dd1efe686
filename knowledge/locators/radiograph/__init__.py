"""Reference locators for radiograph: one file per region, read as text, never imported."""
