"""Heart against chest: the gap between the lungs low down over their outer distance.

The cardiothoracic ratio is read on PA films alone; on AP films the heart looks larger.

The lungs are found as the two large dark areas inside the body; a lung that is white all over is missed.
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
DARK = 0.62
FROM = 0.5
TO = 0.9
VARIANTS = {"DARK": [0.55, 0.7], "FROM": [0.45, 0.6], "TO": [0.8, 0.95]}
NAN = float("nan")


def lungs(grey):
    """Find the two largest dark areas inside the body, left one first; None without two."""
    size = min(grey.shape)
    if size < 32:
        return None
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.015 * size)
    middle = smooth[int(0.2 * size) : int(0.8 * size), int(0.1 * size) : int(0.9 * size)]
    level = np.percentile(middle, 5) + DARK * (np.percentile(middle, 90) - np.percentile(middle, 5))
    labels, stats, centres = cv2.connectedComponentsWithStats((smooth < level).astype(np.uint8))[1:]
    sides = [None, None]
    for number in np.argsort(-stats[:, cv2.CC_STAT_AREA]):
        left, top, wide, tall, area = stats[number]
        touches = left == 0 or top == 0 or left + wide >= grey.shape[1] or top + tall >= grey.shape[0]
        side = int(centres[number][0] > grey.shape[1] / 2)
        if number == 0 or touches or area < 0.008 * grey.size or sides[side] is not None:
            continue
        sides[side] = labels == number
    return sides if sides[0] is not None and sides[1] is not None else None


def extract(image, mask):
    """Measure the heart; NaN where no two lungs are found."""
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    found = lungs(grey)
    if found is None:
        return {name: NAN for name in FEATURES}
    both = found[0] | found[1]
    rows = np.nonzero(both)[0]
    first, last = rows.min() + FROM * np.ptp(rows), rows.min() + TO * np.ptp(rows)
    gaps, chests = [], []
    for row in range(int(first), int(last)):
        left, right = np.nonzero(found[0][row])[0], np.nonzero(found[1][row])[0]
        if len(left) and len(right):
            gaps.append(right.min() - left.max())
            chests.append(right.max() - left.min())
    if len(gaps) < 3:
        return {name: NAN for name in FEATURES}
    return {"heart_over_chest": float(np.clip(np.percentile(gaps, 80) / max(chests), 0, 1))}
