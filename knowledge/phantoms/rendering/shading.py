"""Light on a surface whose height is known: shading, cast shadow, highlights, light inside the skin."""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.rendering.texture import blurred

Pixels = NDArray[Any]
"""Float32 maps."""

AMBIENT = 0.45
"""Share of the light that has no direction."""
SHADOW_DEPTH = 0.35
SHADOW_REACH_MM = 9.0
GLARE_ELEVATION = math.radians(50)
SHINE = 30.0
"""Phong exponent; skin lies between 20 and 60."""
SCATTER_MM = (0.9, 0.5, 0.35)
"""Width of the blur by light inside the skin for R, G, B; red goes farthest."""


@dataclass(frozen=True)
class Light:
    """Where the light comes from."""

    azimuth: float
    """Direction in radians; 0 is from the right, π/2 from below."""
    elevation: float
    """Angle above the skin in radians, 0 to π/2; π/2 is a flash beside the lens."""

    @property
    def vector(self) -> tuple[float, float, float]:
        """Unit vector from the skin to the light."""
        flat = math.cos(self.elevation)
        return flat * math.cos(self.azimuth), flat * math.sin(self.azimuth), math.sin(self.elevation)


@dataclass(frozen=True)
class Shading:
    """What a surface does to the light."""

    diffuse: Pixels
    """Factor on the colour, 1 where the surface is flat and lit."""
    highlight: Pixels
    """Mirror-like part, 0 to 1, before the strength of the gloss."""


def shade(height: Pixels, mm_per_px: float, light: Light) -> Shading:
    """Shade a height map in millimetres."""
    dx = cv2.Scharr(height, cv2.CV_32F, 1, 0, scale=1 / (32 * mm_per_px))
    dy = cv2.Scharr(height, cv2.CV_32F, 0, 1, scale=1 / (32 * mm_per_px))
    norm = 1.0 / np.sqrt(1.0 + dx * dx + dy * dy)
    lx, ly, lz = light.vector
    towards = np.maximum((lz - lx * dx - ly * dy) * norm, 0) / np.float32(lz)
    diffuse = AMBIENT + (1 - AMBIENT) * towards
    diffuse *= 1 - SHADOW_DEPTH * _cast_shadow(height, mm_per_px, light)
    return Shading(diffuse.astype(np.float32), _highlight(dx, dy, norm, light))


def _highlight(dx: Pixels, dy: Pixels, norm: Pixels, light: Light) -> Pixels:
    # A lamp straight above would mirror in the whole frame at once; a photographer steps aside.
    lx, ly, lz = Light(light.azimuth, min(light.elevation, GLARE_ELEVATION)).vector
    half = np.array([lx, ly, lz + 1.0], np.float32) / np.float32(math.hypot(lx, ly, lz + 1.0))
    mirrored = np.maximum((half[2] - half[0] * dx - half[1] * dy) * norm, 0)
    flat = half[2] ** SHINE
    return np.asarray(np.maximum(cv2.pow(mirrored, SHINE) - flat, 0) / (1 - flat), dtype=np.float32)


def spread_inside(colour: Pixels, mm_per_px: float) -> Pixels:
    """Blur each channel as light inside the skin does; half of the light leaves where it entered."""
    channels = [
        0.5 * channel + 0.5 * blurred(channel, width / mm_per_px)
        for channel, width in zip(cv2.split(colour), SCATTER_MM, strict=True)
    ]
    return np.asarray(cv2.merge(channels), dtype=np.float32)


def _cast_shadow(height: Pixels, mm_per_px: float, light: Light) -> Pixels:
    size = height.shape[0]
    half = max(size // 2, 8)
    small = cv2.resize(height, (half, half), interpolation=cv2.INTER_AREA)
    step_mm = SHADOW_REACH_MM / 6
    step_px = step_mm / (mm_per_px * size / half)
    blocked = np.zeros_like(small)
    for k in range(1, 7):
        shift_x = -k * step_px * math.cos(light.azimuth)
        shift_y = -k * step_px * math.sin(light.azimuth)
        move = np.array([[1, 0, shift_x], [0, 1, shift_y]])
        moved = cv2.warpAffine(small, move, (half, half), borderMode=cv2.BORDER_REPLICATE)
        blocked = np.maximum(blocked, moved - np.float32(k * step_mm * math.tan(light.elevation)) - small)
    soft = blurred(np.clip(blocked / np.float32(0.6), 0, 1), 0.8 / (mm_per_px * size / half))
    return np.asarray(cv2.resize(soft, (size, size), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
