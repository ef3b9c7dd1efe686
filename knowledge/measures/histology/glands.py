"""Glands: round empty lumens of middling size.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np

CRITERION = "glands"
FEATURES = {
    "lumen_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the field that is empty areas of the size of a gland's lumen",
    },
}
HAEMATOXYLIN = [0.65, 0.704, 0.286]
EOSIN = [0.072, 0.99, 0.105]
EMPTY = 0.16
LEAST = 0.0012
LARGEST = 0.075
VARIANTS = {"EMPTY": [0.12, 0.22], "LEAST": [0.0008, 0.002], "LARGEST": [0.06, 0.09]}
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


def holes(dense, size):
    """Label empty areas by connected component, with area in shares of the field; small ones dropped."""
    empty = (cv2.GaussianBlur(dense, (0, 0), max(0.5, 0.004 * size)) < EMPTY).astype(np.uint8)
    count, labels, stats = cv2.connectedComponentsWithStats(empty, connectivity=4)[:3]
    share = stats[:, cv2.CC_STAT_AREA] / dense.size
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    cut = set(np.unique(edge).tolist())
    return labels, stats, [n for n in range(1, count) if LEAST < share[n] < LARGEST and n not in cut]


def extract(image, mask):
    """Measure glands; NaN for images too small to show tissue."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    size = min(image.shape[:2])
    dense = stains(image)[2]
    stats, lumens = holes(dense, size)[1:]
    share = sum(int(stats[n, cv2.CC_STAT_AREA]) for n in lumens) / dense.size
    return {"lumen_share": float(share)}
