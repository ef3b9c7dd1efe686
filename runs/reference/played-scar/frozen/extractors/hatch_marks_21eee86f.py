"""Hatch marks: even bars across the long axis, seen alike on both sides of the midline."""

import numpy as np
from scipy import ndimage

CRITERION = "hatch_marks"
FEATURES = {
    "hatch_amplitude": {
        "unit": "log10",
        "range": [0, 0.6],
        "direction": "up",
        "meaning": "amplitude of the strongest even pattern in log10 G along the scar that both sides of its midline share in phase, slow trend removed",
    },
    "hatch_peak": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the variance of the detrended profile of log10 G along the scar, up to 40 cycles, that lies in its strongest even pattern",
    },
}
CODE_MAX = 255.0  # largest code of an 8-bit channel
KNEE, KNEE_SLOPE, CURVE_SHIFT, CURVE_POWER = 0.04045, 12.92, 0.055, 2.4  # sRGB decoding, IEC 61966-2-1
DARK = 0.0005  # floor of linear light, so that logarithms stay finite
MAX_BINS = 128  # slices along the scar
MIN_BINS = 32  # slices at least; a shorter scar has its empty slices bridged
MIN_LENGTH = 12  # pixels of length below which four bars cannot be told
MIN_PIXELS = 60  # below this the profile is noise
SIDE_SHARE = 0.25  # least share of MIN_PIXELS on either side of the midline
LOW, HIGH = 4, 40  # cycles along the scar that count as bars
TREND_FRAC = 0.1  # smoothing that stands for the slow trend, share of the length
LIMITS = [3, 97]  # percentiles to which log light is cut, against highlights and hair
BEND = 2  # degree of the midline


def log_light(image):
    """Return log10 of linear light, one plane a channel."""
    code = image.astype(np.float32) / CODE_MAX
    curve = ((code + CURVE_SHIFT) / (1 + CURVE_SHIFT)) ** CURVE_POWER
    return np.log10(np.maximum(np.where(code <= KNEE, code / KNEE_SLOPE, curve), DARK))


def along_and_across(mask):
    """Return place along the bent midline and signed distance from it, for every pixel of the mask."""
    points = np.argwhere(mask).astype(float)
    points -= points.mean(axis=0)
    _, axes = np.linalg.eigh(points.T @ points)
    far, near = points @ axes[:, 1], points @ axes[:, 0]
    line = np.polyfit(far, near, BEND)
    grid = np.linspace(far.min(), far.max(), MAX_BINS)
    steps = np.hypot(np.diff(grid), np.diff(np.polyval(line, grid)))
    length = np.concatenate([[0], np.cumsum(steps)])
    across = near - np.polyval(line, far)
    tilt = np.sin(np.arctan(np.polyval(np.polyder(line), far)))
    return np.interp(far, grid, length) + across * tilt, across


def profile(values, slot, bins):
    """Return the mean of the values in each slice, slow trend removed; empty slices are bridged."""
    counts = np.bincount(slot, minlength=bins)
    sums = np.bincount(slot, weights=values, minlength=bins)
    full = np.flatnonzero(counts)
    means = np.interp(np.arange(bins), full, sums[full] / counts[full])
    return means - ndimage.gaussian_filter1d(means, TREND_FRAC * bins, mode="nearest")


def extract(image, mask):
    nothing = {"hatch_amplitude": float("nan"), "hatch_peak": float("nan")}
    if mask.sum() < MIN_PIXELS:
        return nothing
    place, across = along_and_across(mask)
    place -= place.min()
    length = int(place.max())
    if length < MIN_LENGTH or min((across > 0).sum(), (across <= 0).sum()) < SIDE_SHARE * MIN_PIXELS:
        return nothing
    bins = min(MAX_BINS, max(MIN_BINS, length))
    slot = np.minimum((place / place.max() * bins).astype(int), bins - 1)
    rows, cols = np.nonzero(mask)
    green = log_light(image[rows, cols])[:, 1]
    green = np.clip(green, *np.percentile(green, LIMITS))
    window = np.hanning(bins)
    sides = [
        np.fft.rfft(window * profile(green[part], slot[part], bins)) for part in (across > 0, across <= 0)
    ]
    end = min(HIGH, bins // 2) + 1
    shared = np.maximum(np.real(sides[0] * np.conj(sides[1])), 0)[LOW:end]
    power = np.abs(np.fft.rfft(window * profile(green, slot, bins))) ** 2
    best = int(np.argmax(shared)) + LOW
    total = power[1 : end + 1].sum()
    return {
        "hatch_amplitude": float(2 * np.sqrt(shared.max()) / window.sum()),
        "hatch_peak": float(power[best - 1 : best + 2].sum() / total) if total > 0 else 0.0,
    }
