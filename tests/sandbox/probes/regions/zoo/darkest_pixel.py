# pack: ultrasound.birads
# expects: point
# says: one place is not a region
"""A deliberately wrong locator."""

import numpy as np

LOCATOR = "mass"


def locate(image):
    grey = image.astype(np.float32).mean(axis=2)
    return grey <= grey.min(), 0.9
