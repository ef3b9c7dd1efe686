"""Ultrasound phantom: one mass in layered, speckled breast tissue, B-mode, depth running down.

Signs of the class differences follow BI-RADS ultrasound descriptors (irregular, not parallel, not
circumscribed, shadowing lean malignant); their sizes are assumptions, drawn so that classes overlap. Places
and sizes of masses follow what drawn outlines show: centre at a third of the depth, 6 % of the frame.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.base import Dial, Nuisance, PhantomImage
from scafe.knowledge.phantoms.cohort import Spread, draw_dials, shortcut
from scafe.knowledge.phantoms.rendering.breast import haze, speckled, tissue
from scafe.knowledge.phantoms.rendering.camera import Floats, settle, smooth_noise, stream
from scafe.knowledge.phantoms.rendering.scanner import SCANNER, scan

DIALS = (
    Dial("irregularity", 0.0, 1.0, 0.2, "fraction", "departure of the outline from an ellipse"),
    Dial("orientation", 0.5, 1.5, 0.7, "ratio", "height over width; above 1 is taller than wide"),
    Dial("indistinct", 0.0, 1.0, 0.2, "fraction", "width of the transition at the margin"),
    Dial("spiculation", 0.0, 1.0, 0.0, "fraction", "dark lines radiating from the margin; 1 is 11 of them"),
    Dial("echo", -1.0, -0.2, -0.5, "log amplitude", "echo of the mass against fat; none is bright"),
    Dial("heterogeneity", 0.0, 1.0, 0.2, "fraction", "uneven echo inside the mass"),
    Dial(
        "posterior", -1.0, 1.0, 0.0, "log amplitude", "below the mass: shadow (minus) or enhancement (plus)"
    ),
    Dial("distortion", 0.0, 1.0, 0.0, "fraction", "layers around the mass broken up, the tissue swollen"),
)
NUISANCES = (
    *SCANNER,
    Nuisance("grain", 0.7, 1.6, 1.0, "size of the speckle"),
    Nuisance("depth_gain", -0.5, 0.5, 0.0, "brightness falls or rises with depth"),
    Nuisance("scale", 0.7, 1.4, 1.0, "size of the mass in the frame"),
    Nuisance("callipers", 0.0, 1.0, 0.0, "crosses at the ends of the mass and a dotted line, opacity"),
)
CLASS_DIALS: dict[str, tuple[Spread, Spread]] = {
    "irregularity": (Spread(0.2, 0.18), Spread(0.55, 0.25)),
    "orientation": (Spread(0.68, 0.13), Spread(0.92, 0.2)),
    "indistinct": (Spread(0.2, 0.2), Spread(0.5, 0.28)),
    "spiculation": (Spread(-0.1, 0.15), Spread(0.3, 0.35)),
    "echo": (Spread(-0.5, 0.25), Spread(-0.65, 0.2)),
    "heterogeneity": (Spread(0.25, 0.2), Spread(0.4, 0.25)),
    "posterior": (Spread(0.15, 0.35), Spread(-0.35, 0.45)),
    "distortion": (Spread(0.1, 0.15), Spread(0.45, 0.3)),
}


class UltrasoundPhantom:
    """Implements `Phantom` for ultrasound; the mask is the mass, as one draws it or a locator finds it."""

    kind = "ultrasound"
    dials = DIALS
    nuisances = NUISANCES
    classes = ("benign", "malignant")

    def render(
        self,
        seed: int,
        dials: Mapping[str, float] | None = None,
        nuisances: Mapping[str, float] | None = None,
        size: int = 128,
    ) -> PhantomImage:
        """Render one frame; see `Phantom.render`."""
        turned, outer = settle(DIALS, dials, self.kind), settle(NUISANCES, nuisances, self.kind)
        mass = _mass_of(seed, turned, outer["scale"], size)
        outline = np.asarray(mass.core < 1)
        truth = {**turned, **outer, "area_px": float(outline.sum())}
        return PhantomImage(_frame(seed, turned, outer, mass), outline, truth)

    def bare(self, seed: int, size: int = 128) -> NDArray[np.uint8]:
        """Render a frame of tissue without a mass; see `BareScenes`."""
        turned, outer = settle(DIALS, None, self.kind), settle(NUISANCES, None, self.kind)
        far = np.full((size, size), 9, dtype=np.float32)
        return _frame(seed, turned, outer, _Mass(far, far, far))

    def draw(self, seed: int, label: str, flavour: str = "plain", size: int = 128) -> PhantomImage:
        """Draw one frame of a class; see `Phantom.draw`."""
        if label not in self.classes:
            raise KeyError(f"phantom {self.kind} draws {', '.join(self.classes)}, not {label!r}")
        positive, rng = label == self.classes[1], stream(seed, 801)
        dials = draw_dials(rng, DIALS, CLASS_DIALS, positive and flavour != "null")
        nuisances = {
            "light": float(rng.uniform(0.85, 1.1)),
            "contrast": float(rng.uniform(0.9, 1.15)),
            "blur": float(rng.uniform(0, 0.8)),
            "noise": float(rng.uniform(0, 0.6)),
            "ruler": float(rng.random() < 0.3),
            "grain": float(rng.uniform(0.85, 1.3)),
            "depth_gain": float(rng.normal(0, 0.15)),
            "scale": float(rng.uniform(0.75, 1.3)),
            "callipers": float(rng.random() < 0.25),
        }
        shortcut(nuisances, flavour, positive)
        return self.render(seed, dials, nuisances, size)


@dataclass(frozen=True)
class _Mass:
    """One mass as three fields over the frame, each (S, S)."""

    depth: Floats
    """0 at the centre, 1 at the outline with its spicules."""
    core: Floats
    """The same without spicules: what an examiner outlines."""
    wide: Floats
    """Sideways distance from the centre in half widths."""


def _frame(
    seed: int, dials: Mapping[str, float], outer: Mapping[str, float], mass: _Mass
) -> NDArray[np.uint8]:
    size = mass.depth.shape[0]
    near = np.exp(-np.square(np.clip(mass.depth - 1, 0, None) / 0.7)) * np.float32(dials["distortion"])
    around = (1 - near) * tissue(seed, size) + near * haze(seed, size)
    echo = _with_mass(seed, dials, mass.depth, around) + _behind(seed, dials["posterior"], mass)
    echo = echo + outer["depth_gain"] * np.linspace(-0.5, 0.5, size, dtype=np.float32)[:, None]
    grey = scan(speckled(echo, 0.55 * (1 - 0.6 * near), seed, outer["grain"]), outer, seed)
    grey = _measured(grey, mass.core < 1, outer["callipers"])
    return np.repeat(grey[:, :, None], 3, axis=2)


def _mass_of(seed: int, dials: Mapping[str, float], scale: float, size: int) -> _Mass:
    rng = stream(seed, 1)
    place = (rng.uniform(0.25, 0.75), rng.uniform(0.26, 0.5))
    reach = rng.uniform(0.13, 0.19) * scale
    height, width = reach * np.sqrt(dials["orientation"]), reach / np.sqrt(dials["orientation"])
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size
    x = np.broadcast_to((axis[None, :] - place[0]) / np.float32(width), (size, size))
    y = np.broadcast_to((axis[:, None] - place[1]) / np.float32(height), (size, size))
    angle = np.arctan2(y, x)
    outline = np.ones_like(angle)
    for wave, part in zip((3, 4, 5, 7), (0.2, 0.17, 0.13, 0.1), strict=True):
        outline = outline + np.float32(dials["irregularity"] * part) * np.cos(
            wave * angle + rng.uniform(0, 6.3)
        )
    spikes = (
        np.clip(np.cos(angle * 16 + rng.uniform(0, 6.3) + rng.uniform(0.5, 1) * np.sin(2 * angle)), 0, 1) ** 6
    )
    away = np.sqrt(x**2 + y**2)
    spiked = outline + np.float32(0.7 * dials["spiculation"]) * spikes
    return _Mass(
        np.asarray(away / spiked, np.float32),
        np.asarray(away / outline, np.float32),
        np.asarray(x, np.float32),
    )


def _with_mass(seed: int, dials: Mapping[str, float], depth: Floats, around: Floats) -> Floats:
    """Put the mass in place of the tissue: its echo against what is usual where it lies."""
    width = 0.03 + 0.22 * dials["indistinct"]
    cover = 1 / (1 + np.exp(np.clip((depth - 1) / width, -30, 30)))
    ring = (depth > 1.1) & (depth < 1.8)
    usual = float(np.median(around[ring])) if ring.any() else float(np.median(around))
    uneven = 0.45 * dials["heterogeneity"] * smooth_noise(stream(seed, 3), depth.shape[0], 14)
    return np.asarray((1 - cover) * around + cover * (usual + 1.5 * dials["echo"] + uneven), dtype=np.float32)


def _behind(seed: int, posterior: float, mass: _Mass) -> Floats:
    """Shadow or enhancement in the beam below the mass, and the narrow shadows of its two sides."""
    beam = 1 / (1 + np.exp(np.clip((np.abs(mass.wide) - 0.8) / 0.1, -30, 30)))
    edges = stream(seed, 5).uniform(0, 0.35) * np.exp(-(((np.abs(mass.wide) - 1) / 0.1) ** 2))
    inside = np.cumsum(mass.core < 1, axis=0) > 0
    below = cv2.blur((inside & (mass.core > 1)).astype(np.float32), (5, 5))
    beside = np.cumsum((mass.core < 1.25), axis=0) > 0
    return np.asarray(
        0.9 * posterior * beam * below * inside - edges * beside * (mass.core > 1), dtype=np.float32
    )


def _measured(grey: NDArray[np.uint8], mass: NDArray[np.bool_], opacity: float) -> NDArray[np.uint8]:
    """Burn in callipers as an examiner sets them: a cross at each end of both axes, a dotted line between."""
    if opacity <= 0 or not mass.any():
        return grey
    rows, columns = np.nonzero(mass)
    left, right, top, bottom = columns.min(), columns.max(), rows.min(), rows.max()
    row, column = int(rows.mean()), int(columns.mean())
    canvas, arm = np.zeros_like(grey), max(2, grey.shape[0] // 50)
    for x, y in ((left, row), (right, row), (column, top), (column, bottom)):
        cv2.line(canvas, (int(x) - arm, int(y)), (int(x) + arm, int(y)), 230, 1)
        cv2.line(canvas, (int(x), int(y) - arm), (int(x), int(y) + arm), 230, 1)
    canvas[row, left : right + 1 : 4] = 200
    return np.asarray(np.maximum(grey, canvas * opacity), dtype=np.uint8)


PHANTOM = UltrasoundPhantom()
