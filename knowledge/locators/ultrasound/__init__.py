"""Reference locators for ultrasound: one file per region, read as text, never imported."""
