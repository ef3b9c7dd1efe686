# pack: mri.glioma_idh
# expects: found_where_nothing_is
# says: of the scenes that hold none
"""A deliberately wrong locator."""

import cv2
import numpy as np

LOCATOR = "tumour"


def locate(image):
    flair = cv2.GaussianBlur(image[:, :, 1].astype(np.float32), (0, 0), 3)
    inner = cv2.GaussianBlur((image.max(axis=2) > 20).astype(np.float32), (0, 0), 8) > 0.9
    found = inner & (flair >= 0.93 * flair[inner].max()) if inner.any() else inner
    return cv2.dilate(found.astype(np.uint8), np.ones((21, 21), np.uint8)) > 0, 0.9
