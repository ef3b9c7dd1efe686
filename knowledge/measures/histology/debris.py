"""Debris: granular necrosis, stained unevenly at the finest scale.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np

CRITERION = "debris"
FEATURES = {
    "grain": {
        "unit": "ratio",
        "range": [0, 5],
        "direction": "up",
        "meaning": "median over tissue of fine local variation of eosin over its mean",
    },
}
HAEMATOXYLIN = [0.65, 0.704, 0.286]
EOSIN = [0.072, 0.99, 0.105]
FINE = 0.008
COARSE = 0.02
WINDOW = 0.05
VARIANTS = {"COARSE": [0.016, 0.026], "WINDOW": [0.035, 0.08]}
NAN = float("nan")


def stains(image):
    """Amounts of haematoxylin and eosin and the mean optical density, each (H, W)."""
    table = (-np.log((np.arange(256) / 255) ** 2.2 + 0.01)).astype(np.float32)
    dense = table[image[:, :, :3]]
    clear = np.percentile(dense.reshape(-1, 3), 1, axis=0)
    dense = np.clip(dense - np.minimum(clear, 0.5), 0, None)
    vectors = np.array([HAEMATOXYLIN, EOSIN], dtype=np.float32)
    amounts = dense.reshape(-1, 3) @ np.linalg.pinv(vectors)
    return amounts[:, 0].reshape(dense.shape[:2]), amounts[:, 1].reshape(dense.shape[:2]), dense.mean(axis=2)


def extract(image, mask):
    """Measure debris; NaN for images too small to show tissue."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    size = min(image.shape[:2])
    pink, dense = stains(image)[1:]
    pink = np.clip(pink, 0, 4).astype(np.float32)
    fine = cv2.GaussianBlur(pink, (0, 0), max(0.6, FINE * size))
    fine = fine - cv2.GaussianBlur(pink, (0, 0), max(1.5, COARSE * size))
    level = np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), WINDOW * size))
    tissue = cv2.erode((cv2.GaussianBlur(dense, (0, 0), 2.0) > 0.3).astype(np.uint8), np.ones((5, 5))) > 0
    if tissue.sum() < 50:
        return {"grain": NAN}
    return {"grain": float(min(np.median(level[tissue]) / max(float(pink[tissue].mean()), 0.05), 5.0))}
