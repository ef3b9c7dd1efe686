"""Breast tissue of the ultrasound phantom: skin, fat lobules, gland, muscle, ribs, shadows and speckle.

What is usual in a B-mode frame of the breast, and dark without being a mass: fat lobules between bright
septa, muscle with its striae, ribs with their shadow, ligament shadows, poor contact at a side, deep
attenuation. Echo is a natural logarithm of amplitude; depth runs down.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from scafe.knowledge.phantoms.rendering.camera import Floats, smooth_noise, stream

SKIN_END = 0.04


@dataclass(frozen=True)
class Layers:
    """Where the layers of one frame lie, as depths over the frame's height by column."""

    fat_end: Floats
    """(1, S) depth at which fat ends and gland begins."""
    gland_end: Floats
    """(1, S) depth at which gland ends and muscle begins."""
    muscle_end: Floats
    """(1, S) depth at which muscle ends; ribs and lung lie below."""


def layers_of(seed: int, size: int) -> Layers:
    """Draw the layers of one frame; they undulate sideways."""
    rng = stream(seed, 11)
    fat, gland, muscle = rng.uniform(0.16, 0.34), rng.uniform(0.62, 0.82), rng.uniform(0.1, 0.18)
    waves = [0.02 * smooth_noise(rng, size, 3)[:1] for _ in range(2)]
    return Layers(fat + waves[0], gland + waves[1], gland + muscle + waves[1])


def tissue(seed: int, size: int) -> Floats:
    """Return the echo of a frame without a mass, (S, S)."""
    rng, found = stream(seed, 2), layers_of(seed, size)
    v = _depths(size)
    fat, gland = _between(v, SKIN_END, found.fat_end), _between(v, found.fat_end, found.gland_end)
    muscle = _between(v, found.gland_end, found.muscle_end)
    skin = _between(v, 0.0 * v, np.full_like(v, SKIN_END))
    echo = fat * _lobules(rng, size) + gland * _gland(rng, size) + muscle * _striae(rng, size)
    echo = echo + 0.8 * skin - 0.5 * _between(v, found.muscle_end, 2 + 0 * v)
    for line, bright in ((found.fat_end, 0.25), (found.gland_end, 0.6), (found.muscle_end, 0.4)):
        echo = echo + bright * np.exp(-(((v - line) / 0.008) ** 2))
    echo = (
        echo + _ribs(rng, size, found) - _shadows(rng, size) - rng.uniform(0.2, 1.5) * np.clip(v - 0.3, 0, 1)
    )
    return np.asarray(echo, dtype=np.float32)


def haze(seed: int, size: int) -> Floats:
    """Return the echo of swollen tissue without layers, (S, S): the same blur in all directions."""
    return np.asarray(0.05 + 0.12 * smooth_noise(stream(seed, 12), size, 9), dtype=np.float32)


def speckled(echo: Floats, contrast: Floats, seed: int, grain: float) -> Floats:
    """Give an echo its Rayleigh speckle, wider sideways and with depth, and compress it to 0-1."""
    size = echo.shape[0]
    parts = stream(seed, 4).standard_normal((2, size, size), dtype=np.float32)
    unit, v = grain * size / 256, _depths(size)
    near, far = (_speckle(parts, unit * wide, 0.8 * unit) for wide in (1.3, 2.6))
    speckle = (1 - v) * near + v * far
    level = np.log(np.exp(echo) * (1 - contrast + contrast * speckle) + 0.02)
    return np.asarray(np.clip(0.52 + level / 3.4, 0, 1), dtype=np.float32)


def _speckle(parts: Floats, wide: float, tall: float) -> Floats:
    smooth = [cv2.GaussianBlur(one, (0, 0), sigmaX=wide, sigmaY=tall) for one in parts]
    amplitude = np.sqrt(smooth[0] ** 2 + smooth[1] ** 2)
    return np.asarray(amplitude / amplitude.mean(), dtype=np.float32)


def _depths(size: int) -> Floats:
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size
    return np.ascontiguousarray(np.broadcast_to(axis[:, None], (size, size)))


def _between(v: Floats, start: Floats | float, end: Floats) -> Floats:
    """1 within a layer, 0 outside, soft over a hundredth of the frame."""
    rise, fall = np.clip((v - start) / 0.012, -30, 30), np.clip((v - end) / 0.012, -30, 30)
    return np.asarray(1 / (1 + np.exp(-rise)) - 1 / (1 + np.exp(-fall)), dtype=np.float32)


def _stretched(rng: np.random.Generator, size: int, cells: int, times: int) -> Floats:
    """Smooth noise, `times` as wide as it is tall."""
    part = smooth_noise(rng, size, cells)[:, : max(2, size // times)]
    return np.asarray(cv2.resize(part, (size, size), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def _lobules(rng: np.random.Generator, size: int) -> Floats:
    """Dark fat between bright septa."""
    field = _stretched(rng, size, 9, 2)
    return np.asarray(-0.5 + 0.1 * field + 1.0 * np.exp(-((field / 0.18) ** 2)), dtype=np.float32)


def _gland(rng: np.random.Generator, size: int) -> Floats:
    """Bright, fibrous along the skin, with darker ducts and lobules."""
    field, patches = _stretched(rng, size, 24, 6), _stretched(rng, size, 6, 2)
    strands = 0.85 * np.exp(-((field / 0.3) ** 2))
    return np.asarray(-0.2 + strands + 0.16 * patches - 0.45 * np.clip(patches - 1, 0, 1), dtype=np.float32)


def _striae(rng: np.random.Generator, size: int) -> Floats:
    field = _stretched(rng, size, 40, 8)
    return np.asarray(-0.75 + 0.9 * np.exp(-((field / 0.2) ** 2)), dtype=np.float32)


def _ribs(rng: np.random.Generator, size: int, found: Layers) -> Floats:
    """None, one or two bright arcs below the muscle, each with its shadow."""
    v, u, echo = _depths(size), _depths(size).T, np.zeros((size, size), np.float32)
    for centre in rng.uniform(0, 1, 2)[: int(rng.integers(0, 3))]:
        top = found.muscle_end + 0.02 + 1.2 * (u - centre) ** 2
        over = np.exp(-(((u - centre) / 0.13) ** 4))
        echo = echo + over * (np.exp(-(((v - top) / 0.012) ** 2)) - 1.2 * (v > top))
    return np.asarray(echo, dtype=np.float32)


def _shadows(rng: np.random.Generator, size: int) -> Floats:
    """Shadows of ligaments, which start at any depth, and in a third of the frames a side without contact."""
    v, u, dark = _depths(size), _depths(size).T, np.zeros((size, size), np.float32)
    for _ in range(int(rng.integers(0, 4))):
        centre, start, width = rng.uniform(0, 1), rng.uniform(0.05, 0.5), rng.uniform(0.015, 0.05)
        beam = np.exp(-(((u - centre) / width) ** 2))
        dark = dark + rng.uniform(0.2, 0.6) * beam * np.clip((v - start) / 0.1, 0, 1)
    if rng.random() < 0.33:
        side = u if rng.random() < 0.5 else 1 - u
        dark = dark + 1.6 * np.clip(1 - side / rng.uniform(0.05, 0.18), 0, 1)
    return np.asarray(dark, dtype=np.float32)
