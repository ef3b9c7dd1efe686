"""Adipose tissue: very large empty cells.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np

CRITERION = "fat"
FEATURES = {
    "large_empty_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the field in empty areas larger than a lumen",
    },
}
HAEMATOXYLIN = [0.65, 0.704, 0.286]
EOSIN = [0.072, 0.99, 0.105]
EMPTY = 0.2
LARGE = 0.02
VARIANTS = {"EMPTY": [0.15, 0.28], "LARGE": [0.012, 0.03]}
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
    """Measure fat; NaN for images too small to show tissue."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    size = min(image.shape[:2])
    dense = stains(image)[2]
    empty = (cv2.GaussianBlur(dense, (0, 0), max(0.5, 0.004 * size)) < EMPTY).astype(np.uint8)
    stats = cv2.connectedComponentsWithStats(empty, connectivity=4)[2]
    areas = stats[1:, cv2.CC_STAT_AREA] / dense.size
    return {"large_empty_share": float(areas[areas > LARGE].sum())}
