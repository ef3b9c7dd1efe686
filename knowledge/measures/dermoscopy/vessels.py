"""Visible vessels: thin red structures, with the share of melanin taken out of the red signal.

Sources: atypical vascular pattern of the 7-point checklist (Argenziano G et al. Arch Dermatol
1998;134:1563-1570); haemoglobin as green minus red absorbance (Yamamoto T et al. Skin Res Technol 2008,
10.1111/j.1600-0846.2007.00256.x). MELANIN_RATIO, melanin's green over red absorbance, is an assumption.
"""

import cv2
import numpy as np

CRITERION = "vessels"
FEATURES = {
    "vessel_strength": {
        "unit": "log10",
        "range": [0, 0.5],
        "direction": "up",
        "meaning": "mean fine redness of the lesion beyond a fixed density, melanin taken out",
    },
    "vessel_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the lesion with fine redness, softly counted up to a fixed density",
    },
}
MELANIN_RATIO = 1.6
FINE_PX = 1.1
COARSE_PX = 3.0
LEAST = 0.03
STANDS_OUT = 0.08
RING_INNER = 0.03
RING_OUTER = 0.25
MIN_RING_PX = 100
FLOOR = 0.008
RIM = 0.05
HAIR_PX = 1.6
HAIR_DENSITY = 0.22
HAIR_LENGTH = 0.45
VARIANTS = {
    "MELANIN_RATIO": [1.45, 1.75],
    "COARSE_PX": [2.5, 4.0],
    "LEAST": [0.02, 0.04],
    "STANDS_OUT": [0.05, 0.12],
}
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
    """Optical density above the skin ring, cut to the lesion, with its inner part and the ring."""
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
        return None, inner, ring
    return dense - np.median(dense[ring], axis=0), inner, ring


def extract(image, mask):
    """Measure vessels; NaN without a lesion or a ring of skin."""
    if mask.sum() < 2 * MIN_RING_PX:
        return {name: NAN for name in FEATURES}
    unit = max(1.0, np.sqrt(mask.size) / 256)
    dense, inner, ring = above_skin(image, mask)
    if dense is None:
        return {name: NAN for name in FEATURES}
    red = dense[:, :, 1] - MELANIN_RATIO * dense[:, :, 0]
    fine = cv2.GaussianBlur(red, (0, 0), FINE_PX * unit) - cv2.GaussianBlur(red, (0, 0), COARSE_PX * unit)
    # What skin shows is noise and relief; thin red lines of the lesion stand out beyond it.
    least = max(LEAST, float(np.percentile(fine[ring], 97)))
    fine = np.clip(fine - least, 0, None)[inner]
    return {
        "vessel_strength": float(fine.mean()),
        "vessel_share": float(np.clip(fine / STANDS_OUT, 0, 1).mean()),
    }
