"""Find a skin lesion near the middle of a clinical photograph: what departs from a smooth map of the skin.

Source: skin colour as a quadratic surface in CIELAB by iteratively reweighted least squares (Holland PW,
Welsch RE, Commun Stat 1977;6:813, doi:10.1080/03610927708827533), so that a shadow across the frame stays
skin. The departure is cut by Otsu's threshold (IEEE Trans Syst Man Cybern 1979;9:62,
doi:10.1109/TSMC.1979.4310076). Dark hairs are closed; thin blue pen marks are left out.
"""

import cv2
import numpy as np

LOCATOR = "lesion"
SIDE = 192
PRIOR = 0.55
REACH = 0.8
BLUR = 2.5
JOIN = 9
VARIANTS = {"PRIOR": [0.4, 0.55, 0.75], "BLUR": [1.5, 2.5, 4.0], "JOIN": [5, 9, 15], "REACH": [0.6, 0.8, 1.1]}
MOST = 12.0


def reduced(image):
    """Shrink to SIDE and take dark hairs away; float CIELAB."""
    scale = SIDE / max(image.shape[:2])
    size = [max(8, round(edge * scale)) for edge in image.shape[1::-1]]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    small = cv2.medianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, disc), 5)
    return cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def departure(lab, x, y, prior):
    """Return each pixel's distance from the fitted skin in robust spreads, (h, w, 3)."""
    terms = (np.ones_like(x), x, y, x * x, y * y, x * y)
    design = np.stack([term.ravel() for term in terms], axis=1)
    flat, some = lab.reshape(-1, 3).astype(np.float64), np.s_[::7]
    outer = 1.02 - prior.ravel()[some]
    weight = outer
    for _ in range(4):
        root = np.sqrt(weight)[:, None]
        surface = np.linalg.lstsq(design[some] * root, flat[some] * root, rcond=None)[0]
        rest = flat[some] - design[some] @ surface
        spread = np.maximum(1.48 * np.median(np.abs(rest), axis=0), 2.0)
        weight = outer / (1 + ((rest / spread) ** 2).sum(axis=1) / 4) ** 2
    return ((flat - design @ surface) / spread).reshape(lab.shape)


def thin(region):
    """Keep lines, as of a pen, and leave broad areas: a blue-black crust is none."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    broad = cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_OPEN, disc)
    return region & (cv2.dilate(broad, disc) == 0)


def chosen(score, prior):
    """Return the component that holds most departure near the middle, its gaps closed; or None."""
    level, _ = cv2.threshold(np.uint8(score / MOST * 255), 0, 255, cv2.THRESH_OTSU)
    over = (score > level / 255 * MOST).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    count, labels = cv2.connectedComponents(cv2.morphologyEx(over, cv2.MORPH_OPEN, disc))
    if count < 2:
        return None
    weights = np.bincount(labels.ravel(), (score * (prior + 0.05)).ravel())
    one = (labels == 1 + int(weights[1:].argmax())).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (JOIN, JOIN))
    one = cv2.morphologyEx(np.pad(one, JOIN), cv2.MORPH_CLOSE, disc)[JOIN:-JOIN, JOIN:-JOIN]
    outlines = cv2.findContours(one, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    return cv2.drawContours(one, outlines, -1, 1, -1)


def locate(image):
    """Return the lesion's mask, empty if nothing departs from skin, and how far it departs (0 to 1)."""
    height, width = image.shape[:2]
    lab = reduced(image[:, :, :3])
    h, w = lab.shape[:2]
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    away = np.hypot(x * w, y * h) / min(h, w)
    prior = np.exp(-((away / PRIOR) ** 2))
    rest = departure(lab, x, y, prior)
    ink = thin((lab[:, :, 2] < -8) & (rest[:, :, 2] < -3))
    far = np.where(ink, 0, np.minimum(np.sqrt((rest**2).sum(axis=2)), MOST))
    far = cv2.GaussianBlur(far, (0, 0), BLUR)
    found = chosen(far * np.exp(-((away / REACH) ** 2)), prior)
    if found is None:
        return np.zeros((height, width), dtype=bool), 0.0
    smooth = cv2.GaussianBlur(found.astype(np.float32), (0, 0), 2.0)
    mask = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5
    return mask, float(np.clip(far[found > 0].mean() / 6, 0, 1))
