# pack: dermoscopy.abcd
# expects: inverted
# says: turn the comparison around
"""A deliberately wrong locator."""

import cv2
import numpy as np

LOCATOR = "lesion"


def locate(image):
    grey = cv2.GaussianBlur(image.astype(np.float32).mean(axis=2), (0, 0), 2)
    return grey > np.median(grey) - 12, 0.9
