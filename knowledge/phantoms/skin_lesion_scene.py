"""A lesion on skin as a phone sees it: its blood, melanin, height, horn, crust and mirror-like light.

Lengths are in millimetres; the outline is polar about the centre of the frame.
"""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.rendering import optics
from scafe.knowledge.phantoms.rendering.shading import Light, shade, spread_inside
from scafe.knowledge.phantoms.rendering.texture import blurred, smooth_field, stream

Pixels = NDArray[Any]
"""Float32 maps."""

FRAME_MM = 28.0
"""Width of the frame at scale 1: a phone held close."""
BEARINGS = 720
"""Steps of angle in which the outline is drawn."""
SHOULDER_MM = 2.2
"""Widest distance over which a raised lesion climbs to its top."""
DARKEST_MELANIN = 0.43
"""Volume fraction of melanosomes in the darkest epidermis reported (doi:10.1117/1.1427048)."""
SKIN_GLOSS = 0.02
HORN = optics.decode_srgb(np.array([226, 214, 186], np.uint8))
"""Yellowish white of keratin."""
CRUST = optics.decode_srgb(np.array([74, 26, 18], np.uint8))
"""Dried blood."""
BLUE_GREY = optics.decode_srgb(np.array([84, 92, 108], np.uint8))
"""Melanin deep in the skin, through which light scatters blue."""
VESSELS = 14


class Scene:
    """One lesion; every part has its own random stream of the seed."""

    def __init__(self, seed: int, dials: Mapping[str, float], around: Mapping[str, float], size: int) -> None:
        self.seed, self.dials, self.around, self.size = seed, dials, around, size
        self.mm_per_px = FRAME_MM / around["scale"] / size
        axis = (np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)) * np.float32(self.mm_per_px)
        angle = math.radians(around["rotation"])
        cos, sin = np.float32(math.cos(angle)), np.float32(math.sin(angle))
        self.x = axis[None, :] * cos + axis[:, None] * sin
        self.y = axis[:, None] * cos - axis[None, :] * sin

    def light(self) -> Pixels:
        """Linear light of the lesion on lit skin, (S, S, 3)."""
        lamp = Light(math.radians(self.around["light_azimuth"]), math.radians(self.around["light_elevation"]))
        shading = shade(self.height, self.mm_per_px, lamp)
        body = spread_inside(self._colour() * shading.diffuse[..., None], self.mm_per_px)
        # Horn and crust are dull; pearl is smooth and mirrors.
        gloss = SKIN_GLOSS + (self.dials["pearl"] * 0.3) * self.cover * (1 - self.horn) * (1 - self.crust)
        return np.asarray(body + (gloss * shading.highlight)[..., None], dtype=np.float32)

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """Outline a person would draw."""
        return np.asarray(self.depth < 1.0)

    @cached_property
    def depth(self) -> Pixels:
        """0 in the centre, 1 on the outline."""
        turn = np.arctan2(self.y, self.x) / np.float32(2 * math.pi) + np.float32(0.5)
        bearing = (turn * BEARINGS).astype(np.int32) % BEARINGS
        return np.asarray(cv2.magnitude(self.x, self.y) / self._outline()[bearing], dtype=np.float32)

    @cached_property
    def inside_mm(self) -> Pixels:
        """Distance to the outline for pixels inside, 0 outside."""
        inside = cv2.distanceTransform(self.mask.astype(np.uint8), cv2.DIST_L2, 5)
        return np.asarray(inside * np.float32(self.mm_per_px), dtype=np.float32)

    @cached_property
    def cover(self) -> Pixels:
        """1 inside, 0 outside, with a soft edge."""
        return np.asarray(1 / (1 + np.exp(np.clip((self.depth - 1) / 0.045, -30, 30))), dtype=np.float32)

    @cached_property
    def horn(self) -> Pixels:
        """Share of keratin flakes, 0 to 1."""
        if self.dials["horn"] <= 0:
            return np.zeros_like(self.cover)
        flakes = self._field("flakes", 1.3) + 0.5 * self._field("fine flakes", 0.5)
        edge = 1.6 - 2.4 * self.dials["horn"]
        return np.asarray(np.clip((flakes - edge) / 0.5, 0, 1) * self.cover, dtype=np.float32)

    @cached_property
    def crust(self) -> Pixels:
        """Share of crust over an erosion about the middle, 0 to 1."""
        if self.dials["ulcer"] <= 0:
            return np.zeros_like(self.cover)
        ragged = 0.18 * self._field("erosion", 1.6)
        reach = 0.8 * math.sqrt(self.dials["ulcer"])
        return np.asarray(np.clip((reach - self.depth + ragged) / 0.12, 0, 1) * self.cover, dtype=np.float32)

    @cached_property
    def height(self) -> Pixels:
        """Height above the skin in millimetres."""
        shoulder = np.float32(min(SHOULDER_MM, 0.8 * float(self.inside_mm.max(initial=0.1)) + 0.1))
        climb = np.sin(np.float32(math.pi / 2) * np.clip(self.inside_mm / shoulder, 0, 1))
        dome = blurred(np.float32(self.dials["elevation"]) * climb, 0.35 / self.mm_per_px)
        lines = 0.02 * self._field("skin lines", 0.7)
        rough = self.horn * (0.12 + 0.1 * self._field("horn relief", 0.6))
        sunk = self.crust * (0.08 * self._field("crust relief", 0.7) - 0.15)
        return np.asarray(dome + (1 - self.cover) * lines + rough + sunk, dtype=np.float32)

    def _outline(self) -> Pixels:
        rng = stream(self.seed, "outline")
        angle = 2 * math.pi * np.arange(BEARINGS) / BEARINGS - math.pi
        axis, stretch, mean = rng.uniform(0, math.pi), rng.uniform(0.03, 0.14), rng.uniform(0.92, 1.08)
        radius = 1 + stretch * np.cos(2 * (angle - axis))
        for wave, weight in ((1, 0.2), (3, 0.14), (5, 0.06)):
            radius = radius + self.dials["asymmetry"] * weight * np.cos(wave * angle + rng.uniform(0, 6.28))
        notches = stream(self.seed, "notches")
        for wave in range(7, 22):
            weight = notches.uniform(0.5, 1) * (7 / wave) ** 0.7
            radius = radius + 0.06 * self.dials["border"] * weight * np.cos(
                wave * angle + notches.uniform(0, 6.28)
            )
        return np.asarray(self.dials["diameter"] / 2 * mean * np.maximum(radius, 0.25), dtype=np.float32)

    def _colour(self) -> Pixels:
        melanin = self._melanin()
        skin = optics.skin_table().colour(melanin, self._blood())
        shade_of_skin = np.float32(skin[..., 1].mean() / 0.4)
        skin = _mixed(skin, 0.75 * self._patch(2), BLUE_GREY * shade_of_skin)
        skin = _mixed(skin, 0.85 * self.horn, HORN)
        return _mixed(skin, 0.9 * self.crust * (0.75 + 0.25 * self._field("crust tone", 1.0)), CRUST)

    def _melanin(self) -> Pixels:
        skin = optics.melanin_for_ita(self.around["skin_tone"])
        patchy = 1 + 0.05 * self._field("melanin", 2.0)
        spread = self.dials["pigment"] * (1 + 0.2 * self._field("mottle", 1.2) + 0.9 * self._patch(1))
        lean = 1 + 0.9 * self.dials["asymmetry"] * self._slope()
        more = np.clip(spread * lean, 0, 1) * self.cover
        return np.asarray(skin * patchy * (1 - more) + DARKEST_MELANIN * more, dtype=np.float32)

    def _blood(self) -> Pixels:
        patchy = 1 + 0.12 * self._field("blood", 3.0)
        red = 1 + (self.dials["redness"] - 1 + 5 * self._patch(3)) * self.cover
        halo = 1 + 0.25 * (self.dials["redness"] - 1) * np.exp(-np.maximum(self.depth - 1, 0) / 0.12)
        blood = optics.SKIN_BLOOD * patchy * np.maximum(red, halo * (1 - self.cover))
        if self.dials["vessels"] > 0:
            blood = blood + np.float32(0.12) * self._vessels() * self.cover
        return np.asarray(np.maximum(blood, np.float32(1e-4)), dtype=np.float32)

    def _patch(self, index: int) -> Pixels:
        """Cover of one further colour: 1 dark brown, 2 blue-grey, 3 red; `colours` fades them in by turn."""
        rng = stream(self.seed, "patches")
        order = list(rng.permutation(3) + 1)
        share = float(np.clip(self.dials["colours"] - 1 - order.index(index), 0, 1))
        if share == 0:
            return np.zeros_like(self.cover)
        angle = rng.uniform(0, 2 * math.pi) + 2 * math.pi * index / 3
        radius = np.float32(self.dials["diameter"] / 2)
        x, y = 0.45 * radius * np.float32(math.cos(angle)), 0.45 * radius * np.float32(math.sin(angle))
        away = cv2.magnitude(self.x - x, self.y - y) / radius + 0.12 * self._field(f"patch {index}", 1.5)
        return np.asarray(share * np.clip((0.5 - away) / 0.15, 0, 1) * self.cover, dtype=np.float32)

    def _slope(self) -> Pixels:
        angle = stream(self.seed, "lean").uniform(0, 2 * math.pi)
        along = self.x * np.float32(math.cos(angle)) + self.y * np.float32(math.sin(angle))
        return np.asarray(np.clip(along / np.float32(self.dials["diameter"] / 2), -1, 1), dtype=np.float32)

    def _vessels(self) -> Pixels:
        """Thin branching vessels that run in from the margin."""
        canvas, rng = np.zeros((self.size, self.size), np.uint8), stream(self.seed, "vessels")
        for _ in range(round(self.dials["vessels"] * VESSELS)):
            start = rng.uniform(0, 2 * math.pi)
            trunk = self._path(rng, (0.95 * math.cos(start), 0.95 * math.sin(start)), start + math.pi, 12)
            for path in (trunk, self._path(rng, tuple(trunk[5]), rng.uniform(0, 2 * math.pi), 6)):
                points = np.round(self._pixels(path) * 16).astype(np.int32)
                cv2.polylines(canvas, [points], False, 255, 1, cv2.LINE_AA, 4)
        return np.asarray(canvas * np.float32(min(1.0, 0.14 / self.mm_per_px) / 255), dtype=np.float32)

    def _path(
        self, rng: np.random.Generator, start: tuple[float, ...], heading: float, steps: int
    ) -> NDArray[np.float64]:
        turns = heading + np.cumsum(rng.normal(0, 0.3, steps))
        moves = 0.09 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
        return np.asarray(np.concatenate([[start], start + np.cumsum(moves, axis=0)]), dtype=np.float64)

    def _pixels(self, path: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map shares of the radius to pixels, turned as the frame is."""
        angle, radius = math.radians(self.around["rotation"]), self.dials["diameter"] / 2
        cos, sin = math.cos(angle), math.sin(angle)
        u, v = path[:, 0] * radius, path[:, 1] * radius
        turned = np.stack([u * cos - v * sin, u * sin + v * cos], axis=1)
        return np.asarray(turned / self.mm_per_px + (self.size - 1) / 2)

    def _field(self, name: str, grain_mm: float) -> Pixels:
        return smooth_field(stream(self.seed, name), self.size, self.mm_per_px, grain_mm, 48.0)


def _mixed(scene: Pixels, cover: Pixels, colour: Pixels) -> Pixels:
    return np.asarray(scene + cover[..., None] * (colour - scene), dtype=np.float32)
