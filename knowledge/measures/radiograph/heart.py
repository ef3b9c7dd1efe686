"""Heart against chest: the gap between the lungs low down over their outer distance.

The cardiothoracic ratio is read on PA films alone; on AP films the heart looks larger.

The mask is the lungs, drawn or found by a locator. NaN where it is the whole frame or one lung is missing.
"""

import cv2
import numpy as np

CRITERION = "heart"
FEATURES = {
    "heart_over_chest": {
        "unit": "ratio",
        "range": [0, 1],
        "direction": "up",
        "meaning": "widest gap between the lungs in their lower half over the widest chest",
    },
}
FROM = 0.5
TO = 0.9
VARIANTS = {"FROM": [0.45, 0.6], "TO": [0.8, 0.95]}
NAN = float("nan")


def halves(mask):
    """Part the lungs, left one in the film first, by connected areas: a rotated child does not count."""
    labels, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8))[1:]
    middle = np.nonzero(mask)[1].mean()
    left = np.isin(labels, [one for one in range(1, len(stats)) if centres[one][0] < middle])
    return left, mask & ~left


def usable(mask):
    """Whether both lungs are known: not the whole frame, and a part on each side."""
    return (
        mask.mean() < 0.9 and mask.sum() > 100 and min(one.sum() for one in halves(mask)) > 0.01 * mask.size
    )


def extract(image, mask):
    """Measure the heart; NaN where the two lungs are not known."""
    if not usable(mask):
        return {name: NAN for name in FEATURES}
    one, other = halves(mask)
    rows = np.nonzero(mask)[0]
    gaps, chests = [], []
    for row in range(int(rows.min() + FROM * np.ptp(rows)), int(rows.min() + TO * np.ptp(rows))):
        left, right = np.nonzero(one[row])[0], np.nonzero(other[row])[0]
        if len(left) and len(right):
            gaps.append(right.min() - left.max())
            chests.append(right.max() - left.min())
    if len(gaps) < 3:
        return {name: NAN for name in FEATURES}
    return {"heart_over_chest": float(np.clip(np.percentile(gaps, 80) / max(chests), 0, 1))}
