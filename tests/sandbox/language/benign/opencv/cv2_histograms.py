import cv2
import numpy as np


def extract(image, mask):
    m = mask.astype(np.uint8)
    h1 = cv2.calcHist([image], [0], m, [32], [0, 256])
    h2 = cv2.calcHist([image], [1], m, [32], [0, 256])
    h1 = cv2.normalize(h1, None).flatten()
    h2 = cv2.normalize(h2, None).flatten()
    mean, std = cv2.meanStdDev(image, mask=m)
    low, high, at, to = cv2.minMaxLoc(image[..., 0])
    return {
        "corr": float(cv2.compareHist(h1, h2, cv2.HISTCMP_CORREL)),
        "bhat": float(cv2.compareHist(h1, h2, cv2.HISTCMP_BHATTACHARYYA)),
        "mean": float(mean[0][0]),
        "std": float(std.max()),
        "range": float(high - low),
        "template": float(cv2.matchTemplate(image[..., 0], image[:8, :8, 0].copy(), cv2.TM_CCOEFF_NORMED).max()),
    }
