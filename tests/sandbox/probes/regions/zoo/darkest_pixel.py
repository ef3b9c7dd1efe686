# pack: ultrasound.birads
# expects: point
# says: one place is not a region
"""A deliberately wrong locator."""

import numpy as np

LOCATOR = "mass"


def locate(image):
    grey = image.astype(np.float32).mean(axis=2)
    return np.arange(grey.size).reshape(grey.shape) == grey.argmin(), 0.9
