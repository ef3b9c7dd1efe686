"""Lymphocytes: small, round, very dark nuclei.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import numpy as np
import toolkit as tk

CRITERION = "lymphocytes"
FEATURES = {
    "dark_round_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the field in very dark round spots of the size of a lymphocyte",
    },
}
SPOT = 0.011
DARKER = 0.22
ROUND = 0.45
VARIANTS = {"SPOT": [0.009, 0.014], "DARKER": [0.15, 0.3], "ROUND": [0.3, 0.6]}
NAN = float("nan")


def extract(image, mask):
    """Measure lymphocytes; NaN for images too small to show tissue."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    blue = np.ascontiguousarray(tk.stains(image)[:, :, 0])
    spots, lines = tk.blobs(blue, SPOT, dark=False) / 4, tk.ridges(blue, SPOT, dark=False) / 2.83
    # A ridge answers with strong minus weak curvature, a blob with the weak one.
    round_ = np.where(spots > ROUND * (spots + lines), spots, 0)
    return {"dark_round_share": float(np.clip(round_ / DARKER, 0, 1).mean())}
