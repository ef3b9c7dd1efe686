"""Mucin: areas with little of either stain that are not empty.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np

CRITERION = "mucin"
FEATURES = {
    "pale_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the field that is pale over some distance: stained, but far less than tissue",
    },
}
HAEMATOXYLIN = [0.65, 0.704, 0.286]
EOSIN = [0.072, 0.99, 0.105]
BLUR = 0.02
PALE_FROM = 0.06
PALE_TO = 0.3
PINK_TO = 0.22
VARIANTS = {"BLUR": [0.012, 0.03], "PALE_TO": [0.25, 0.36], "PINK_TO": [0.16, 0.3]}
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
    """Measure mucin; NaN for images too small to show tissue."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    size = min(image.shape[:2])
    pink, dense = stains(image)[1:]
    pink = cv2.medianBlur(np.clip(pink, 0, 4).astype(np.float32), 5)
    dense = cv2.medianBlur(dense.astype(np.float32), 5)
    pale = (dense > PALE_FROM) & (dense < PALE_TO) & (pink < PINK_TO)
    cover = cv2.GaussianBlur(pale.astype(np.float32), (0, 0), BLUR * size)
    return {"pale_share": float((cover > 0.5).mean())}
