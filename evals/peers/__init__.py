"""The systems ScaFE is compared with, one file each.

Made from images and labels alone. The opened seal and comparisons import it.
"""
