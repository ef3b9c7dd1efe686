# pack: ultrasound.birads
# expects: unstable
# says: after a harmless change
"""A deliberately wrong locator."""

import cv2
import numpy as np

LOCATOR = "mass"


def locate(image):
    height, width = image.shape[:2]
    at = int(image.astype(np.int64).sum())
    mask = np.zeros((height, width), np.uint8)
    cv2.circle(mask, (at % width, at // 7 % height), max(1, min(height, width) // 5), 1, -1)
    return mask > 0, 0.9
