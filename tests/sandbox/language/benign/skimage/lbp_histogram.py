import numpy as np
from skimage.feature import local_binary_pattern


def extract(image, mask):
    gray = np.dot(image[..., :3].astype(float), [0.299, 0.587, 0.114])
    lbp = local_binary_pattern(gray, P=8, R=1, method="uniform")
    hist, _ = np.histogram(lbp[mask > 0], bins=10, range=(0, 10))
    hist = hist.astype(float)
    hist /= hist.sum() + 1e-8
    ent = 0.0
    for h in hist:
        if h > 0:
            ent -= h * np.log2(h)
    res = {f"lbp_{i}": float(x) for i, x in enumerate(hist)}
    res["lbp_entropy"] = float(ent)
    return res
