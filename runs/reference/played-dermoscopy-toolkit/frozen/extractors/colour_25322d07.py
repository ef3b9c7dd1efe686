"""Colour: how many of the six colours of the ABCD rule the lesion shows, skin mapped to one standard skin."""

import cv2
import numpy as np
import toolkit as tk
from scipy import special

CRITERION = "colour"
FEATURES = {
    "rare_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share of the lesion nearest to white, red, blue-grey or black, after the median of the skin ring was mapped to one standard skin",
    },
    "colour_count": {
        "unit": "count",
        "range": [0, 6],
        "direction": "up",
        "meaning": "soft count of the six reference colours that hold at least about 4 percent of the lesion, after the same mapping",
    },
    "colour_number": {
        "unit": "count",
        "range": [0, 6],
        "direction": "up",
        "meaning": "exponential of the entropy of the shares of the six reference colours, after the same mapping",
    },
    "hue_spread": {
        "unit": "CIELAB",
        "range": [0, 60],
        "direction": "up",
        "meaning": "root mean squared distance of a* and b* of the smoothed lesion from their means, after the same mapping",
    },
}
NEAR, FAR = 0.03, 0.25  # ring of skin, in roots of the lesion's area
MIN_PIXELS = 100  # of the ring, as the task asks
STANDARD = (0.60, 0.37, 0.27)  # linear light of the standard skin: a light one, sRGB about 203, 164, 142
# CIELAB of white, red, blue-grey, black, light brown, dark brown, and skin, which counts as none
COLOURS = ((88, 4, 6), (50, 42, 22), (42, 0, -8), (14, 4, 4), (57, 19, 28), (35, 18, 20), (70, 13, 17))
RARE, NAMED = 4, 6  # the first four are rare, the first six are counted
WIDTH = 8.0  # CIELAB: softness of the assignment
BLUR = 0.015  # smoothing in roots of the area: noise and jpeg go
LEAST, SOFT = 0.04, 0.01  # share that a colour must hold, and softness of that vote
GAMMA_AT, SLOPE, GAIN, OFFSET, POWER = 0.0031308, 12.92, 1.055, 0.055, 2.4  # sRGB coding
TOP = 255  # of uint8
TINY = 1e-9  # keeps the logarithm finite


def coded(light):
    """Code linear light as sRGB."""
    light = np.clip(light, 0, 1)
    curve = np.where(light <= GAMMA_AT, SLOPE * light, GAIN * np.maximum(light, GAMMA_AT) ** (1 / POWER) - OFFSET)
    return np.round(TOP * curve).astype(np.uint8)


def extract(image, mask):
    nothing = dict.fromkeys(FEATURES, float("nan"))
    ring = tk.skin_ring(mask, near=NEAR, far=FAR) & ~tk.dark_corners(image) & ~tk.ruler_mask(image)
    used = mask & ~tk.specular_mask(image)
    if used.sum() < MIN_PIXELS or ring.sum() < MIN_PIXELS:
        return nothing
    light = np.array(tk.linear_light(tk.without_hair(image)))
    light = cv2.GaussianBlur(light, (0, 0), max(BLUR * float(np.sqrt(mask.sum())), 1))
    skin = np.maximum(np.median(light[ring], axis=0), TINY)
    lab = tk.lab(coded(light * np.array(STANDARD) / skin))[used].astype(float)
    apart = ((lab[:, None, :] - np.array(COLOURS, dtype=float)) ** 2).sum(axis=-1)
    shares = special.softmax(-apart / (2 * WIDTH**2), axis=1).mean(axis=0)
    named = shares[:NAMED] / max(shares[:NAMED].sum(), TINY)
    return {
        "rare_share": float(np.sqrt(shares[:RARE].sum())),
        "colour_count": float(special.expit((shares[:NAMED] - LEAST) / SOFT).sum()),
        "colour_number": float(np.exp(-(named * np.log(named + TINY)).sum())),
        "hue_spread": float(np.sqrt(lab[:, 1:].var(axis=0).sum())),
    }
