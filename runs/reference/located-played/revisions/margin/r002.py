"""Margin: how much of the step between mass and tissue happens at the border, and how narrow its rise is."""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "margin"
FEATURES = {
    "margin_step": {
        "unit": "fraction",
        "range": [-1.1, 1.1],
        "direction": "down",
        "meaning": "median brightness just outside the border less that just inside, over the same step taken farther from the border on both sides",
    },
    "rise_width": {
        "unit": "root of area",
        "range": [0, 0.6],
        "direction": "up",
        "meaning": "way over which median brightness by distance from the border goes from a quarter to four fifths of its step",
    },
}
LEAST_PIXELS = 60  # below this an outline says nothing
FLOOR = 0.01  # brightness added below, so that a black median says nothing
LEAST_BLUR = 0.5  # pixels
ENDS = 3  # bins at either end that give the levels of inside and outside
WHOLE = 0.95  # share of the frame from which no mass is known
CALM = 0.008  # smoothing before the step is read, of the shorter side
REACH = 0.26  # how far the profile goes to either side, of the root of the area
BINS = 18  # places along the profile
NEAR = 0.08  # band next to the border that the near step is taken from, same unit
FAR = 0.14, 0.3  # bands that the whole step is taken from, same unit
SOFT = 0.03  # of the usual brightness: keeps a step of nothing from being divided by nothing
LOW, HIGH = 0.25, 0.8  # of the step: where its rise begins and ends
LEAST_STEP = 0.02  # of the median: below this there is no rise to measure
LEAST_BINS = 0.6  # share of bins with a pixel from which the rest is bridged


def smooth(plane, size):
    """Blur by a share of the frame's shorter side."""
    return cv2.GaussianBlur(plane.astype(np.float32), (0, 0), max(size * min(plane.shape), LEAST_BLUR))


def unfit(mask):
    """Whether the mask is no region: empty, a few pixels, or the whole frame."""
    return mask.sum() < LEAST_PIXELS or mask.mean() > WHOLE


def step(plane, depth, near, far):
    """Median brightness between two distances outside the border less that between them inside."""
    inside, outside = plane[(depth > near) & (depth < far)], plane[(depth < -near) & (depth > -far)]
    if min(len(inside), len(outside)) < LEAST_PIXELS // 2:
        return float("nan")
    return float(np.median(outside) - np.median(inside))


def extract(image, mask):
    """Profile of median brightness over signed distance from the border."""
    if unfit(mask):
        return {"margin_step": float("nan"), "rise_width": float("nan")}
    plane, depth = smooth(tk.grey(image), CALM), tk.signed_distance(mask)
    usual = float(np.median(plane[np.abs(depth) < REACH])) + FLOOR
    at_border, whole = step(plane, depth, 0, NEAR), step(plane, depth, *FAR)
    share = at_border * np.sign(whole) / (max(abs(at_border), abs(whole)) + SOFT * usual)
    return {"margin_step": float(share), "rise_width": width(plane, depth, usual)}


def width(plane, depth, usual):
    """Width of the change from inside to outside; NaN where nothing changes."""
    edges = np.linspace(-REACH, REACH, BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    place = np.digitize(-depth, edges) - 1
    profile = np.array([np.median(plane[place == one]) if (place == one).any() else np.nan for one in range(BINS)])
    known = ~np.isnan(profile)
    if known.mean() < LEAST_BINS:
        return float("nan")
    profile = np.interp(middles, middles[known], profile[known])
    low, high = profile[:ENDS].mean(), profile[-ENDS:].mean()
    if abs(high - low) / usual < LEAST_STEP:
        return float("nan")
    level = np.maximum.accumulate((profile - low) / (high - low))
    begin, end = np.interp([LOW, HIGH], level, middles)
    return float(max(end - begin, 0.0))
