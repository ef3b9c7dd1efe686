"""Rules that hold for every format alike: bounds, masks, intensity, square pixels, whose exception it is.

Each is a function of arrays and numbers; no file is opened here.
"""
