# pack: ultrasound.birads
# expects: reads_marks
# says: with ruler
"""A deliberately wrong locator."""

import cv2
import numpy as np

LOCATOR = "mass"


def locate(image):
    marks = (image.min(axis=2) == 255).astype(np.uint8)
    return cv2.morphologyEx(marks, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0, 0.9
