# pack: dermoscopy.abcd
# expects: lost_under
# says: compare with what lies around
"""A deliberately wrong locator."""

import cv2
import numpy as np

LOCATOR = "lesion"


def locate(image):
    grey = cv2.GaussianBlur(image.astype(np.float32).mean(axis=2), (0, 0), 2)
    return grey < 165, 0.9
