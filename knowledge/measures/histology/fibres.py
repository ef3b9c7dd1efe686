"""Fibres: matrix whose texture runs one way.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np

CRITERION = "fibres"
FEATURES = {
    "fibre_coherence": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "anisotropy of the structure tensor of eosin over neighbourhoods, weighted by its energy",
    },
}
HAEMATOXYLIN = [0.65, 0.704, 0.286]
EOSIN = [0.072, 0.99, 0.105]
FINE = 0.012
REACH = 0.06
VARIANTS = {"FINE": [0.008, 0.018], "REACH": [0.04, 0.09]}
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
    """Measure fibres; NaN for images too small to show tissue."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    size = min(image.shape[:2])
    pink = stains(image)[1]
    smooth = cv2.GaussianBlur(np.clip(pink, 0, 4).astype(np.float32), (0, 0), max(0.6, FINE * size))
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3) / 8 * size
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3) / 8 * size
    reach = max(1.0, REACH * size)
    xx, yy = cv2.GaussianBlur(dx * dx, (0, 0), reach), cv2.GaussianBlur(dy * dy, (0, 0), reach)
    xy = cv2.GaussianBlur(dx * dy, (0, 0), reach)
    aligned = np.sqrt((xx - yy) ** 2 + 4 * xy**2).sum() / ((xx + yy).sum() + 1e-6)
    return {"fibre_coherence": float(aligned)}
