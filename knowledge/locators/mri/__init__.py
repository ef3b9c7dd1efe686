"""Reference locators for mri: one file per region, read as text, never imported."""
