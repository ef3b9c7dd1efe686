# pack: ultrasound.birads
# expects: whole_frame
# says: covers 100% of the frame
"""A deliberately wrong locator."""

import numpy as np

LOCATOR = "mass"


def locate(image):
    return np.ones(image.shape[:2], bool), 1.0
