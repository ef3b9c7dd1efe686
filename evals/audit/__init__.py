"""What is wrong with a data set before anything is measured on it: faults, shortcuts, groups of skin tone.

Made from data and scoring. `scafe data check` and the seal import it.
"""
