"""Reference locators for dermoscopy: one file per region, read as text, never imported."""
