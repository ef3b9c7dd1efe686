"""NIfTI volumes: what their headers say and whether it is honoured, their grid, one slice of them.

Made from bytes; `evals/data/nifti.py` is the reader that the rest of the house uses.
"""
