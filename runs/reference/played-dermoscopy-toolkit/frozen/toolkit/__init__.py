"""Tested primitives for extractors and locators: `import toolkit as tk`.

Needs numpy and OpenCV alone and nothing of ScaFE, so extractors run wherever this folder is on the path.
Arrays that are handed out are read-only; take `.copy()` to change one.
"""

from .cleaning import depth_normalised, despeckled, inpainted, shading_corrected, without_hair
from .colour import colour_clusters, density, grey, lab, lch, linear_light, optical_density, stains
from .growth import grown, lung_field, otsu, snake
from .marks import dark_corners, hair_mask, ruler_mask, specular_mask
from .numbers import robust, separation
from .regions import components, filled, largest, rim, share, signed_distance, skin_ring, smoothed
from .scale import reduced
from .shapes import border_contrast, contour, fourier, outline, polar_map, radial_profile, symmetry
from .texture import blobs, glcm, lbp, local_spread, orientation, ridges

__all__ = [
    "blobs",
    "border_contrast",
    "colour_clusters",
    "components",
    "contour",
    "dark_corners",
    "density",
    "depth_normalised",
    "despeckled",
    "filled",
    "fourier",
    "glcm",
    "grey",
    "grown",
    "hair_mask",
    "inpainted",
    "lab",
    "largest",
    "lbp",
    "lch",
    "linear_light",
    "local_spread",
    "lung_field",
    "optical_density",
    "orientation",
    "otsu",
    "outline",
    "polar_map",
    "radial_profile",
    "reduced",
    "ridges",
    "rim",
    "robust",
    "ruler_mask",
    "separation",
    "shading_corrected",
    "share",
    "signed_distance",
    "skin_ring",
    "smoothed",
    "snake",
    "specular_mask",
    "stains",
    "symmetry",
    "without_hair",
]
