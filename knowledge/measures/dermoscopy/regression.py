"""Regression: parts of a lesion that are pale for this lesion, and grey peppering in them.

Sources: regression structures of the 7-point checklist (Argenziano G et al. Arch Dermatol 1998;134:
1563-1570), scar-like depigmentation of the Menzies method (Arch Dermatol 1996;132:1178-1182); white areas
and peppering by colour (Stoecker WV et al. Skin Res Technol 2013, for grey areas). Pale is meant against the
lesion's own pigment: regression is seldom lighter than skin.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "regression"
FEATURES = {
    "pale_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share of the lesion that is lighter and less coloured than its own pigment",
    },
    "grey_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share that is greyer than the lesion's own pigment, and no darker",
    },
    "regression_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share of the lesion that is pale or grey",
    },
}
LIGHTER = 0.11
SOFT = 0.14
GREYER = 6.0
GREY_SOFT = 8.0
PIGMENT = 50.0
BLUR = 0.01
BRIDGE = 0.28
FRINGE = 0.06
RIM = 0.06
MIN_PX = 150
HAIR_SIDE = 256
SIDE = 160
BRIDGED_AT = 80
SAMPLE = 4000
VARIANTS = {"LIGHTER": [0.07, 0.16], "GREYER": [4.0, 9.0], "PIGMENT": [40.0, 60.0], "BRIDGE": [0.2, 0.35]}
NAN = float("nan")


def reduced(image, mask):
    """Image without hairs and mask at SIDE pixels at most: what is confluent needs no more."""
    small = tk.reduced(tk.without_hair(tk.reduced(image, HAIR_SIDE)), SIDE)
    return small, tk.reduced(tk.reduced(mask, HAIR_SIDE), SIDE)


def among_pigment(dark, mask, inner):
    """Bridge the pigment's gaps: what lies between dark parts, not the skin that a loose outline takes in."""
    every = max(1, min(mask.shape) // BRIDGED_AT)
    dark, size = (dark & inner)[::every, ::every], np.sqrt(np.count_nonzero(mask)) / every
    reach = max(1, round(BRIDGE * size))
    open_ = cv2.copyMakeBorder((~dark).astype(np.uint8), *[reach + 2] * 4, cv2.BORDER_REPLICATE)
    away = cv2.distanceTransform(open_, cv2.DIST_L2, 3)
    away = cv2.distanceTransform((away <= reach).astype(np.uint8), cv2.DIST_L2, 3)
    whole = tk.filled(away > reach + FRINGE * size)[reach + 2 : -reach - 2, reach + 2 : -reach - 2]
    return cv2.resize(whole.astype(np.uint8), mask.shape[::-1], interpolation=cv2.INTER_NEAREST) & inner


def covers(image, mask, inner):
    """Cover (0-1) of what is pale and what is grey for this lesion's pigment."""
    lab = tk.lab(image)
    lab = cv2.GaussianBlur(lab, (0, 0), max(0.5, BLUR * min(mask.shape)))
    light, red, yellow = cv2.split(lab)
    seen = np.flatnonzero(inner)
    inside = lab.reshape(-1, 3)[seen[:: max(1, len(seen) // SAMPLE)]].T.copy()
    level = np.percentile(inside[0], PIGMENT)
    pigment = np.median(inside[:, inside[0] <= level], axis=1)
    around = light[tk.skin_ring(mask) & ~tk.dark_corners(image)]
    skin = float(np.median(around)) if len(around) >= MIN_PX else float(np.percentile(inside[0], 98))
    lighter = light - pigment[0]
    where = among_pigment(lighter < max(skin - pigment[0], LIGHTER * skin) / 2, mask, inner)
    yellower = yellow - pigment[2]
    least, soft = LIGHTER * max(skin, 1.0), SOFT * max(skin, 1.0)
    pale = np.clip((lighter - least - np.clip(yellower, 0, None)) / soft, 0, 1)
    redder = np.clip(red - pigment[1], 0, None)
    grey = np.clip((-yellower - redder - GREYER) / GREY_SOFT, 0, 1) * np.clip(1 + lighter / soft, 0, 1)
    return pale * where, grey * where


def extract(image, mask):
    """Measure regression; NaN for a region too small. Without skin around, its lightest part stands in."""
    image, mask = reduced(image, mask)
    inner = tk.signed_distance(mask) > RIM
    if np.count_nonzero(inner) < MIN_PX:
        return {name: NAN for name in FEATURES}
    pale, grey = covers(image, mask, inner)
    return {
        "pale_share": float(np.sqrt(pale[inner].mean())),
        "grey_share": float(np.sqrt(grey[inner].mean())),
        "regression_share": float(np.sqrt(np.maximum(pale, grey)[inner].mean())),
    }
