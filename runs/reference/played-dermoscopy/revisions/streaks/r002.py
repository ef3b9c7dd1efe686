"""Streaks: dark lines that run outward at the margin."""
import cv2
import numpy as np
from scipy import ndimage
from skimage import measure
CRITERION = "streaks"
FEATURES = {
    "streak_energy": {
        "unit": "log10", "range": [-0.3, 0.5], "direction": "up",
        "meaning": "mean height of dark lines along the outward normal in the rim, minus that of lines along the "
        "outline, in density with the mean profile of the edge taken off",
    },
    "streak_radiality": {
        "unit": "ratio", "range": [-1, 1], "direction": "up",
        "meaning": "the same difference of radial and tangential line height over their sum",
    },
}
WORK = 128  # pixels, root of the lesion's area after resampling
MARGIN = 0.35  # crop beyond the lesion's box, in roots of the area
SMOOTH_MASK = 6.0  # pixels, an outline that does not follow each streak
SMOOTH = 1.0  # pixels, against noise
OUTSIDE, INSIDE = -0.10, 0.16  # ends of the rim in root areas, inside positive
LINE = 9  # pixels, length over which a line is averaged
NARROW = 6.0  # pixels, a line is dark against its surroundings of this size
EDGE = 24.0  # pixels along the outline over which the edge's own profile is taken
MIN_POINTS = 96  # least points on the outline
FINE = 5.0  # pixels, surroundings that a hair is darker than
HAIR_HEIGHT = 0.04  # log10, mean darkness of a hair along LONG
LONG = 10  # pixels, half the length of the piece of hair looked for
TURNS = 16  # directions of a hair
SKIN_FROM = 0.05  # root areas outside the mask: a line that reaches this skin is a hair
WIDEN, FILL = 2, 4.0  # pixels: hair grown by, and width of the weights that fill it from beside
TINY = 1e-3  # log10, keeps the ratio steady where there are no lines
FLOOR = 0.002  # least linear light, about half a grey level
GAMMA_KNEE, GAMMA_SLOPE, GAMMA_ADD, GAMMA_GAIN, GAMMA_POWER = 0.04045, 12.92, 0.055, 1.055, 2.4  # sRGB standard
LEVEL_TOP = 255.0  # highest grey level of an 8-bit image
INNER, OUTER = 0.03, 0.25  # limits of the skin ring, in roots of the lesion's area
MIN_RING, MIN_LESION = 100, 200  # pixels, below these no measurement
HALF = 0.5  # border of a resampled mask
def at_work_scale(image, mask):
    """Linear light and mask, cropped and resampled to a root area of WORK pixels, and the skin ring; or None."""
    rows, cols = np.nonzero(mask)
    if rows.size < MIN_LESION:
        return None
    size = np.sqrt(rows.size)
    pad = int(np.ceil(MARGIN * size))
    box = np.s_[max(rows.min() - pad, 0):rows.max() + pad + 1, max(cols.min() - pad, 0):cols.max() + pad + 1]
    scale = WORK / size
    coded = image[box] / LEVEL_TOP
    linear = np.where(coded <= GAMMA_KNEE, coded / GAMMA_SLOPE, ((coded + GAMMA_ADD) / GAMMA_GAIN) ** GAMMA_POWER)
    shape = (max(int(round(linear.shape[1] * scale)), 1), max(int(round(linear.shape[0] * scale)), 1))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    linear = cv2.resize(linear.astype(np.float32), shape, interpolation=how)
    lesion = cv2.resize(mask[box].astype(np.float32), shape, interpolation=how) > HALF
    away = ndimage.distance_transform_edt(~lesion)
    ring = (away > INNER * WORK) & (away <= OUTER * WORK)
    if ring.sum() / scale**2 < MIN_RING or not lesion.any():
        return None
    return linear, lesion, ring
def without_hair(grey, lesion):
    """Density with straight dark lines that run on over the skin filled from beside them; streaks end at the margin."""
    skin = ndimage.distance_transform_edt(~lesion) > SKIN_FROM * WORK
    fine = (grey - ndimage.gaussian_filter(grey, FINE)).astype(np.float32)
    hair = np.zeros(grey.shape, dtype=bool)
    steps = np.arange(-LONG, LONG + 1)
    for angle in np.arange(TURNS) * np.pi / TURNS:
        piece = np.zeros((2 * LONG + 1, 2 * LONG + 1), dtype=np.float32)
        rows, cols = np.rint(steps * np.sin(angle)).astype(int), np.rint(steps * np.cos(angle)).astype(int)
        piece[LONG + rows, LONG + cols] = 1
        line = cv2.filter2D(fine, -1, piece / piece.sum()) > HAIR_HEIGHT
        labels = ndimage.label(line)[0]
        hair |= line & np.isin(labels, np.unique(labels[skin & line]))
    clean = (~ndimage.binary_dilation(hair, iterations=WIDEN)).astype(float)
    beside = ndimage.gaussian_filter(grey * clean, FILL) / np.maximum(ndimage.gaussian_filter(clean, FILL), TINY)
    return np.where(clean > 0, grey, beside)
def unroll(grey, lesion):
    """Density along the outline (rows, one pixel apart) and along its inward normal (columns); or None."""
    soft = ndimage.gaussian_filter(lesion.astype(float), SMOOTH_MASK)
    found = measure.find_contours(np.pad(soft, 1), HALF)
    if not found:
        return None
    line = max(found, key=len) - 1
    gone = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    if gone[-1] < MIN_POINTS:
        return None
    at = np.arange(0, gone[-1], 1)
    line = np.stack([np.interp(at, gone, line[:, 0]), np.interp(at, gone, line[:, 1])], axis=1)
    slope = np.stack(np.gradient(soft))
    normal = np.stack([ndimage.map_coordinates(g, line.T, order=1, mode="nearest") for g in slope], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), TINY)
    t = np.arange(OUTSIDE * WORK, INSIDE * WORK, 1)
    where = line[:, None, :] + normal[:, None, :] * t[None, :, None]
    flat = ndimage.map_coordinates(grey, where.transpose(2, 0, 1), order=1, mode="nearest")
    inside = (line > 1).all(axis=1) & (line < np.array(grey.shape) - 2).all(axis=1)  # not along the frame
    return flat, inside
def extract(image, mask):
    ready = at_work_scale(image, mask)
    nothing = {name: float("nan") for name in FEATURES}
    if ready is None:
        return nothing
    linear, lesion, ring = ready
    grey = ndimage.gaussian_filter(-np.log10(np.maximum(linear, FLOOR)).mean(axis=2), SMOOTH)
    found = unroll(without_hair(grey, lesion), lesion)
    if found is None or found[1].sum() < MIN_POINTS:
        return nothing
    flat, inside = found
    thin = flat - ndimage.gaussian_filter1d(flat, NARROW, axis=0, mode="wrap")
    radial = np.maximum(ndimage.uniform_filter1d(thin, LINE, axis=1, mode="nearest"), 0)
    rest = flat - ndimage.gaussian_filter1d(flat, EDGE, axis=0, mode="wrap")
    rest = rest - ndimage.gaussian_filter1d(rest, NARROW, axis=1, mode="nearest")
    tangential = np.maximum(ndimage.uniform_filter1d(rest, LINE, axis=0, mode="wrap"), 0)
    out, along = radial[inside].mean(), tangential[inside].mean()
    return {
        "streak_energy": float(out - along),
        "streak_radiality": float((out - along) / (out + along + TINY)),
    }
