"""Thin branching vessels: fine lines of redness inside the lesion.

Source: signs of nodular basal cell carcinoma (Cameron MC et al., J Am Acad Dermatol 2019;80:303-317,
doi:10.1016/j.jaad.2018.03.060); lines by curvature at several scales (Lindeberg T, Int J Comput Vis
1998;30:117-154, doi:10.1023/A:1008097225773). Dark hairs have no hue and mostly fall out; crust
is left out.
"""

import numpy as np
import toolkit as tk

CRITERION = "telangiectasia"
FEATURES = {
    "photo_vessel_strength": {
        "unit": "log10",
        "range": [0, 0.5],
        "direction": "up",
        "meaning": "mean height of thin ridges of log10(R/G) inside the lesion",
    },
    "photo_vessel_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the lesion's inside on such ridges above a fixed height",
    },
}
THIN = 0.012
WIDE = 0.02
HIGH = 0.015
EDGE = 0.05
CRUST = 0.2
MIN_PX = 100
VARIANTS = {
    "THIN": [0.008, 0.012, 0.016],
    "WIDE": [0.015, 0.02, 0.03],
    "HIGH": [0.01, 0.015, 0.025],
    "EDGE": [0.03, 0.05, 0.08],
}


def extract(image, mask):
    """Measure vessels inside the lesion."""
    inner = tk.signed_distance(mask) > EDGE
    if mask.all() or inner.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    dense = tk.optical_density(image)
    root, side = float(np.sqrt(mask.sum())), min(mask.shape)
    widths = tuple(min(0.2, max(0.9, width * root) / side) for width in (THIN, WIDE))
    green = dense[:, :, 1]
    whole = green[inner] < np.median(green[inner]) + CRUST
    lines = tk.ridges(green - dense[:, :, 0], widths, dark=False)[inner][whole]
    return {"photo_vessel_strength": float(lines.mean()), "photo_vessel_share": float((lines > HIGH).mean())}
