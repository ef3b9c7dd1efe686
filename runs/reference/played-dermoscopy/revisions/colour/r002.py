"""Colour: how many of the six colours of dermoscopy a lesion holds, seen on a standard skin."""
import cv2
import numpy as np
from scipy import ndimage
from skimage import color
CRITERION = "colour"
FEATURES = {
    "colour_count_2": {
        "unit": "count", "range": [0, 6], "direction": "up",
        "meaning": "soft count of the six reference colours that hold at least about 5 percent of the lesion, after "
        "the median of the skin ring was mapped to one standard skin",
    },
    "colour_number_2": {
        "unit": "count", "range": [1, 6], "direction": "up",
        "meaning": "exponential of the entropy of the shares of the six reference colours, after the same mapping",
    },
}
WORK = 96  # pixels, root of the lesion's area after resampling
MARGIN = 0.3  # crop beyond the lesion's box, in roots of the area
HAIR = 5  # pixels, median window against hairs
SMOOTH = 1.5  # pixels, against noise and blocks of JPEG
RIM = 0.04  # root areas taken off the lesion: there pigment and skin mix
STANDARD_SKIN = (215, 170, 150)  # sRGB levels of the skin that every ring is mapped to
REFERENCES = (  # sRGB levels on the standard skin
    (242, 232, 226),  # white
    (185, 80, 85),  # red
    (172, 117, 78),  # light brown
    (98, 60, 42),  # dark brown
    (105, 120, 140),  # blue-grey
    (38, 34, 36),  # black
)
SOFTNESS = 8.0  # CIELAB, spread of one colour
ENOUGH, STEP = 0.05, 0.012  # share that counts as present, and softness of the step
TINY = 1e-9  # keeps a logarithm finite
BASE = 10.0  # density is a decimal logarithm
FINE = 5.0  # pixels, surroundings that a hair is darker than
HAIR_HEIGHT = 0.04  # log10, mean darkness of a hair along its piece
LONG = 8  # pixels, half the length of the piece of hair looked for
TURNS = 16  # directions of a hair
SKIN_FROM = 0.05  # root areas outside the mask: a line that reaches this skin is a hair
WIDEN, FILL, LEAST_WEIGHT = 2, 4.0, 1e-3  # pixels a hair is grown by; width and least sum of the weights that fill it
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
def without_hair(density, lesion):
    """Density with straight dark lines that run on over the skin filled from beside them, per channel."""
    grey = density.mean(axis=2)
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
    clean = (~ndimage.binary_dilation(hair, iterations=WIDEN)).astype(float)[..., None]
    reach = (FILL, FILL, 0)
    beside = ndimage.gaussian_filter(density * clean, reach)
    beside = beside / np.maximum(ndimage.gaussian_filter(clean, reach), LEAST_WEIGHT)
    return np.where(clean > 0, density, beside)
def decode(levels):
    """Linear light of sRGB levels."""
    coded = np.asarray(levels, dtype=float) / LEVEL_TOP
    return np.where(coded <= GAMMA_KNEE, coded / GAMMA_SLOPE, ((coded + GAMMA_ADD) / GAMMA_GAIN) ** GAMMA_POWER)
def to_lab(linear):
    """CIELAB of linear sRGB light, clipped to what a screen shows."""
    linear = np.clip(linear, 0, 1)
    low = linear * GAMMA_SLOPE
    high = GAMMA_GAIN * linear ** (1 / GAMMA_POWER) - GAMMA_ADD
    return color.rgb2lab(np.where(low <= GAMMA_KNEE, low, high))
def extract(image, mask):
    ready = at_work_scale(image, mask)
    nothing = {name: float("nan") for name in FEATURES}
    if ready is None:
        return nothing
    linear, lesion, ring = ready
    density = -np.log10(np.maximum(linear, FLOOR))
    density = without_hair(density - np.median(density[ring], axis=0), lesion)
    density = np.stack([ndimage.median_filter(density[..., k], HAIR) for k in range(density.shape[2])], axis=-1)
    density = ndimage.gaussian_filter(density, (SMOOTH, SMOOTH, 0))
    core = ndimage.distance_transform_edt(np.pad(lesion, 1))[1:-1, 1:-1] > RIM * WORK
    if not core.any():
        return nothing
    skin = decode(STANDARD_SKIN)
    lab = to_lab((skin * BASE ** -density)[core][:, None, :])[:, 0, :]
    anchors = to_lab(decode(REFERENCES + (STANDARD_SKIN,))[:, None, :])[:, 0, :]
    far = ((lab[:, None, :] - anchors[None]) ** 2).sum(axis=2)
    near = np.exp(-(far - far.min(axis=1, keepdims=True)) / (2 * SOFTNESS**2))
    shares = (near / near.sum(axis=1, keepdims=True)).mean(axis=0)[:-1]  # the last is skin itself, no colour
    part = shares / max(shares.sum(), TINY)
    return {
        "colour_count_2": float((1 / (1 + np.exp(-(shares - ENOUGH) / STEP))).sum()),
        "colour_number_2": float(np.exp(-(part * np.log(part + TINY)).sum())),
    }
