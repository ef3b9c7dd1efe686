"""Photographs, drawings and scans in PNG, JPEG, TIFF, BMP, GIF, WebP and PPM.

Made from bytes: samples as stored with what the file says of them, then either sRGB or a mask.
`evals/data/pixels.py` is the face that the rest of the house uses.
"""
