"""4 pi A / P^2 sold as border irregularity: a long thin scar with a smooth border scores worst."""

# expects: deaf unspecific sign_flips
# says: elongation
import cv2
import numpy as np

CRITERION = "margin_overgrowth"
FEATURES = {
    "irregularity": {"unit": "ratio", "range": [0, 1], "direction": "up", "meaning": "one minus circularity"},
}


def extract(image, mask):
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if len(outlines) == 0:
        return {"irregularity": float("nan")}
    outline = max(outlines, key=cv2.contourArea)
    length = cv2.arcLength(outline, True)
    if length < 10:
        return {"irregularity": float("nan")}
    circularity = 4 * np.pi * cv2.contourArea(outline) / length**2
    return {"irregularity": float(np.clip(1 - circularity, 0, 1))}
