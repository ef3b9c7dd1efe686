# pack: ultrasound.birads
# expects: nothing_found
# says: relax the condition
"""A deliberately wrong locator."""

import numpy as np

LOCATOR = "mass"


def locate(image):
    return np.zeros(image.shape[:2], bool), 0.0
