import cv2
import numpy as np


def extract(image, mask):
    m = (mask > 0).astype(np.uint8)
    contours, _ = cv2.findContours(m, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return {"area": 0.0, "perimeter": 0.0, "circularity": 0.0, "solidity": 0.0, "elongation": 0.0}
    c = max(contours, key=cv2.contourArea)
    area = cv2.contourArea(c)
    per = cv2.arcLength(c, True)
    hull = cv2.convexHull(c)
    (cx, cy), (w, h), angle = cv2.minAreaRect(c)
    return {
        "area": float(area),
        "perimeter": float(per),
        "circularity": float(4 * np.pi * area / (per**2 + 1e-8)),
        "solidity": float(area / (cv2.contourArea(hull) + 1e-8)),
        "elongation": float(max(w, h) / (min(w, h) + 1e-8)),
    }
