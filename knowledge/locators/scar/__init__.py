"""Reference locators for scar: one file per region, read as text, never imported."""
