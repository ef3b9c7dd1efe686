"""Margin: how high and how narrow the step of brightness across the border is."""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "margin"
FEATURES = {
    "margin_step": {
        "unit": "share of median",
        "range": [-2, 5],
        "direction": "down",
        "meaning": "median brightness just outside the border less that just inside, over the median of both",
    },
    "rise_width": {
        "unit": "root of area",
        "range": [0, 0.5],
        "direction": "up",
        "meaning": "way over which median brightness rises from a quarter to four fifths of the step",
    },
}
LEAST_PIXELS = 60  # below this an outline says nothing
FLOOR = 0.01  # brightness added below, so that a black median says nothing
LEAST_BLUR = 0.5  # pixels
ENDS = 4  # bins at either end that give the levels of inside and outside
WHOLE = 0.95  # share of the frame from which no mass is known
CALM = 0.008  # smoothing before the step is read, of the shorter side
REACH = 0.24  # how far the profile goes to either side, of the root of the area
BINS = 24  # places along the profile
NEAR = 0.1  # band next to the border that the step is taken from, same unit
LOW, HIGH = 0.25, 0.8  # of the step: where its rise begins and ends
LEAST_STEP = 0.02  # of the median: below this there is no rise to measure


def smooth(plane, size):
    """Blur by a share of the frame's shorter side."""
    return cv2.GaussianBlur(plane.astype(np.float32), (0, 0), max(size * min(plane.shape), LEAST_BLUR))


def unfit(mask):
    """Whether the mask is no region: empty, a few pixels, or the whole frame."""
    return mask.sum() < LEAST_PIXELS or mask.mean() > WHOLE


def extract(image, mask):
    """Profile of median brightness over signed distance from the border."""
    nothing = {"margin_step": float("nan"), "rise_width": float("nan")}
    if unfit(mask):
        return nothing
    plane, depth = smooth(tk.grey(image), CALM), tk.signed_distance(mask)
    inside, outside = plane[(depth > 0) & (depth < NEAR)], plane[(depth < 0) & (depth > -NEAR)]
    if min(len(inside), len(outside)) < LEAST_PIXELS // 2:
        return nothing
    usual = float(np.median(np.concatenate([inside, outside]))) + FLOOR
    step = float(np.median(outside) - np.median(inside)) / usual
    return {"margin_step": step, "rise_width": width(plane, depth, usual)}


def width(plane, depth, usual):
    """Width of the rise from inside to outside; NaN where nothing rises."""
    edges = np.linspace(-REACH, REACH, BINS + 1)
    place = np.digitize(-depth, edges) - 1
    profile = [np.median(plane[place == one]) if (place == one).any() else np.nan for one in range(BINS)]
    profile = np.array(profile)
    if np.isnan(profile).any():
        return float("nan")
    low, high = profile[:ENDS].mean(), profile[-ENDS:].mean()
    if (high - low) / usual < LEAST_STEP:
        return float("nan")
    level = np.maximum.accumulate((profile - low) / (high - low))
    begin, end = np.interp([LOW, HIGH], level, edges[1:])
    return float(max(end - begin, 0.0))
