"""How many of six dermoscopic colours a lesion holds, and how far its colours spread.

Source: C of the ABCD rule (Nachbar F et al. J Am Acad Dermatol 1994;30:551-559) counts white, red,
light brown, dark brown, blue-grey and black. Colours are judged after the skin ring has been brought
to one standard skin, so that light and white balance fall out. Reference colours are assumptions.
"""

import cv2
import numpy as np

CRITERION = "colour"
FEATURES = {
    "colour_count": {
        "unit": "count",
        "range": [0, 6],
        "direction": "up",
        "meaning": "number of the six colours that hold at least a small share of the lesion, softly counted",
    },
    "colour_number": {
        "unit": "count",
        "range": [1, 6],
        "direction": "up",
        "meaning": "effective number of colours: exponential of the entropy of the six colours' shares",
    },
    "colour_spread": {
        "unit": "CIELAB",
        "range": [0, 80],
        "direction": "up",
        "meaning": "root mean squared distance of the lesion's colours from their mean in CIELAB",
    },
    "hue_spread": {
        "unit": "CIELAB",
        "range": [0, 60],
        "direction": "up",
        "meaning": "root mean squared distance of the lesion's a* and b* from their means",
    },
}
REFERENCE = [
    [222, 204, 190],
    [176, 92, 84],
    [172, 128, 88],
    [112, 72, 46],
    [98, 106, 126],
    [46, 36, 34],
]
STANDARD_SKIN = [214, 188, 162]
MIN_SHARE = 0.03
BLUR = 0.015
RING_INNER = 0.03
RING_OUTER = 0.25
MIN_RING_PX = 100
MIN_LESION_PX = 64
VARIANTS = {
    "MIN_SHARE": [0.015, 0.05],
    "BLUR": [0.008, 0.03],
    "RING_OUTER": [0.15, 0.35],
    "STANDARD_SKIN": [[222, 196, 172], [206, 176, 148]],
}
NAN = float("nan")


def standardised(image, mask):
    """Image in CIELAB after the ring's median became the standard skin; None without a ring."""
    light = ((np.arange(256) / 255) ** 2.2).astype(np.float32)[image[:, :, :3]]
    root = np.sqrt(mask.sum())
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    ring = (away > RING_INNER * root) & (away <= RING_OUTER * root)
    if ring.sum() < MIN_RING_PX:
        return None
    skin = np.median(light[ring], axis=0)
    wanted = (np.array(STANDARD_SKIN, dtype=np.float32) / 255) ** 2.2
    light = cv2.GaussianBlur(light, (0, 0), max(0.5, BLUR * root))
    gain = np.clip(wanted / np.maximum(skin, 0.01), 0.2, 5)
    return lab(light[mask] * gain)


def lab(light):
    """CIELAB of linear RGB colours, (N, 3)."""
    encoded = np.clip(light, 0, 1).astype(np.float32) ** (1 / 2.2)
    return cv2.cvtColor(encoded[:, None, :], cv2.COLOR_RGB2LAB)[:, 0, :]


def extract(image, mask):
    """Measure variety of colour; NaN without a lesion or a ring of skin."""
    names = ["colour_count", "colour_number", "colour_spread", "hue_spread"]
    if mask.sum() < MIN_LESION_PX:
        return {name: NAN for name in names}
    colours = standardised(image, mask)
    if colours is None:
        return {name: NAN for name in names}
    wanted = lab((np.array(REFERENCE, dtype=np.float32) / 255) ** 2.2)
    apart = ((colours[:, None, :] - wanted[None, :, :]) ** 2).sum(axis=2)
    share = np.bincount(apart.argmin(axis=1), minlength=6) / colours.shape[0]
    entropy = -(share * np.log(np.maximum(share, 1e-9))).sum()
    spread = colours.var(axis=0)
    return {
        "colour_count": float(np.clip(share / MIN_SHARE, 0, 1).sum()),
        "colour_number": float(np.exp(entropy)),
        "colour_spread": float(np.sqrt(spread.sum())),
        "hue_spread": float(np.sqrt(spread[1] + spread[2])),
    }
