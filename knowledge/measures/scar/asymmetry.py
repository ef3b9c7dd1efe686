"""How differently the two halves of the scar are shaped.

Source: overlap of the outline with its mirror image in the principal axes, as in the asymmetry item of the
ABCD rule (Nachbar F et al. J Am Acad Dermatol 1994;30:551-559); in scars the site drives it.
"""

import cv2
import numpy as np

CRITERION = "asymmetry"
FEATURES = {
    "mirror_loss": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "1 minus the intersection over union with the mirror image, mean of both principal axes",
    },
    "half_turn_loss": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "1 minus the overlap with the scar turned by 180 degrees about its centre",
    },
}
GRID = 128
SMOOTH = 7.0
MIN_PX = 60
VARIANTS = {"GRID": [64, 96, 128], "SMOOTH": [1.5, 4.0, 7.0]}


def upright(mask):
    """Turn the mask so that its long axis lies flat, centred, scaled to a GRID x GRID field."""
    rows, columns = np.nonzero(mask)
    centre = np.array([columns.mean(), rows.mean()])
    points = np.stack([columns, rows]) - centre[:, None]
    values, axes = np.linalg.eigh(points @ points.T / rows.size)
    stretch = 0.2 * GRID / np.sqrt(np.maximum(values[::-1], 0.1))
    turn = axes[:, ::-1] @ np.diag(1 / stretch)
    offset = centre - turn @ np.array([(GRID - 1) / 2, (GRID - 1) / 2])
    move = np.concatenate([turn, offset[:, None]], axis=1)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    field = cv2.warpAffine(mask.astype(np.float32), move, (GRID, GRID), flags=flags)
    return (cv2.GaussianBlur(field, (0, 0), SMOOTH) if SMOOTH > 0 else field) > 0.5


def loss(one, other):
    """Return 1 minus intersection over union."""
    return 1.0 - float((one & other).sum()) / max(float((one | other).sum()), 1.0)


def extract(image, mask):
    """Measure asymmetry of the outline."""
    if mask.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    field = upright(mask)
    return {
        "mirror_loss": (loss(field, field[::-1]) + loss(field, field[:, ::-1])) / 2,
        "half_turn_loss": loss(field, field[::-1, ::-1]),
    }
