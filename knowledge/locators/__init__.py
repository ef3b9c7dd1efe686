"""Reference locators: plain files that say where a pack's region lies, one folder per modality.

`ultrasound/mass.py` is the locator `ultrasound_mass`. Made from the locator contract; `reference` reads them.
"""
