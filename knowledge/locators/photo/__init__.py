"""Reference locators for clinical photographs: one file per region, read as text, never imported."""
