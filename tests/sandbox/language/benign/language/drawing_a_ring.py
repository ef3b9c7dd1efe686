import cv2
import numpy as np


def extract(image, mask):
    m = mask.astype(np.uint8)
    kernel = np.ones((7, 7), np.uint8)
    ring = (cv2.dilate(m, kernel) - cv2.erode(m, kernel)).astype(bool)
    copy = image.copy()
    cv2.circle(copy, (5, 5), 3, (255, 0, 0), -1)
    copy[0:2, :, :] = 0
    if not ring.any():
        return {"ring": float("nan"), "copy": 0.0}
    return {"ring": float(image[ring].mean() - image[mask].mean()), "copy": float(copy.sum())}
