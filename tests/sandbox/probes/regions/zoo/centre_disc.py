# pack: dermoscopy.abcd
# expects: fixed_place
# says: moves 0% of the way
"""A deliberately wrong locator."""

import cv2
import numpy as np

LOCATOR = "lesion"


def locate(image):
    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    cv2.circle(mask, (width // 2, height // 2), int(0.27 * min(height, width)), 1, -1)
    return mask > 0, 0.9
