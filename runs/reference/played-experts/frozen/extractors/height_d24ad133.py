"""Height by proxy: a raised rim is lit on one flank and shaded on the other."""

import numpy as np
import toolkit as tk

CRITERION = "height"
FEATURES = {
    "flank_harmonic": {
        "unit": "log10",
        "range": [0, 0.8],
        "direction": "up",
        "meaning": "amplitude of the first harmonic over border direction of log luminance in the flank inside the border, less that of the skin outside",
    },
    "flank_range": {
        "unit": "log10",
        "range": [-0.5, 1.2],
        "direction": "up",
        "meaning": "90th minus 10th percentile over direction of the flank's log luminance against the skin outside, less that of the skin's own",
    },
}
NEAR, FAR = 0.08, 0.25  # the ring of skin, in roots of the lesion's area
DEPTH = 0.12  # of the flank inside the border, same unit
LEAST = 60  # pixels of the ring, as the task asks
SECTORS = 24  # of 15 degrees
FLOOR = 0.002  # of linear light, below which a camera counts noise
HIGH, LOW = 90, 10  # percentiles over direction


def by_direction(plane, region, angle):
    """Return the median of a plane over a region in each sector; NaN where a sector is empty."""
    place = np.minimum((angle * SECTORS).astype(int), SECTORS - 1)
    values = [plane[region & (place == one)] for one in range(SECTORS)]
    return np.array([np.median(one) if one.size else np.nan for one in values])


def amplitude(profile):
    """Return the size of the first harmonic of a profile with gaps."""
    seen = np.isfinite(profile)
    turn = 2 * np.pi * (np.arange(SECTORS)[seen] + 1 / 2) / SECTORS
    table = np.column_stack([np.ones(turn.size), np.cos(turn), np.sin(turn)])
    found = np.linalg.lstsq(table, profile[seen], rcond=None)[0]
    return float(np.hypot(found[1], found[2]))


def spread(profile):
    return float(np.nanpercentile(profile, HIGH) - np.nanpercentile(profile, LOW))


def extract(image, mask):
    nothing = {"flank_harmonic": float("nan"), "flank_range": float("nan")}
    ring = tk.skin_ring(mask, near=NEAR, far=FAR)
    if mask.sum() < LEAST or ring.sum() < LEAST:
        return nothing
    light = np.log10(np.maximum(tk.linear_light(image).mean(axis=2), FLOOR))
    rows, columns = np.nonzero(mask)
    y, x = np.indices(mask.shape)
    angle = (np.arctan2(y - rows.mean(), x - columns.mean()) / np.pi + 1) / 2
    flank = by_direction(light, tk.rim(mask, depth=DEPTH), angle)
    skin = by_direction(light, ring, angle)
    both = np.isfinite(flank) & np.isfinite(skin)
    if both.sum() < SECTORS / 2:
        return nothing
    step = np.where(both, flank - skin, np.nan)
    return {
        "flank_harmonic": amplitude(step),
        "flank_range": spread(step) - spread(skin),
    }
