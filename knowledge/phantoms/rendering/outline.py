"""The outline of a scar: a strip or disc with lobes, claws, a waist and a one-sided bulge.

The shape is drawn around a straight segment: a point lies inside when its distance to the segment
is below a radius that varies with the direction. Forms follow the descriptions of keloids as
butterfly, dumbbell and crab-claw, and of hypertrophic scars as rope or dome (Ogawa R, Burns Trauma
2019;7:39, doi:10.1186/s41038-019-0175-y); the amplitudes are our own assumption.
"""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.rendering.texture import stream

Pixels = NDArray[Any]
"""Float32 maps."""

TABLE_STEPS = 2048
LOBE_ORDERS = np.arange(3, 10)
LOBE_DECAY = 1.15
RESTING_WOBBLE = 0.04
"""Spread of the radius of a scar whose border is as smooth as real ones get."""
CLAWS = 7
AREA_GRID = 96


@dataclass(frozen=True)
class Form:
    """What the dials ask of an outline."""

    elongation: float
    """Length over width of the plain strip, from 1."""
    border: float
    """Lobes and claws, 0 to 1."""
    waist: float
    """Narrowing in the middle, 0 to 0.8."""
    asymmetry: float
    """One-sided bulge, 0 to 1."""


@dataclass(frozen=True)
class Outline:
    """A closed shape in its own unit (half the width of the plain strip)."""

    radius: Pixels
    """Radius by direction, TABLE_STEPS values from -π to π."""
    half_length: float
    """Half the length of the segment that the shape is drawn around."""
    bend: float
    """Curvature of the long axis."""
    area: float
    """Area in square units."""
    reach: float
    """Largest distance of the shape from its centre."""

    def level(self, u: Pixels, v: Pixels) -> Pixels:
        """Return a map that is negative inside; `u` runs along the long axis."""
        aspect = self.half_length + 1.0
        straight = v - np.float32(self.bend / aspect) * u * u
        beyond = np.maximum(np.abs(u) - np.float32(self.half_length), 0)
        distance = cv2.magnitude(beyond, straight)
        direction = cv2.phase(u / np.float32(aspect), straight)  # 0 to 2π
        index = (direction * np.float32(TABLE_STEPS / (2 * math.pi))).astype(np.int32) % TABLE_STEPS
        return np.asarray(distance - self.radius[index], dtype=np.float32)


def draw_outline(seed: int, form: Form) -> Outline:
    """Draw the outline that a seed and a form give; equal seeds give the same lobes and claws."""
    angles = np.linspace(0, 2 * math.pi, TABLE_STEPS, endpoint=False)
    radius = 1.0 + _lobes(seed, angles, form.border) + _claws(seed, angles, form)
    radius -= form.waist * (_bump(angles, math.pi / 2, 0.45) + _bump(angles, -math.pi / 2, 0.45))
    radius += 1.25 * form.asymmetry * _bump(angles, 0.9, 0.6)
    radius = np.maximum(radius, 0.12).astype(np.float32)
    bend = float(stream(seed, "bend").uniform(-0.06, 0.06))
    return _measured(radius, form.elongation - 1.0, bend)


def _lobes(seed: int, angles: NDArray[np.float64], border: float) -> NDArray[np.float64]:
    rng = stream(seed, "lobes")
    strength = rng.uniform(0.6, 1.0, LOBE_ORDERS.size) * (LOBE_ORDERS / LOBE_ORDERS[0]) ** -LOBE_DECAY
    phase = rng.uniform(0, 2 * math.pi, LOBE_ORDERS.size)
    waves = np.cos(LOBE_ORDERS[:, None] * angles + phase[:, None])
    total: NDArray[np.float64] = (RESTING_WOBBLE + 0.06 * border) * (strength @ waves)
    return total


def _claws(seed: int, angles: NDArray[np.float64], form: Form) -> NDArray[np.float64]:
    rng = stream(seed, "claws")
    along = rng.random(CLAWS) < 0.7
    side = np.where(rng.random(CLAWS) < 0.5, 0.0, math.pi)
    centre = np.where(along, side + rng.normal(0, 0.5, CLAWS), rng.uniform(0, 2 * math.pi, CLAWS))
    reach = rng.uniform(0.30, 0.80, CLAWS)
    width = rng.uniform(0.14, 0.30, CLAWS)
    claws: NDArray[np.float64] = sum(
        (form.border * r * _bump(angles, c, w) for r, c, w in zip(reach, centre, width, strict=True)),
        np.zeros_like(angles),
    )
    return np.minimum(claws, 0.95)


def _bump(angles: NDArray[np.float64], centre: float, width: float) -> NDArray[np.float64]:
    apart = (angles - centre + math.pi) % (2 * math.pi) - math.pi
    return np.asarray(np.exp(-((apart / width) ** 2)), dtype=np.float64)


def _measured(radius: Pixels, half_length: float, bend: float) -> Outline:
    widest = float(radius.max())
    half_u, half_v = half_length + widest + 0.1, widest + abs(bend) * (half_length + 2) + 0.1
    u, v = np.meshgrid(
        np.linspace(-half_u, half_u, AREA_GRID, dtype=np.float32),
        np.linspace(-half_v, half_v, AREA_GRID, dtype=np.float32),
    )
    shape = Outline(radius, half_length, bend, area=1.0, reach=1.0)
    level = shape.level(u, v)
    cell = max(half_u, half_v) * 2 / (AREA_GRID - 1)
    share = float(np.clip(0.5 - level / cell, 0, 1).mean())
    reach = float(np.hypot(u, v)[level < 0].max())
    return Outline(radius, half_length, bend, area=share * 4 * half_u * half_v, reach=reach)
