# pack: dermoscopy.abcd
# expects: exception
# says: edge case 'one pixel'
"""A deliberately wrong locator."""

import cv2
import numpy as np

LOCATOR = "lesion"


def locate(image):
    grey = image.astype(np.float32).mean(axis=2)
    inner = grey[2:-2, 2:-2]
    level = (grey.min() + np.median(inner)) / 2 if inner.size else 1 / 0
    return cv2.GaussianBlur(grey, (0, 0), 2) < level, 0.9
