"""What a scar is made of, as maps: where it lies, its blood, its melanin, its height."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.rendering.optics import SKIN_BLOOD
from scafe.knowledge.phantoms.rendering.outline import Form, Outline, draw_outline
from scafe.knowledge.phantoms.rendering.texture import blurred, smooth_field, stream

Pixels = NDArray[Any]
"""Float32 maps."""

FRAME_MM = 72.0
"""Width of the frame at scale 1."""
EDGE_MM = 0.8
"""Width over which scar turns into skin."""
SHOULDER_MM = 5.0
"""Widest distance over which a raised scar climbs to its top."""
HALO_MM = 4.5
"""Distance over which erythema past the margin fades (halo 3-8 mm: our assumption)."""
MELANIN_CEILING = 0.5
"""Volume fraction of melanosomes that no epidermis passes (43 % is the darkest reported)."""
VESSELS = 16
VESSEL_BLOOD = 0.12
HATCH_PITCH_MM = 6.0
HATCH_WIDTH_MM = 1.0
HATCH_OVERHANG_MM = 4.0


@dataclass(frozen=True)
class Place:
    """Where the scar lies in the frame."""

    outline: Outline
    mm_per_px: float
    unit_mm: float
    """Millimetres per unit of the outline."""
    u: Pixels
    """Coordinate along the long axis, in units of the outline."""
    v: Pixels
    mask: NDArray[np.bool_]
    inside_mm: Pixels
    """Distance to the border for pixels inside, 0 outside."""
    outside_mm: Pixels
    """Distance to the border for pixels outside, 0 inside."""
    cover: Pixels
    """1 inside, 0 outside, with a soft edge."""


def place_scar(seed: int, dials: Mapping[str, float], rotation: float, scale: float, size: int) -> Place:
    """Place the outline in the frame; a scar too long for the frame is photographed from farther away."""
    form = Form(dials["elongation"], dials["border"], dials["waist"], dials["asymmetry"])
    outline = draw_outline(seed, form)
    unit_mm = math.sqrt(100.0 * dials["area"] / outline.area)
    frame_mm = max(FRAME_MM / scale, 2.12 * unit_mm * outline.reach)
    mm_per_px = frame_mm / size
    u, v = _axes(seed, rotation, frame_mm, unit_mm, size)
    return _placed(outline, mm_per_px, unit_mm, u, v)


def out_of_frame(place: Place) -> Place:
    """Move a scar so far along its axis that the frame shows skin alone."""
    far = np.float32(100 + 2 * place.outline.reach)
    return _placed(place.outline, place.mm_per_px, place.unit_mm, place.u + far, place.v)


def _placed(outline: Outline, mm_per_px: float, unit_mm: float, u: Pixels, v: Pixels) -> Place:
    mask = outline.level(u, v) < 0
    inside, outside = _distance(mask) * np.float32(mm_per_px), _distance(~mask) * np.float32(mm_per_px)
    # Distances run from pixel centres: half a pixel on each side makes them meet at the border.
    cover = np.clip(0.5 + (inside - outside) / np.float32(2 * EDGE_MM), 0, 1)
    return Place(outline, mm_per_px, unit_mm, u, v, mask, inside, outside, cover)


def blood_map(seed: int, place: Place, dials: Mapping[str, float]) -> Pixels:
    """Return the blood volume fraction of the dermis."""
    size = place.mask.shape[0]
    patchy = 1 + 0.10 * smooth_field(stream(seed, "blood"), size, place.mm_per_px, 7.0)
    halo = 1 + dials["halo"] * np.exp(-place.outside_mm / np.float32(HALO_MM))
    lesion = dials["vascularity"] * _rim_profile(place, dials["rim"])
    blood = SKIN_BLOOD * patchy * ((1 - place.cover) * halo + place.cover * lesion)
    blood *= 1 - 0.20 * _hatch(place, dials["hatch"])
    if dials["vessels"] > 0:
        blood += np.float32(VESSEL_BLOOD) * _vessels(seed, place, dials["vessels"]) * place.cover
    return np.maximum(blood, np.float32(1e-4)).astype(np.float32)


def melanin_map(seed: int, place: Place, dials: Mapping[str, float], skin_melanin: float) -> Pixels:
    """Return the melanin fraction of the epidermis."""
    size = place.mask.shape[0]
    patchy = 1 + 0.035 * smooth_field(stream(seed, "melanin"), size, place.mm_per_px, 3.0)
    more = (1 + dials["pigment"]) * _mixture(seed, place, dials["pigment_mix"])
    # Dark skin cannot double its melanin: the gain fades towards the ceiling.
    lesion = more / (1 + skin_melanin * np.maximum(more - 1, 0) / MELANIN_CEILING)
    melanin = skin_melanin * patchy * ((1 - place.cover) + place.cover * lesion)
    melanin *= 1 - 0.45 * _hatch(place, dials["hatch"])
    return np.asarray(melanin, dtype=np.float32)


def height_map(seed: int, place: Place, dials: Mapping[str, float]) -> Pixels:
    """Return the height above the skin plane in millimetres; skin lines outside, lumps inside."""
    size = place.mask.shape[0]
    shoulder = np.float32(min(SHOULDER_MM, 0.75 * float(place.inside_mm.max(initial=0.1)) + 0.1))
    climb = np.sin(np.float32(math.pi / 2) * np.clip(place.inside_mm / shoulder, 0, 1))
    body = blurred(np.float32(dials["height"]) * climb, 0.9 / place.mm_per_px)
    lines = 0.022 * smooth_field(stream(seed, "lines"), size, place.mm_per_px, 0.7)
    lumps = smooth_field(stream(seed, "lumps"), size, place.mm_per_px, 3.0)
    fine = smooth_field(stream(seed, "fine"), size, place.mm_per_px, 1.4)
    relief = np.float32(dials["relief"]) * (0.9 * lumps + 0.35 * fine)
    sunk = np.float32(-0.12) * _hatch(place, dials["hatch"])
    return np.asarray(body + (1 - place.cover) * lines + place.cover * relief + sunk, dtype=np.float32)


def _axes(seed: int, rotation: float, frame_mm: float, unit_mm: float, size: int) -> tuple[Pixels, Pixels]:
    rng = stream(seed, "place")
    angle = math.radians(rotation) + rng.uniform(-0.25, 0.25)
    shift = rng.uniform(-0.02, 0.02, 2) * frame_mm
    step = frame_mm / size
    axis = ((np.arange(size, dtype=np.float32) + np.float32(0.5)) - np.float32(size / 2)) * np.float32(step)
    x, y = axis[None, :] - np.float32(shift[0]), axis[:, None] - np.float32(shift[1])
    cos, sin = np.float32(math.cos(angle) / unit_mm), np.float32(math.sin(angle) / unit_mm)
    return x * cos + y * sin, y * cos - x * sin


def _distance(mask: NDArray[np.bool_]) -> Pixels:
    return np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5), dtype=np.float32)


def _rim_profile(place: Place, rim: float) -> Pixels:
    deepest = np.float32(place.inside_mm.max(initial=1e-3))
    profile = np.exp(-((place.inside_mm / (np.float32(0.30) * deepest)) ** 2))
    # Centred on its mean over the scar: the rim dial moves blood about and adds none.
    average = profile[place.mask].mean() if place.mask.any() else np.float32(0)
    return np.asarray(np.maximum(1 + np.float32(1.1 * rim) * (profile - average), 0.05), dtype=np.float32)


def _mixture(seed: int, place: Place, amount: float) -> Pixels:
    if amount <= 0:
        return np.ones_like(place.cover)
    field = smooth_field(stream(seed, "mixture"), place.mask.shape[0], place.mm_per_px, 6.0)
    patches = np.tanh(1.3 * field)
    inside = patches[place.mask]
    centred = patches - (inside.mean() if inside.size else np.float32(0))
    return np.asarray(np.exp(np.float32(0.7 * amount) * centred), dtype=np.float32)


def _vessels(seed: int, place: Place, amount: float) -> Pixels:
    size = place.mask.shape[0]
    cover = np.zeros((size, size), np.uint8)
    rng = stream(seed, "vessels")
    for _ in range(round(amount * VESSELS)):
        for path in _vessel_tree(rng):
            points = _to_pixels(path, place) * 16
            cv2.polylines(cover, [points.astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
    strength = np.float32(min(1.0, 0.35 / place.mm_per_px) / 255)
    return np.asarray(cover * strength, dtype=np.float32)


def _vessel_tree(rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """One trunk with two twigs, in shares of the outline's half length and half width."""
    start = rng.uniform(-0.8, 0.8, 2)
    trunk = _wander(rng, start, rng.uniform(0, 2 * math.pi), 14)
    twigs = [_wander(rng, trunk[at], rng.uniform(0, 2 * math.pi), 7) for at in (4, 9)]
    return [trunk, *twigs]


def _wander(
    rng: np.random.Generator, start: NDArray[np.float64], heading: float, steps: int
) -> NDArray[np.float64]:
    turns = heading + np.cumsum(rng.normal(0, 0.35, steps))
    moves = 0.07 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return np.asarray(np.concatenate([start[None], start + np.cumsum(moves, axis=0)]), dtype=np.float64)


def _to_pixels(path: NDArray[np.float64], place: Place) -> NDArray[np.float64]:
    """Map shares of the outline to pixels by inverting the affine frame of `u` and `v`."""
    size = place.mask.shape[0]
    last = size - 1
    origin = np.array([place.u[0, 0], place.v[0, 0]], dtype=np.float64)
    right = (np.array([place.u[0, last], place.v[0, last]]) - origin) / last
    down = (np.array([place.u[last, 0], place.v[last, 0]]) - origin) / last
    target = path * np.array([place.outline.half_length + 1.0, 1.0])
    solved = np.linalg.solve(np.stack([right, down], axis=1), (target - origin).T)
    return np.asarray(solved.T, dtype=np.float64)


def _hatch(place: Place, amount: float) -> Pixels | float:
    """Cross-bars of former stitches: perpendicular to the long axis, a little past both sides."""
    if amount <= 0:
        return 0.0
    along = place.u * np.float32(place.unit_mm / HATCH_PITCH_MM)
    phase = along - np.round(along)
    bars = np.exp(-((phase * np.float32(HATCH_PITCH_MM / HATCH_WIDTH_MM)) ** 2))
    near = np.clip(1.5 - place.outside_mm / np.float32(HATCH_OVERHANG_MM), 0, 1)
    ends = np.abs(place.u) < np.float32(place.outline.half_length + 0.7)
    return np.asarray(np.float32(amount) * bars * near * ends, dtype=np.float32)
