"""The mass by its border: the closed path around a dark spot that gathers the largest outward steps."""

import cv2
import numpy as np
import toolkit as tk

LOCATOR = "mass"
WORK = 192  # longer side of the copy that is worked on, pixels
LEAST_SIDE = 24  # shorter side below which nothing can be told, pixels
TOPHAT = 5  # width of marks that are taken out, pixels of the copy
MARK = 0.24  # brightness by which a thin mark stands out, of 1
FLOOR = 0.1  # added before the logarithm, in usual brightness of the depth
SIZES = (0.05, 0.08, 0.13, 0.2)  # sizes of dark spots, of the shorter side
SEEDS = 8  # dark spots from which an outline is tried
APART = 0.09  # distance between two spots at least, of the shorter side
RAYS = 72  # directions around a seed
STEPS = 72  # samples along a ray
NEAREST, FARTHEST = 0.02, 0.5  # ends of a ray, of the shorter side
BAND = 5  # samples just inside and just outside that are compared
INSIDE = 1.0  # weight of all that lies inside against the step at the border
BEND = 2  # samples by which neighbouring rays may differ
STIFF = 0.03  # cost of a sample of difference, log units
OFF = 0.5  # cost of a border outside the frame, log units
WEAK = 25  # percentile of the steps over direction: the weak side counts
HALF = 0.5  # weight of weak side against median, and the cut of a resized mask
LEAST, MOST = 0.004, 0.5  # share of the frame that a mass may fill
LEAST_STEP, SURE_STEP = 0.15, 0.7  # log units below which nothing stands out; from which it is sure
TEETH = 0.05  # detail of the outline that goes, of the root of its area


def prepared(image):
    """Log brightness of a small copy over what is usual at its depth; usual outside the sector."""
    factor = WORK / max(image.shape[:2])
    size = [max(LEAST_SIDE, round(side * factor)) for side in image.shape[1::-1]]
    grey = tk.grey(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    thin = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, np.ones((TOPHAT, TOPHAT), np.uint8))
    grey = np.where(thin > MARK, grey - thin, grey)
    even = tk.depth_normalised(tk.despeckled(grey))
    even = np.where(tk.filled(even > 0), even, 1.0)
    return np.log(even + FLOOR).astype(np.float32)


def seeds(plane):
    """Centres (column, row) of the darkest spots of several sizes."""
    side = min(plane.shape)
    stands_out = np.zeros(plane.shape, np.float32)
    for size in SIZES:
        near = cv2.GaussianBlur(plane, (0, 0), size * side)
        far = cv2.GaussianBlur(plane, (0, 0), 2 * size * side)
        stands_out = np.maximum(stands_out, far - near)
    found = []
    for _ in range(SEEDS):
        row, column = np.unravel_index(np.argmax(stands_out), stands_out.shape)
        if stands_out[row, column] <= 0:
            break
        found.append((float(column), float(row)))
        cv2.circle(stands_out, (int(column), int(row)), max(1, round(APART * side)), 0.0, cv2.FILLED)
    return found


def best_path(gain):
    """Sample of each ray on the closed path with the largest sum; rays are passed twice."""
    rays, count = gain.shape
    cost = STIFF * np.abs(np.arange(-BEND, BEND + 1))[:, None]
    total, back = gain[0], []
    for turn in range(1, 2 * rays):
        padded = np.pad(total, BEND, constant_values=-np.inf)
        options = np.stack([padded[shift : shift + count] for shift in range(2 * BEND + 1)]) - cost
        back.append(np.argmax(options, axis=0) - BEND)
        total = options.max(axis=0) + gain[turn % rays]
    path = np.zeros(2 * rays, int)
    path[-1] = np.argmax(total)
    for turn in range(2 * rays - 1, 0, -1):
        path[turn - 1] = path[turn] + back[turn - 1][path[turn]]
    start = rays // 2
    return np.roll(path[start : start + rays], start)


def outlined(plane, centre):
    """Mask of the best outline around a centre, and the step on its weak side in log units."""
    side, (height, width) = min(plane.shape), plane.shape
    angles = np.linspace(0, 2 * np.pi, RAYS, endpoint=False)[:, None]
    radii = np.linspace(NEAREST, FARTHEST, STEPS) * side
    columns = (centre[0] + np.cos(angles) * radii).astype(np.float32)
    rows = (centre[1] + np.sin(angles) * radii).astype(np.float32)
    values = cv2.remap(plane, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    summed, middle = np.cumsum(values, axis=1), slice(BAND, -BAND)
    outside = (summed[:, 2 * BAND :] - summed[:, middle]) / BAND
    inside = (summed[:, middle] - summed[:, : -2 * BAND]) / BAND
    whole = (np.cumsum(values * radii, axis=1) / np.cumsum(radii))[:, middle]
    columns, rows = columns[:, middle], rows[:, middle]
    off = (columns < 0) | (columns > width - 1) | (rows < 0) | (rows > height - 1)
    path = best_path(outside - inside + INSIDE * (outside - whole) - OFF * off)
    ray = np.arange(RAYS)
    steps = np.where(off, 0.0, outside - whole)[ray, path]
    points = np.stack([columns[ray, path], rows[ray, path]], axis=1)
    mask = np.zeros(plane.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 1)
    return mask, float(HALF * np.percentile(steps, WEAK) + HALF * np.median(steps))


def locate(image):
    """Mark the outline whose weak side steps up most."""
    empty = np.zeros(image.shape[:2], np.bool_)
    if min(image.shape[:2]) < LEAST_SIDE or image.std() < 1:
        return empty, 0.0
    plane = prepared(image)
    best, strongest = None, LEAST_STEP
    for centre in seeds(plane):
        for _ in range(2):
            mask, step = outlined(plane, centre)
            if mask.any():
                centre = tuple(np.argwhere(mask).mean(axis=0)[::-1])
        if step > strongest and LEAST < mask.mean() < MOST:
            best, strongest = mask, step
    if best is None:
        return empty, 0.0
    even = tk.smoothed(best > 0, TEETH).astype(np.float32)
    large = cv2.resize(even, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return large > HALF, float(min(strongest / SURE_STEP, 1.0))
