"""Rows of images measured by other processes or machines, over Dask; made from data and the sandbox.

What goes out: sources of extractors, and where images lie. What comes back: rows of values. No image, label
or patient does. Its doors: `client` (Dask) and `elsewhere` (file systems of workers).
"""
