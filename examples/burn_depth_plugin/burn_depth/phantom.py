"""Burn wounds of partial thickness whose truth is known: photographs with four dials.

The signs and their directions are those of the pack (superficial partial: even, moist, hyperaemic; deep
partial: drier, uneven, paler; Jeschke MG et al. Nat Rev Dis Primers 2020;6:11,
doi:10.1038/s41572-020-0145-5, figure 1), the red skin around is the zone of hyperaemia (Jackson DM. Br J
Surg 1953;40:588-596). Every amount, and the gap between the classes, is our own assumption: this
phantom is evidence about features, never about accuracy on patients.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.base import Dial, Nuisance, PhantomImage
from scafe.knowledge.phantoms.cohort import Spread, draw_dials, shortcut
from scafe.knowledge.phantoms.rendering import optics
from scafe.knowledge.phantoms.rendering.nuisance import CAMERA, paint_ruler, photograph
from scafe.knowledge.phantoms.rendering.texture import blurred, smooth_field, stream

Pixels = NDArray[Any]
"""Float32 maps."""

FRAME_MM = 90.0
"""Width of the frame at scale 1; the wound is about half as wide."""
RADIUS_MM = 24.0
EDGE_MM = 1.0
HYPERAEMIC, PALE = 10.0, 0.5
"""Blood of the bed over that of normal skin, at pallor 0 and 1."""
BED_MELANIN = 0.015
"""The epidermis is lost, and its melanin with it: the bed is pink on every skin."""
HALO_MM = 5.0
STAINS = 120
"""Dots over the square around the bed; about 90 of them lie on it."""
STAIN_BLOOD = 0.25
"""Blood volume fraction of a clotted vessel near the surface, where the dial is full."""
PATCH_COLOUR = np.array([0.74, 0.60, 0.33], np.float32)
"""Linear light of white-yellow necrotic dermis."""
GLINT = 0.5
"""Linear light that the lamp adds where a wet bed mirrors it."""
LAMP_SLOPE, LAMP_WIDTH = 0.30, 0.15
"""Slope of the fluid that mirrors the lamp, and how far off it still does."""

DIALS: tuple[Dial, ...] = (
    Dial("pallor", 0.0, 1.0, 0.3, "fraction", "less blood in the wound bed: 0 hyperaemic, 1 pale"),
    Dial("dryness", 0.0, 1.0, 0.3, "fraction", "fewer mirror-like glints of fluid on the bed; 1 has none"),
    Dial("staining", 0.0, 1.0, 0.1, "fraction", "dark red dots of clotted vessels; 1 is some 90 of them"),
    Dial("patches", 0.0, 1.0, 0.1, "fraction", "white-yellow patches; 1 covers about half of the bed"),
)
NUISANCES: tuple[Nuisance, ...] = (
    *CAMERA,
    Nuisance("ruler", 0.0, 1.0, 0.0, "share of a ruler that shows at the lower edge"),
    Nuisance("skin_tone", -45.0, 62.0, 38.0, "individual typology angle of the normal skin, degrees"),
    Nuisance("scale", 0.8, 1.25, 1.0, "magnification"),
)
CLASS_DIALS: dict[str, tuple[Spread, Spread]] = {
    "pallor": (Spread(0.35, 0.22), Spread(0.5, 0.25)),
    "dryness": (Spread(0.3, 0.22), Spread(0.5, 0.25)),
    "staining": (Spread(0.15, 0.2), Spread(0.35, 0.3)),
    "patches": (Spread(0.1, 0.2), Spread(0.28, 0.3)),
}


@dataclass(frozen=True)
class Wound:
    """Where the wound lies in the frame."""

    mm_per_px: float
    depth_mm: Pixels
    """Distance to the border, positive inside; along the radius, so only roughly outside."""
    cover: Pixels
    """1 inside, 0 outside, with a soft edge."""


@dataclass(frozen=True)
class BurnPhantom:
    """Implements `scafe.knowledge.phantoms.Phantom` for burns of partial thickness."""

    kind: str = "burn"
    dials: tuple[Dial, ...] = DIALS
    nuisances: tuple[Nuisance, ...] = NUISANCES
    classes: tuple[str, ...] = ("superficial_partial", "deep_partial")

    def render(
        self,
        seed: int,
        dials: Mapping[str, float] | None = None,
        nuisances: Mapping[str, float] | None = None,
        size: int = 128,
    ) -> PhantomImage:
        """Render one burn; see `Phantom.render`."""
        turned, around = _settle(DIALS, dials, "dial"), _settle(NUISANCES, nuisances, "nuisance")
        wound = _place(seed, around["scale"], size)
        colour = _tissue(seed, wound, turned, optics.melanin_for_ita(around["skin_tone"]))
        colour += _glints(seed, wound, 1 - turned["dryness"])[..., None]
        image = photograph(paint_ruler(colour, around["ruler"], wound.mm_per_px), seed, around)
        mask = np.ascontiguousarray(wound.depth_mm > 0)
        return PhantomImage(image, mask, {**turned, **around, "area_px": float(mask.sum())})

    def draw(self, seed: int, label: str, flavour: str = "plain", size: int = 128) -> PhantomImage:
        """Draw one burn of a class; see `Phantom.draw`."""
        if label not in self.classes:
            raise KeyError(f"the burn phantom draws {', '.join(self.classes)}, not {label!r}")
        if flavour not in ("plain", "null", "shortcut_ruler", "shortcut_camera"):
            raise KeyError(f"the burn phantom has no flavour {flavour!r}")
        rng, positive = stream(seed, "latents"), label == self.classes[1]
        deep = bool(rng.random() < 0.5) if flavour == "null" else positive
        dials = draw_dials(rng, DIALS, CLASS_DIALS, deep)
        nuisances = _surroundings(stream(seed, "surroundings"))
        shortcut(nuisances, flavour, positive)
        return self.render(seed, dials, nuisances, size)


def _settle(
    known: tuple[Dial, ...] | tuple[Nuisance, ...], given: Mapping[str, float] | None, what: str
) -> dict[str, float]:
    settled = {one.name: one.neutral for one in known}
    for name, value in (given or {}).items():
        if name not in settled:
            raise KeyError(f"the burn phantom has no {what} {name!r}; it has {', '.join(settled)}")
        settled[name] = float(value)
    return settled


def _surroundings(rng: np.random.Generator) -> dict[str, float]:
    """Camera, light and skin: the same for both classes."""
    return {
        "skin_tone": float(rng.uniform(-45, 62)),
        "light": float(rng.uniform(0.8, 1.1)),
        "light_gradient": float(rng.uniform(0, 0.15)),
        "white_balance": float(rng.uniform(-0.08, 0.08)),
        "blur": float(rng.uniform(0, 0.8)),
        "noise": float(rng.uniform(0, 0.5)),
        "jpeg": float(rng.uniform(0, 0.5)),
        "ruler": float(rng.random() < 0.3),
        "scale": float(rng.uniform(0.85, 1.15)),
    }


def _place(seed: int, scale: float, size: int) -> Wound:
    """Draw a rounded outline of a few slow waves; it stays inside the frame at every scale."""
    rng, mm_per_px = stream(seed, "outline"), FRAME_MM / scale / size
    axis = (np.arange(size, dtype=np.float32) + np.float32(0.5 - size / 2)) * np.float32(mm_per_px)
    shift, stretch = rng.uniform(-2, 2, 2), rng.uniform(0.85, 1.15)
    x = np.broadcast_to((axis[None, :] - np.float32(shift[0])) * np.float32(stretch), (size, size))
    y = np.broadcast_to((axis[:, None] - np.float32(shift[1])) / np.float32(stretch), (size, size))
    radius, angle = cv2.cartToPolar(x, y)
    waves = zip((2, 3, 4, 5, 7, 9), (0.07, 0.07, 0.05, 0.04, 0.03, 0.02), strict=True)
    border = 1 + sum(
        np.float32(part) * np.cos(wave * angle + np.float32(rng.uniform(0, 6.3))) for wave, part in waves
    )
    depth = np.asarray(np.float32(RADIUS_MM) * border - radius, dtype=np.float32)
    return Wound(mm_per_px, depth, np.clip(np.float32(0.5) + depth / np.float32(2 * EDGE_MM), 0, 1))


def _tissue(seed: int, wound: Wound, dials: Mapping[str, float], melanin: float) -> Pixels:
    """Linear light of skin, bed, dots and patches, before the fluid on top."""
    size, unit = wound.cover.shape[0], wound.mm_per_px
    uneven = 1 + 0.12 * smooth_field(stream(seed, "blood"), size, unit, 6.0)
    halo = 1 + np.float32(0.8) * np.exp(np.minimum(wound.depth_mm, 0) / np.float32(HALO_MM))
    bed = np.float32(HYPERAEMIC ** (1 - dials["pallor"]) * PALE ** dials["pallor"])
    blood = np.float32(optics.SKIN_BLOOD) * uneven * (halo + wound.cover * (bed - halo))
    blood += np.float32(STAIN_BLOOD) * _stains(seed, wound, dials["staining"]) * wound.cover
    skin = np.float32(melanin) * (1 + 0.05 * smooth_field(stream(seed, "melanin"), size, unit, 3.0))
    pigment: Pixels = skin + wound.cover * (np.float32(BED_MELANIN) - skin)
    colour = optics.skin_table().colour(pigment, blood)
    crust = _patches(seed, wound, dials["patches"])[..., None]
    shade = 1 + 0.06 * smooth_field(stream(seed, "shade"), size, unit, 2.0)[..., None]
    return np.asarray(colour * (1 - crust) + crust * PATCH_COLOUR * shade, dtype=np.float32)


def _stains(seed: int, wound: Wound, amount: float) -> Pixels:
    """Dots and short threads of about 1 to 3 mm; more amount adds some and moves none."""
    rng, size = stream(seed, "stains"), wound.cover.shape[0]
    canvas = np.zeros((size, size), np.uint8)
    per_mm = 16 / wound.mm_per_px  # drawn in sixteenths of a pixel
    low, high = (-0.9, -0.9, 0.35, 1.0, 0.0), (0.9, 0.9, 0.9, 2.6, 180.0)
    for x, y, radius, longer, angle in rng.uniform(low, high, (round(STAINS * amount), 5)):
        centre = (round(size * 8 + x * RADIUS_MM * per_mm), round(size * 8 + y * RADIUS_MM * per_mm))
        axes = (round(radius * longer * per_mm), round(radius * per_mm))
        cv2.ellipse(canvas, centre, axes, angle, 0, 360, 255, -1, cv2.LINE_AA, 4)
    return blurred(canvas, 0.45 / wound.mm_per_px) * np.float32(1 / 255)


def _patches(seed: int, wound: Wound, amount: float) -> Pixels:
    """Opacity of necrotic patches: the tops of a smooth field, lower the threshold and they grow."""
    size = wound.cover.shape[0]
    field = smooth_field(stream(seed, "patches"), size, wound.mm_per_px, 7.0)
    over = field - np.float32(2.2 * (1 - amount) + 0.1)
    return np.asarray(0.9 * np.clip(over / np.float32(0.35), 0, 1) * wound.cover, dtype=np.float32)


def _glints(seed: int, wound: Wound, wet: float) -> Pixels:
    """Light that a wet, slightly rough surface mirrors where its slope meets the lamp; more is wider."""
    size, unit = wound.cover.shape[0], wound.mm_per_px
    surface = smooth_field(stream(seed, "fluid"), size, unit, 3.5)
    angle = stream(seed, "lamp").uniform(0, 2 * math.pi)
    right = cv2.Sobel(surface, cv2.CV_32F, 1, 0, scale=0.125 / unit) - LAMP_SLOPE * math.cos(angle)
    down = cv2.Sobel(surface, cv2.CV_32F, 0, 1, scale=0.125 / unit) - LAMP_SLOPE * math.sin(angle)
    off = (right * right + down * down) * (-0.5 / (LAMP_WIDTH * (0.25 + 0.75 * wet)) ** 2)
    return np.asarray(cv2.exp(off) * wound.cover * np.float32(GLINT * wet), dtype=np.float32)


PHANTOM = BurnPhantom()
