import cv2
import numpy as np


def extract(image, mask):
    px = image[mask].astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    compact, labels, centers = cv2.kmeans(px, 3, None, criteria, 3, cv2.KMEANS_PP_CENTERS)
    share = np.bincount(labels.ravel(), minlength=3) / len(labels)
    return {"compact": float(compact), "spread": float(np.ptp(centers, axis=0).max()), "share": float(share.max())}
