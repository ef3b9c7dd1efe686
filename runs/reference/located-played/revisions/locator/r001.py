"""The mass: the dark component at any level whose whole ring is brighter than its inside at that depth."""

import cv2
import numpy as np

LOCATOR = "mass"
WORK = 192  # longer side of the copy that is worked on, pixels
LEAST_SIDE = 24  # shorter side below which nothing can be told, pixels
SMALLEST = 8  # shorter side of the copy at least, pixels
MEDIAN = 5  # kernel of median, opening and distance, pixels of the copy
NEIGHBOURS = 4  # parts that touch by a corner only are two
HALF = 0.5  # half a turn, and the level at which a resized mask is cut
TOPHAT = 5  # width of marks (callipers, letters) that are taken out, pixels of the copy
MARK = 60  # grey levels by which a thin mark stands out
OFFSET = 10.0  # grey levels added before the logarithm, so that black does not explode
ROW_QUANTILE = 60  # brightness that counts as usual in a row, percent
ROW_BLUR = 0.08  # smoothing of the usual brightness over depth, of the height
CALM = 0.012  # smoothing before thresholds, of the longer side
LEVELS = 14  # thresholds
LOW, HIGH = 3, 55  # range of the thresholds, percent
LEAST, MOST = 0.006, 0.45  # share of the frame that a mass may fill
RING = 0.22  # width of the ring, of the root of the area
EVEN = 20  # percentile of the ring's contrast over angle: the weak side counts
SECTORS = 24  # directions in which the ring is compared
CUT = 0.08  # share of the outline that may lie on the frame's edge
SURE = 0.5  # contrast (log units) at which the module is quite sure
LEAST_CONTRAST = 0.06  # below this nothing stands out


def even_brightness(image):
    """Log brightness of a small copy over what is usual at its depth; and where the frame is not black."""
    grey = image.astype(np.float32).mean(axis=2)
    factor = WORK / max(grey.shape)
    size = (max(SMALLEST, round(grey.shape[1] * factor)), max(SMALLEST, round(grey.shape[0] * factor)))
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    thin = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, np.ones((TOPHAT, TOPHAT), np.uint8))
    log = np.log(np.where(thin > MARK, grey - thin, grey) + OFFSET)
    usual = np.percentile(log, ROW_QUANTILE, axis=1).astype(np.float32)[:, None]
    usual = cv2.GaussianBlur(usual, (0, 0), ROW_BLUR * len(usual), borderType=cv2.BORDER_REFLECT)
    even = cv2.medianBlur((log - usual).astype(np.float32), MEDIAN)
    return cv2.GaussianBlur(even, (0, 0), CALM * WORK)


def contrast(even, part):
    """Weak side of the step from inside to the ring, in log units, and the share of outline at the edge."""
    size = np.sqrt(part.sum())
    outside = cv2.distanceTransform((~part).astype(np.uint8), cv2.DIST_L2, MEDIAN)
    ring = (outside > 1) & (outside <= max(2.0, RING * size))
    rows, columns = np.nonzero(ring)
    centre = np.argwhere(part).mean(axis=0)
    sector = ((np.arctan2(rows - centre[0], columns - centre[1]) / (2 * np.pi) + HALF) * SECTORS).astype(int)
    sector = np.clip(sector, 0, SECTORS - 1)
    count = np.bincount(sector, minlength=SECTORS)
    total = np.bincount(sector, weights=even[ring], minlength=SECTORS)
    known = count > 0
    if known.sum() < SECTORS // 2:
        return 0.0, 1.0
    steps = total[known] / count[known] - np.median(even[part])
    edge = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]]).sum()
    return float(np.percentile(steps, EVEN)), float(edge / (2 * 2 * size))


def candidates(even):
    """Dark components at every level, holes filled."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (MEDIAN, MEDIAN))
    for level in np.linspace(np.percentile(even, LOW), np.percentile(even, HIGH), LEVELS):
        dark = cv2.morphologyEx((even < level).astype(np.uint8), cv2.MORPH_OPEN, disc)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=NEIGHBOURS)
        for one in range(1, count):
            if LEAST <= stats[one, cv2.CC_STAT_AREA] / even.size <= MOST:
                yield labels == one


def locate(image):
    """Mark the component with the strongest step on its weak side."""
    empty = np.zeros(image.shape[:2], np.bool_)
    if min(image.shape[:2]) < LEAST_SIDE or image.std() < 1:
        return empty, 0.0
    even = even_brightness(image)
    best, strongest = None, LEAST_CONTRAST
    for part in candidates(even):
        step, edge = contrast(even, part)
        hull = cv2.convexHull(np.argwhere(part)[:, ::-1].astype(np.int32))
        solid = part.sum() / max(cv2.contourArea(hull), 1.0)
        merit = step * min(solid, 1.0) * (edge < CUT)
        if merit > strongest:
            best, strongest = part, merit
    if best is None:
        return empty, 0.0
    borders, _ = cv2.findContours(best.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(best.shape, np.uint8)
    cv2.drawContours(filled, borders, -1, 1, -1)
    large = cv2.resize(filled.astype(np.float32), image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return large > HALF, float(min(strongest / SURE, 1.0))
