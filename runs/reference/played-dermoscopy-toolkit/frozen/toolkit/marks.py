"""Marks: what lies on an image and is not the subject: hairs, ruler ticks, highlights, black corners."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .arguments import Mask, Picture, Plane, as_image, as_number
from .colour import grey
from .memo import remembered
from .scale import blurred, disc, large_mask, side_of, smaller

HAIR_SIDE = 256
"""Shorter side in pixels at which hairs and rulers are looked for; a hair is 1 to 4 pixels wide there."""
HAIR_DARKER = 0.045
HAIR_LENGTH = 21
HAIR_TURNS = 18
CORNER_SIDE = 128


@remembered
def hair_mask(image: Picture) -> Mask:
    """Hairs: long thin lines darker than both sides. Looked for at a shorter side of 256 pixels.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB

    Returns
    -------
    (H, W) bool; lines shorter than a tenth of the shorter side (as of a pigment network) do not count

    References
    ----------
    Lee T et al. Comput Biol Med 1997;27:533-543. doi:10.1016/S0010-4825(97)00020-6
    """
    small = _coded(smaller(grey(image), HAIR_SIDE))
    darker = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, disc(3))
    if cv2.minMaxLoc(darker)[1] < 255 * HAIR_DARKER:
        return np.zeros(image.shape[:2], np.bool_)
    strong, found = (darker >= 255 * HAIR_DARKER).view(np.uint8), np.zeros_like(small)
    for line in _lines(min(HAIR_LENGTH, side_of(small) // 3 * 2 + 1)):
        held = cv2.erode(strong, line)  # an opening in two steps: most directions hold nothing to dilate
        if cv2.countNonZero(held):
            found |= np.asarray(cv2.dilate(held, line), np.uint8)
    return large_mask(cv2.dilate(found, disc(1)) > 0, image.shape)


def _coded(plane: Plane) -> Picture:
    return np.asarray(cv2.convertScaleAbs(plane, alpha=255), dtype=np.uint8)


def _lines(length: int) -> list[Picture]:
    """Lines through the centre of a square, one each 10 degrees."""
    half, drawn = length // 2, []
    for turn in np.pi * np.arange(HAIR_TURNS) / HAIR_TURNS:
        line = np.zeros((2 * half + 1, 2 * half + 1), np.uint8)
        step = (round(half * np.cos(turn)), round(half * np.sin(turn)))
        cv2.line(line, (half - step[0], half - step[1]), (half + step[0], half + step[1]), 1)
        drawn.append(line)
    return drawn


@remembered
def ruler_mask(image: Picture) -> Mask:
    """Ticks of a ruler: five or more short dark lines side by side, evenly spaced along a straight line.

    Looked for at a shorter side of 256 pixels.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB

    Returns
    -------
    (H, W) bool, the ticks with a narrow margin

    References
    ----------
    Lee T et al. Comput Biol Med 1997;27:533-543. doi:10.1016/S0010-4825(97)00020-6
    """
    small = _coded(smaller(grey(image), HAIR_SIDE))
    darker = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, disc(4)) >= 24
    labels, stats, centres = cv2.connectedComponentsWithStats(darker.view(np.uint8))[1:]
    areas, longest = (
        stats[:, cv2.CC_STAT_AREA],
        stats[:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1].max(axis=1),
    )
    likely = np.flatnonzero((areas >= 4) & (areas <= 160) & (longest >= 4) & (longest <= 40))[:200]
    lines = [one for one in map(partial(_tick, labels, stats, centres), likely[likely > 0]) if one]
    kept = np.zeros(len(stats), np.bool_)
    kept[[lines[place].label for place in _in_line(lines)]] = True
    return large_mask(cv2.dilate(kept[labels].astype(np.uint8), disc(1)) > 0, image.shape)


@dataclass(frozen=True)
class _Tick:
    label: int
    place: NDArray[np.float64]
    """Column and row of its centre."""
    along: NDArray[np.float64]
    """Unit vector of its direction."""


def _tick(labels: NDArray[Any], stats: NDArray[Any], centres: NDArray[Any], label: int) -> _Tick | None:
    """Read one dark part as a tick; None where it is not at least 2.2 times as long as wide."""
    left, top, width, height = stats[label, :4]
    rows, columns = np.nonzero(labels[top : top + height, left : left + width] == label)
    spread = np.atleast_2d(np.cov(np.stack([columns, rows]))) + np.eye(2) / 12
    sizes, axes = np.linalg.eigh(spread)
    return _Tick(int(label), centres[label], axes[:, 1]) if sizes[1] >= 4.8 * sizes[0] else None


def _in_line(ticks: list[_Tick]) -> list[int]:
    """Places of five or more parallel ticks that stand evenly spaced on a line across them."""
    if len(ticks) < 5:
        return []
    places = np.array([tick.place for tick in ticks])
    along = np.array([tick.along for tick in ticks])
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    apart[np.abs(along @ along.T) < 0.94] = np.inf  # 20 degrees
    found: set[int] = set()
    for start, others in enumerate(np.argsort(apart, axis=1, kind="stable")[:, 1:4]):
        for other in others:
            step = places[other] - places[start]
            length = float(np.hypot(*step))
            if apart[start, other] < 48 and length >= 3 and abs(step @ along[start]) < 0.35 * length:
                row = _walked(places, start, step)
                found |= set(row) if len(row) >= 5 and _parallel(along[row]) else set()
    return sorted(found)


def _parallel(directions: NDArray[np.float64]) -> bool:
    return bool((np.abs(directions @ directions[0]) > 0.94).all())


def _walked(places: NDArray[np.float64], start: int, step: NDArray[np.float64]) -> list[int]:
    """Go from place to place by equal steps as long as there is one."""
    row, reach = [start], max(1.2, 0.15 * float(np.hypot(*step)))
    while True:
        away = np.hypot(*(places - (places[row[-1]] + step)).T)
        nearest = int(away.argmin())
        if away[nearest] > reach or nearest in row:
            return row
        step = 0.5 * step + 0.5 * (places[nearest] - places[row[-1]])
        row.append(nearest)


@remembered
def specular_mask(image: Picture) -> Mask:
    """Highlights: bright in every channel, and brighter than their surroundings.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB

    Returns
    -------
    (H, W) bool: the darkest channel above 0.7, by less than 0.2 below the brightest, and by 0.12 above its
    blur over a twentieth of the shorter side

    References
    ----------
    Shafer SA. Color Res Appl 1985;10:210-218. doi:10.1002/col.5080100409
    """
    image = as_image(image)
    red, green, blue = cv2.split(image)
    least = np.asarray(cv2.min(cv2.min(red, green), blue), np.float32) / np.float32(255)
    pale = cv2.subtract(cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)) < 0.2 * 255
    return (least > 0.7) & pale & (least - blurred(least, 0.05 * side_of(image)) > 0.12)


@remembered
def dark_corners(image: Picture, level: float = 0.18) -> Mask:
    """Black corners and borders of a frame: dark areas that hold one of its four corners.

    Looked for at a shorter side of 128 pixels.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB
    level : float, 0.02 to 0.5
        Brightness below which a pixel is dark.

    Returns
    -------
    (H, W) bool, with a margin of 2 % of the shorter side

    References
    ----------
    A flood fill from the corners.
    """
    level, small = as_number(level, "level", 0.02, 0.5), smaller(grey(image), CORNER_SIDE)
    dark = (cv2.blur(small, (3, 3)) < level).astype(np.uint8)
    labels = cv2.connectedComponents(dark, connectivity=4)[1]
    held = np.unique(labels[[0, 0, -1, -1], [0, -1, 0, -1]])
    corners = np.isin(labels, held[held > 0])
    margin = disc(0.02 * side_of(small))
    return large_mask(cv2.dilate(corners.view(np.uint8), margin) > 0, image.shape)
