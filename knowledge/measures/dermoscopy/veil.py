"""Blue-white veil: how much of the lesion is bluer than brown pigment can be.

Sources: item of the 7-point checklist (Argenziano G et al. Arch Dermatol 1998;134:1563-1570); share of
blue-white pixels (Celebi ME et al. Comput Med Imaging Graph 2008;32:670-677).
"""

import cv2
import numpy as np

CRITERION = "veil"
FEATURES = {
    "veil_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the lesion whose red light is lost more than its blue light, against skin",
    },
    "veil_blueness": {
        "unit": "log10",
        "range": [0, 1],
        "direction": "up",
        "meaning": "mean excess of red over blue optical density against skin, from 0 to a cap",
    },
}
RING_INNER = 0.03
RING_OUTER = 0.25
MIN_RING_PX = 100
FLOOR = 0.008
RIM = 0.03
BLUR = 0.02
BLUE = 0.06
CAP = 0.15
HAIR_PX = 1.6
HAIR_DENSITY = 0.22
HAIR_LENGTH = 0.45
VARIANTS = {"RING_OUTER": [0.15, 0.35], "RIM": [0.0, 0.06], "BLUR": [0.01, 0.04], "BLUE": [0.03, 0.1]}
NAN = float("nan")


def density(image, floor):
    """Optical density of each channel of an 8-bit image, log10 of linear light."""
    return (-np.log10((np.arange(256) / 255) ** 2.2 + floor)).astype(np.float32)[image]


def hairless(image, root):
    """Image with long thin dark lines (hairs, ruler ticks) replaced by their surroundings."""
    width = 2 * int(np.ceil(HAIR_PX * max(1.0, np.sqrt(image.shape[0] * image.shape[1]) / 256))) + 1
    red = density(image, 0.01)[:, :, 0]
    thin = red - cv2.morphologyEx(red, cv2.MORPH_OPEN, np.ones((width, width), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats((thin > HAIR_DENSITY).astype(np.uint8))
    long = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) > HAIR_LENGTH * root
    long = long & (np.arange(count) > 0)
    hair = cv2.dilate(long[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not hair.any():
        return image
    return np.where(hair[:, :, None], cv2.medianBlur(image, 2 * width + 1), image)


def above_skin(image, mask):
    """Optical density above the skin ring, cut to the lesion, with its inner part; None without a ring."""
    root = np.sqrt(mask.sum())
    rows, columns = np.nonzero(mask)
    far = int(RING_OUTER * root) + 2
    top, left = max(0, rows.min() - far), max(0, columns.min() - far)
    window = (slice(top, rows.max() + far), slice(left, columns.max() + far))
    mask = np.pad(mask[window], 1)
    clean = hairless(np.ascontiguousarray(image[window][:, :, :3]), root)
    dense = np.pad(density(clean, FLOOR), ((1, 1), (1, 1), (0, 0)), mode="edge")
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    ring = (away > RING_INNER * root) & (away <= RING_OUTER * root)
    inner = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5) > RIM * root
    if ring.sum() < MIN_RING_PX or inner.sum() < MIN_RING_PX:
        return None, inner
    return dense - np.median(dense[ring], axis=0), inner


def extract(image, mask):
    """Measure the veil; NaN without a lesion or a ring of skin."""
    if mask.sum() < 2 * MIN_RING_PX:
        return {name: NAN for name in FEATURES}
    dense, inner = above_skin(image, mask)
    if dense is None:
        return {name: NAN for name in FEATURES}
    dense = cv2.GaussianBlur(dense, (0, 0), max(0.5, BLUR * np.sqrt(mask.sum())))
    blue = (dense[:, :, 0] - dense[:, :, 2])[inner]
    return {
        "veil_share": float(np.clip(blue / BLUE, 0, 1).mean()),
        "veil_blueness": float(np.clip(blue, 0, CAP).mean()),
    }
