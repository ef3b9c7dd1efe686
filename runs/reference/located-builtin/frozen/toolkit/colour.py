"""Colour: linear light, CIELAB, optical density, stains, main colours."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .arguments import Mask, Picture, Plane, as_count, as_fractions, as_image, as_number, as_region
from .memo import remembered
from .scale import length

CODES = np.arange(256) / 255
LINEAR = np.where(CODES <= 0.04045, CODES / 12.92, ((CODES + 0.055) / 1.055) ** 2.4)
DENSITY = -np.log10((LINEAR + 0.005) / 1.005)
LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)
STAINS = {
    "he": ((0.65, 0.704, 0.286), (0.072, 0.99, 0.105)),
    "hdab": ((0.65, 0.704, 0.286), (0.268, 0.57, 0.776)),
}
"""Absorption of haematoxylin and of eosin or DAB in red, green, blue (Ruifrok and Johnston 2001)."""
CLEAR_PART = 0.99
SAMPLE = 4000


def _looked_up(image: Picture, table: NDArray[Any]) -> Plane:
    return np.asarray(cv2.LUT(image, table.astype(np.float32)))


@remembered
def linear_light(image: Picture) -> Plane:
    """Light as the camera's sensor counted it, without the display's curve.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB

    Returns
    -------
    (H, W, 3) float32, 0 to 1

    References
    ----------
    IEC 61966-2-1:1999, sRGB.
    """
    return _looked_up(as_image(image), LINEAR)


@remembered
def lab(image: Picture) -> Plane:
    """CIELAB under D65: lightness, green to red, blue to yellow.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB

    Returns
    -------
    (H, W, 3) float32, L* 0 to 100, a* and b* about -110 to 110; within 0.5 of the formula

    References
    ----------
    CIE 015:2018 Colorimetry. doi:10.25039/TR.015.2018
    """
    return np.asarray(cv2.cvtColor(_looked_up(as_image(image), CODES), cv2.COLOR_RGB2LAB))


@remembered
def lch(image: Picture) -> Plane:
    """CIELAB as lightness, chroma (0 for greys) and hue angle.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB

    Returns
    -------
    (H, W, 3) float32, L* 0 to 100, C* 0 to 140, hue -pi to pi (0 red, pi/2 yellow, -pi/2 blue),
    within 0.006

    References
    ----------
    CIE 015:2018 Colorimetry. doi:10.25039/TR.015.2018
    """
    lightness, red, yellow = (np.asarray(one, np.float32) for one in cv2.split(lab(image)))
    hue = np.asarray(cv2.phase(red, yellow))
    hue = np.where(hue > np.pi, hue - np.float32(2 * np.pi), hue)
    return np.asarray(cv2.merge([lightness, length(red, yellow), hue]))


@remembered
def grey(image: Picture) -> Plane:
    """Brightness as displayed: 0.299 red + 0.587 green + 0.114 blue.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB

    Returns
    -------
    (H, W) float32, 0 to 1

    References
    ----------
    ITU-R BT.601-7, 2011.
    """
    return np.asarray(cv2.transform(_looked_up(as_image(image), CODES), LUMA))


@remembered
def optical_density(image: Picture, floor: float = 0.005) -> Plane:
    """Optical density of each channel, -log10 of linear light: additive in what absorbs.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB
    floor : float, 0.0001 to 0.1
        Added to the light, so that black stays finite.

    Returns
    -------
    (H, W, 3) float32, 0 (white) to -log10(floor / (1 + floor)), 2.3 by default

    References
    ----------
    Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299. PMID 11531144
    """
    return _dense(as_image(image), as_number(floor, "floor", 1e-4, 0.1))


def _dense(image: Picture, floor: float) -> Plane:
    return _looked_up(image, -np.log10((LINEAR + floor) / (1 + floor)))


@remembered
def density(image: Picture, weights: tuple[float, ...] = (0.5, 0.5, 0.0), floor: float = 0.01) -> Plane:
    """Mix the channels' optical densities into one plane; red and green by half is pigment's.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB
    weights : three floats, -10 to 10
        Of red, green and blue; (-1.6, 1, 0) is what absorbs green beyond melanin, as blood does.
    floor : float, 0.0001 to 0.1
        Added to the light, so that black stays finite.

    Returns
    -------
    (H, W) float32

    References
    ----------
    Yamamoto T et al. Skin Res Technol 2008;14:26-34. doi:10.1111/j.1600-0846.2007.00256.x
    """
    parts = as_fractions(weights, "weights", -10, 10)
    if len(parts) != 3:
        raise ValueError(f"weights: expected three numbers, met {len(parts)}")
    dense = _dense(as_image(image), as_number(floor, "floor", 1e-4, 0.1))  # not kept: three times as large
    return np.asarray(cv2.transform(dense, np.array([parts], np.float32)))


@remembered
def stains(image: Picture, pair: str = "he") -> Plane:
    """Amounts of two stains by colour deconvolution, the slide's clear glass taken as white.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB
    pair : "he" or "hdab"
        Haematoxylin with eosin, or with DAB.

    Returns
    -------
    (H, W, 2) float32, haematoxylin and the other stain, in optical density along the stain's vector;
    slightly negative where the colour lies outside of both

    References
    ----------
    Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299. PMID 11531144
    """
    if type(pair) is not str or pair not in STAINS:
        raise ValueError(f"pair: expected one of {', '.join(STAINS)}")
    image = as_image(image)
    table = np.maximum(DENSITY[:, None] - _clear_glass(image), 0).astype(np.float32)
    dense = cv2.LUT(image, table.reshape(1, 256, 3))
    return np.asarray(cv2.transform(dense, np.linalg.pinv(np.array(STAINS[pair])).T.astype(np.float32)))


def _clear_glass(image: Picture) -> NDArray[np.float64]:
    """Optical density of the brightest hundredth of each channel, at most 0.22 (60 % of the light)."""
    counts = [cv2.calcHist([image], [channel], None, [256], [0, 256]).ravel() for channel in range(3)]
    bright = CLEAR_PART * image[:, :, 0].size
    codes = [int(np.searchsorted(np.cumsum(count, dtype=np.float64), bright)) for count in counts]
    return np.minimum(DENSITY[codes], 0.22)


@remembered
def colour_clusters(
    image: Picture, mask: Mask | None = None, count: int = 5
) -> dict[str, NDArray[np.float32]]:
    """Find the main colours of a region, from dark to light: k-means in CIELAB on up to 4,000 of its pixels.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB
    mask : (H, W) bool, optional
        The region; by default the frame.
    count : int, 2 to 12

    Returns
    -------
    dict
        "centres" (count, 3) float32 L*, a*, b*, sorted by L*; "shares" (count,) float32 of the pixels, sum 1.
        NaN and 0 where the region has fewer pixels than clusters.

    References
    ----------
    Lloyd SP. IEEE Trans Inf Theory 1982;28:129-137. doi:10.1109/TIT.1982.1056489
    """
    count, colours = as_count(count, "count", 2, 12), lab(image)
    pixels = colours[as_region(mask, "mask", colours.shape)]
    pixels = np.ascontiguousarray(pixels[:: max(1, len(pixels) // SAMPLE)])
    if len(pixels) < count:
        return {"centres": np.full((count, 3), np.nan, np.float32), "shares": np.zeros(count, np.float32)}
    first = np.empty((len(pixels), 1), np.int32)
    first[np.argsort(pixels[:, 0], kind="stable"), 0] = np.arange(len(pixels)) * count // len(pixels)
    stop = (cv2.TERM_CRITERIA_MAX_ITER + cv2.TERM_CRITERIA_EPS, 12, 0.5)
    labels, centres = cv2.kmeans(pixels, count, first, stop, 1, cv2.KMEANS_USE_INITIAL_LABELS)[1:]
    shares = np.bincount(labels.ravel(), minlength=count) / len(pixels)
    order = np.argsort(centres[:, 0], kind="stable")
    return {
        "centres": np.asarray(centres[order], np.float32),
        "shares": np.asarray(shares[order], np.float32),
    }
