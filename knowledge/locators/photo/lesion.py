"""Find a skin lesion near the middle of a clinical photograph: what departs from a smooth map of the skin.

Source: skin colour as a quadratic surface in CIELAB by iteratively reweighted least squares (Holland PW,
Welsch RE, Commun Stat 1977;6:813, doi:10.1080/03610927708827533), so that a shadow across the frame stays
skin. The departure is cut by Otsu's threshold (IEEE Trans Syst Man Cybern 1979;9:62,
doi:10.1109/TSMC.1979.4310076). Dark hairs are closed. A pen's ink is lines darker and bluer than skin (black
top-hat; Serra J, Image Analysis, 1982): filled from beside, no part of the lesion; its ring holds the lesion.
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


def shrunk(image):
    """Shrink to SIDE, (h, w, 3) uint8."""
    scale = SIDE / max(image.shape[:2])
    size = [max(8, round(edge * scale)) for edge in image.shape[1::-1]]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def disc(size):
    """Return an ellipse of odd size."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))


def beside(picture, covered):
    """Return what lies beside the covered pixels, smoothly carried over them; float (h, w, 3)."""
    weight = cv2.GaussianBlur(np.float32(~covered), (0, 0), 5)[:, :, None]
    rest = np.where(covered[:, :, None], 0, picture).astype(np.float32)
    return cv2.GaussianBlur(rest, (0, 0), 5) / np.maximum(weight, 1e-3)


def inked(small):
    """Return lines of a pen on skin: darker and bluer than it but no less red, and long for their width."""
    lab = cv2.GaussianBlur(cv2.cvtColor(np.float32(small) / 255, cv2.COLOR_RGB2LAB), (0, 0), 0.8)
    hat = cv2.morphologyEx(lab, cv2.MORPH_BLACKHAT, disc(21))
    narrow = (np.maximum(hat[:, :, 0], hat[:, :, 2] - 10) > 4) & (hat[:, :, 2] > 5)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(np.uint8(narrow))
    near = beside(lab, narrow)
    parts = (*cv2.split(lab - near), near[:, :, 0])
    dark, red, blue, skin = (np.bincount(labels.ravel(), one.ravel()) / stats[:, 4] for one in parts)
    width, long = np.zeros(count), np.hypot(stats[:, 2], stats[:, 3])
    np.maximum.at(width, labels, 2 * cv2.distanceTransform(np.uint8(narrow), cv2.DIST_L2, 3))
    on_skin = (blue < 0.45 * dark) & (dark < -4) & (skin > np.median(lab[:, :, 0]) - 14)
    ink = (on_skin | (blue < -12)) & (blue < -4) & (red > 0.3 * blue) & (long > np.maximum(16, 3.3 * width))
    return cv2.dilate(np.uint8(ink[labels] & narrow & ((lab - near)[:, :, 2] < -3)), disc(3)) > 0


def cleaned(small, ink):
    """Fill ink from beside it and take dark hairs away; float CIELAB."""
    bare = np.where(ink[:, :, None], beside(small, ink), small).astype(np.uint8)
    bare = cv2.medianBlur(cv2.morphologyEx(bare, cv2.MORPH_CLOSE, disc(5)), 5)
    return cv2.cvtColor(np.float32(bare) / 255, cv2.COLOR_RGB2LAB)


def departure(lab, x, y, prior):
    """Return each pixel's distance from the fitted skin in robust spreads, (h, w, 3)."""
    terms = (np.ones_like(x), x, y, x * x, y * y, x * y)
    design = np.stack([term.ravel() for term in terms], axis=1)
    flat, some = lab.reshape(-1, 3).astype(np.float64), np.s_[::7]
    weight = outer = 1.02 - prior.ravel()[some]
    for _ in range(4):
        root = np.sqrt(weight)[:, None]
        surface = np.linalg.lstsq(design[some] * root, flat[some] * root, rcond=None)[0]
        rest = flat[some] - design[some] @ surface
        spread = np.maximum(1.48 * np.median(np.abs(rest), axis=0), 2.0)
        weight = outer / (1 + ((rest / spread) ** 2).sum(axis=1) / 4) ** 2
    return ((flat - design @ surface) / spread).reshape(lab.shape)


def ringed(ink, prior):
    """Return where the lesion may lie: inside a ring of ink around the middle, if there is one."""
    joined = cv2.morphologyEx(np.pad(np.uint8(ink), 21), cv2.MORPH_CLOSE, disc(21))[21:-21, 21:-21]
    outlines = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    inside = (cv2.drawContours(np.zeros_like(joined), outlines, -1, 1, -1) > 0) & (joined == 0)
    if inside.sum() < 0.005 * ink.size or prior[inside].mean() < 0.4:
        return np.ones_like(ink)
    return cv2.dilate(np.uint8(inside), disc(21)) > 0


def chosen(score, prior, ink):
    """Return the component that holds most departure near the middle, its gaps closed; or None."""
    level, _ = cv2.threshold(np.uint8(score / MOST * 255), 0, 255, cv2.THRESH_OTSU)
    over = ((score > level / 255 * MOST) & ~ink).astype(np.uint8)
    count, labels = cv2.connectedComponents(cv2.morphologyEx(over, cv2.MORPH_OPEN, disc(5)))
    if count < 2:
        return None
    weights = np.bincount(labels.ravel(), (score * (prior + 0.05)).ravel())
    one = (labels == 1 + int(weights[1:].argmax())).astype(np.uint8)
    one = cv2.morphologyEx(np.pad(one, JOIN), cv2.MORPH_CLOSE, disc(JOIN))[JOIN:-JOIN, JOIN:-JOIN]
    outlines = cv2.findContours(one, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    return cv2.drawContours(one, outlines, -1, 1, -1)


def locate(image):
    """Return the lesion's mask, empty if nothing departs from skin, and how far it departs (0 to 1)."""
    small = shrunk(image)
    ink = inked(small)
    lab, (h, w) = cleaned(small, ink), ink.shape
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    away = np.hypot(x * w, y * h) / min(h, w)
    prior = np.exp(-((away / PRIOR) ** 2))
    rest = departure(lab, x, y, prior)
    far = np.where(ink, 0, np.minimum(np.sqrt((rest**2).sum(axis=2)), MOST))
    far = cv2.GaussianBlur(far, (0, 0), BLUR) * ringed(ink, prior)
    found = chosen(far * np.exp(-((away / REACH) ** 2)), prior, ink)
    if found is None:
        return np.zeros(image.shape[:2], dtype=bool), 0.0
    smooth = cv2.GaussianBlur(found.astype(np.float32), (0, 0), 2.0)
    mask = cv2.resize(smooth, image.shape[1::-1], interpolation=cv2.INTER_LINEAR) > 0.5
    return mask, float(np.clip(far[found > 0].mean() / 6, 0, 1))
