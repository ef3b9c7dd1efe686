"""Cellularity: share and number of nuclei.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np

CRITERION = "nuclei"
FEATURES = {
    "nuclear_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the field covered by haematoxylin above its surroundings",
    },
}
HAEMATOXYLIN = [0.65, 0.704, 0.286]
EOSIN = [0.072, 0.99, 0.105]
LEVEL = 0.45
LEAST = 0.00012
LARGEST = 0.004
VARIANTS = {"LEVEL": [0.35, 0.6], "LEAST": [0.00008, 0.0002], "LARGEST": [0.003, 0.006]}
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


def nuclei(blue, size):
    """Cover and labels of nuclei: haematoxylin above its surroundings, by connected component."""
    smooth = cv2.GaussianBlur(blue, (0, 0), max(0.6, 0.004 * size))
    level = max(float(np.median(smooth)) + LEVEL, 0.35)
    count, labels, stats = cv2.connectedComponentsWithStats((smooth > level).astype(np.uint8))[:3]
    areas = stats[:, cv2.CC_STAT_AREA] / size**2
    return smooth, level, labels, stats, [n for n in range(1, count) if LEAST < areas[n] < LARGEST]


def extract(image, mask):
    """Measure cellularity; NaN for images too small to show tissue."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    size = min(image.shape[:2])
    blue = stains(image)[0]
    smooth, level = nuclei(blue, size)[:2]
    return {"nuclear_share": float((smooth > level).mean())}
