"""Lymphocytes: small, round, very dark nuclei.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np

CRITERION = "lymphocytes"
FEATURES = {
    "dark_round_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the field in very dark round spots of the size of a lymphocyte",
    },
}
HAEMATOXYLIN = [0.65, 0.704, 0.286]
EOSIN = [0.072, 0.99, 0.105]
SPOT = 0.011
DARKER = 0.5
ROUND = 0.45
VARIANTS = {"SPOT": [0.009, 0.014], "DARKER": [0.35, 0.7], "ROUND": [0.3, 0.6]}
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
    """Measure lymphocytes; NaN for images too small to show tissue."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    size = min(image.shape[:2])
    blue = stains(image)[0]
    sigma = max(0.8, SPOT * size)
    smooth = cv2.GaussianBlur(blue.astype(np.float32), (0, 0), sigma)
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3) / 4
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3) / 4
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3) / 4
    half, bow = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    weak, strong = np.clip(-(half + bow), 0, None) * sigma**2, np.clip(-(half - bow), 0, None) * sigma**2
    spot = np.where(weak > ROUND * strong, weak, 0)
    return {"dark_round_share": float(np.clip(spot / DARKER, 0, 1).mean())}
