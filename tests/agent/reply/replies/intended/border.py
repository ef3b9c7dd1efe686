import math

import cv2
import numpy as np

CRITERION = "border"
FEATURES = {
    "roughness": {
        "unit": "ratio",
        "range": [0.5, 20],
        "direction": "up",
        "meaning": "perimeter squared over 4 pi area of the largest outline",
    },
}


def extract(image, mask):
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return {"roughness": float("nan")}
    outline = max(outlines, key=cv2.contourArea)
    area = cv2.contourArea(outline)
    if area < 4:
        return {"roughness": float("nan")}
    return {"roughness": cv2.arcLength(outline, True) ** 2 / (4 * math.pi * area)}
