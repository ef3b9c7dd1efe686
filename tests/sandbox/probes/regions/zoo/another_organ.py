# pack: ultrasound.birads
# expects: contract
# says: the pack's region is "mass"
"""A deliberately wrong locator."""

import numpy as np

LOCATOR = "lesion"


def locate(image):
    return np.zeros(image.shape[:2], bool), 0.0
