"""The mass in a B-mode breast frame: darker than tissue at its depth, with an edge all the way round.

Dark components at many grey levels each move to the strongest step around them, by dynamic programming in the
polar frame of their ellipse; a step along the weakest tenth of an outline tells a mass from a shadow. Source:
Matas J et al., Image Vis Comput 2004;22:761 (components); Cheng HD et al., Pattern Recogn 2010;43:299-317.
"""

import cv2
import numpy as np

LOCATOR = "mass"
LEVELS = 16
DESPECKLE = 5
WINDOW = 6
STEP = 0.24
# Weakest step, mean step, step over spread, brightness inside, its spread; off the usual place, at the sides.
WEIGHTS = (3.1, 2.4, 1.9, 0.7, 5.9, -7.4, -2.5)
VARIANTS = {"LEVELS": [12, 24], "DESPECKLE": [3, 7], "WINDOW": [5, 7], "STEP": [0.18, 0.32]}
TURNS = np.arange(48) * 2 * np.pi / 48
REACH = np.linspace(0.35, 1.9, 40).astype(np.float32)
NEAR = np.array([0.15, 0.3, 0.45, 0.6, 0.75, 0.85, 0.93, 1.07, 1.15, 1.25, 1.4], np.float32)


def brightness(image):
    """Log brightness without thin bright marks (callipers, letters), and the same over its depth's usual."""
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    size = [max(8, round(side * 176 / max(grey.shape))) for side in grey.shape[::-1]]
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    thin = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, np.ones((5, 5), np.uint8))
    log = np.log(grey - thin * (thin > 70) + 12)
    usual = np.percentile(cv2.GaussianBlur(log, (0, 0), 2), 65, axis=1).astype(np.float32)
    usual, depth = cv2.GaussianBlur(usual[:, None], (0, 0), 0.06 * len(usual)).ravel(), np.arange(len(usual))
    # Half a cubic of all depths: a mass that fills its rows must not become their usual.
    usual = 0.5 * usual + 0.5 * np.polyval(np.polyfit(depth, usual, 3), depth)
    black = cv2.connectedComponents((grey < 4).astype(np.uint8))[1]
    sector = ~np.isin(black, np.setdiff1d(black[:, [0, -1]], 0))
    byte = np.clip(((log - usual[:, None]) * sector + 2.5) / 3.5 * 255, 0, 255).astype(np.uint8)
    calm = cv2.bilateralFilter(cv2.medianBlur(byte, DESPECKLE), -1, 25, 2).astype(np.float32)
    return log, cv2.GaussianBlur(calm, (0, 0), 0.5) / 255 * 3.5 - 2.5


def candidates(even):
    """Centres (N, 2) and half axes by angle (N, 2, 48) of what is dark at any grey level, once each."""
    found, seen, circle = [], [], np.stack([np.cos(TURNS), np.sin(TURNS)])
    for level in np.linspace(np.percentile(even, 1), np.percentile(even, 75), LEVELS):
        for width in (1, 7, 13):
            disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
            dark = cv2.morphologyEx((even < level).astype(np.uint8), cv2.MORPH_OPEN, disc)
            labels, stats, middles = cv2.connectedComponentsWithStats(dark, connectivity=4)[1:]
            for one in range(1, len(stats)):
                x, y, wide, tall, area = stats[one]
                key = (int(np.log(area) * 4), int(middles[one][0]) // 4, int(middles[one][1]) // 4)
                if 0.0025 <= area / even.size <= 0.6 and key not in seen:
                    seen.append(key)
                    part = cv2.moments((labels[y : y + tall, x : x + wide] == one).astype(np.uint8), True)
                    spread = np.array([[part["mu20"], part["mu11"]], [part["mu11"], part["mu02"]]]) / area
                    sizes, turned = np.linalg.eigh(spread + 0.3 * np.eye(2))
                    half = turned * 2 * np.sqrt(np.maximum(sizes, sizes.max() / 8))
                    found.append((middles[one], half @ circle))
    return [np.array([one[i] for one in found], np.float32) for i in (0, 1)]


def sampled(picture, centres, axes, reach):
    """Brightness (N, 48, K) at `reach` times the half axes."""
    x, y = np.moveaxis(centres[:, :, None, None] + axes[:, :, :, None] * reach[:, None], 1, 0)
    x, y, edge = x.reshape(len(axes), -1), y.reshape(len(axes), -1), cv2.BORDER_REPLICATE
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=edge).reshape(len(axes), 48, -1)


def outlined(even, centres, axes):
    """Reach (N, 48) of the closed path along the strongest outward rise: the middle one of three rounds."""
    kernel = np.repeat([-1, 1], WINDOW).astype(np.float32)[None] / WINDOW
    bands = sampled(even, centres, axes, REACH[None, None]).reshape(-1, 40)
    rise = np.tanh(2 * cv2.filter2D(bands, -1, kernel, anchor=(WINDOW, 0))) - 0.5 * np.log(REACH) ** 2
    rise[:, [*range(WINDOW), *range(40 - WINDOW, 40)]] = -2
    rise, moves, path = rise.reshape(-1, 48, 40), [], []
    score = rise[:, 0]
    for turn in range(1, 144):
        wide = np.pad(score, ((0, 0), (1, 1)), constant_values=-1e9)
        options = np.stack([wide[:, :-2] - 0.05, wide[:, 1:-1], wide[:, 2:] - 0.05])
        moves.append(options.argmax(axis=0) - 1)
        score = options.max(axis=0) + rise[:, turn % 48]
    place = score.argmax(axis=1)
    for move in moves[::-1]:
        path.append(place)
        place = place + np.take_along_axis(move, place[:, None], axis=1)[:, 0]
    return REACH[np.stack(path[::-1], axis=1)[:, 47:95]]


def ranked(log, even, centres, axes):
    """Score (N,), outline (N, 2, 48) and whether a candidate has a step and lies in the breast."""
    near = outlined(even, centres, axes)[:, :, None] * NEAR
    edge = centres[:, :, None] + axes * (near[:, None, :, 0] / NEAR[0])
    bands, (x, y), (tall, wide) = sampled(even, centres, axes, near), edge.mean(axis=2).T, even.shape
    rise = bands[:, :, 7:].mean(axis=2) - bands[:, :, 4:7].mean(axis=2)
    spread, step = bands[:, :, :7].std(axis=(1, 2)), rise.mean(axis=1)
    parts = (
        np.percentile(rise, 10, axis=1),
        step,
        step / (np.hypot(spread, bands[:, :, 7:].std(axis=(1, 2))) + 0.1),
        sampled(log, centres, axes, near[:, :, :7]).mean(axis=(1, 2)),
        spread,
        (x / wide - 0.5) ** 2 + 2 * np.maximum(y / tall - 0.35, 0) ** 2,
        ((edge[:, 0] < 1) | (edge[:, 0] > wide - 2)).mean(axis=1),
    )
    return np.array(WEIGHTS) @ np.stack(parts), edge, (step > STEP) & (y < 0.67 * tall)


def locate(image):
    """Mask of the mass, and from 0 to 1 how far it leads the best candidate elsewhere."""
    mask, (log, even) = np.zeros(image.shape[:2], np.uint8), brightness(image)
    centres, axes = candidates(even)
    score, edge, fits = ranked(log, even, centres, axes) if len(centres) else (0, 0, np.zeros(1, bool))
    if min(mask.shape) < 24 or not fits.any():
        return mask > 0, 0.0
    best = int(np.where(fits, score, -np.inf).argmax())
    points = (edge[best].T + 0.5) * (np.array(mask.shape[::-1]) / even.shape[::-1]) - 0.5
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 1)
    away = np.abs((centres - centres[best]) / np.ptp(edge[best], axis=1)).max(axis=1) > 0.5
    return mask > 0, float(max(0, 1 - np.exp(score[away].max(initial=-np.inf) - score[best])))
