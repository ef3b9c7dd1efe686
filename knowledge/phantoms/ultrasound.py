"""Ultrasound phantom: one nodule in layered, speckled tissue, B-mode, depth running down.

Signs of the class differences follow BI-RADS ultrasound descriptors (irregular, not parallel, not
circumscribed, shadowing lean malignant); their sizes are assumptions, drawn so that classes overlap.
"""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.base import Dial, Nuisance, PhantomImage
from scafe.knowledge.phantoms.cohort import Spread, draw_dials, shortcut
from scafe.knowledge.phantoms.rendering.camera import Floats, settle, smooth_noise, stream
from scafe.knowledge.phantoms.rendering.scanner import SCANNER, scan

DIALS = (
    Dial("irregularity", 0.0, 1.0, 0.2, "fraction", "departure of the outline from an ellipse"),
    Dial("orientation", 0.5, 1.5, 0.7, "ratio", "height over width; above 1 is taller than wide"),
    Dial("indistinct", 0.0, 1.0, 0.2, "fraction", "width of the transition at the margin"),
    Dial("spiculation", 0.0, 1.0, 0.0, "fraction", "dark lines radiating from the margin; 1 is 11 of them"),
    Dial("echo", -1.0, -0.2, -0.5, "log amplitude", "echo of the nodule against fat; none is bright"),
    Dial("heterogeneity", 0.0, 1.0, 0.2, "fraction", "uneven echo inside the nodule"),
    Dial(
        "posterior", -1.0, 1.0, 0.0, "log amplitude", "below the nodule: shadow (minus) or enhancement (plus)"
    ),
)
NUISANCES = (
    *SCANNER,
    Nuisance("grain", 0.7, 1.6, 1.0, "size of the speckle"),
    Nuisance("depth_gain", -0.5, 0.5, 0.0, "brightness falls or rises with depth"),
    Nuisance("scale", 0.8, 1.2, 1.0, "size of the nodule in the frame"),
)
CLASS_DIALS: dict[str, tuple[Spread, Spread]] = {
    "irregularity": (Spread(0.2, 0.18), Spread(0.55, 0.25)),
    "orientation": (Spread(0.68, 0.13), Spread(0.92, 0.2)),
    "indistinct": (Spread(0.2, 0.2), Spread(0.5, 0.28)),
    "spiculation": (Spread(-0.1, 0.15), Spread(0.3, 0.35)),
    "echo": (Spread(-0.5, 0.25), Spread(-0.65, 0.2)),
    "heterogeneity": (Spread(0.25, 0.2), Spread(0.4, 0.25)),
    "posterior": (Spread(0.15, 0.35), Spread(-0.35, 0.45)),
}


class UltrasoundPhantom:
    """Implements `Phantom` for ultrasound; the mask is all True, as in sets without outlines."""

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
        depth, wide = _nodule_depth(seed, turned, outer["scale"], size)
        truth = {**turned, **outer, "area_px": float((depth < 1).sum())}
        whole = np.ones((size, size), dtype=np.bool_)
        return PhantomImage(_frame(seed, turned, outer, depth, wide), whole, truth, np.asarray(depth < 1))

    def bare(self, seed: int, size: int = 128) -> NDArray[np.uint8]:
        """Render a frame of tissue without a nodule; see `BareScenes`."""
        turned, outer = settle(DIALS, None, self.kind), settle(NUISANCES, None, self.kind)
        far = np.full((size, size), 9, dtype=np.float32)
        return _frame(seed, turned, outer, far, far)

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
            "scale": float(rng.uniform(0.85, 1.15)),
        }
        shortcut(nuisances, flavour, positive)
        return self.render(seed, dials, nuisances, size)


def _frame(
    seed: int, dials: Mapping[str, float], outer: Mapping[str, float], depth: Floats, wide: Floats
) -> NDArray[np.uint8]:
    size = depth.shape[0]
    echo = (
        _tissue(seed, size, depth)
        + _nodule(seed, dials, depth)
        + _behind(seed, dials["posterior"], depth, wide)
    )
    ramp = outer["depth_gain"] * np.linspace(-0.5, 0.5, size, dtype=np.float32)[:, None]
    grey = scan(_speckled(np.exp(echo + ramp), seed, outer["grain"]), outer, seed)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _nodule_depth(seed: int, dials: Mapping[str, float], scale: float, size: int) -> tuple[Floats, Floats]:
    """Depth (0 centre, 1 outline) of each pixel, and the sideways distance in half widths."""
    rng = stream(seed, 1)
    place = 0.5 + rng.uniform(-0.05, 0.05, 2)
    reach = 0.2 * scale
    height, width = reach * np.sqrt(dials["orientation"]), reach / np.sqrt(dials["orientation"])
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size
    x = np.broadcast_to((axis[None, :] - place[0]) / np.float32(width), (size, size))
    y = np.broadcast_to((axis[:, None] - place[1] + 0.06) / np.float32(height), (size, size))
    angle = np.arctan2(y, x)
    outline = np.ones_like(angle)
    for wave, part in zip((3, 4, 5, 7), (0.2, 0.17, 0.13, 0.1), strict=True):
        outline = outline + np.float32(dials["irregularity"] * part) * np.cos(
            wave * angle + rng.uniform(0, 6.3)
        )
    spikes = (
        np.clip(np.cos(angle * 16 + rng.uniform(0, 6.3) + rng.uniform(0.5, 1) * np.sin(2 * angle)), 0, 1) ** 6
    )
    outline = outline + np.float32(0.7 * dials["spiculation"]) * spikes
    return np.asarray(np.sqrt(x**2 + y**2) / outline, dtype=np.float32), x


def _tissue(seed: int, size: int, depth: Floats) -> Floats:
    rng = stream(seed, 2)
    axis = np.linspace(0, 1, size, dtype=np.float32)[:, None]
    layers = 0.35 * np.exp(-(((axis - 0.06) / 0.03) ** 2)) - 0.12 * np.cos(axis * 40 + rng.uniform(0, 6.3))
    # Fibrous strands: thin bright crests of noise that is stretched sideways.
    field = cv2.resize(smooth_noise(rng, size, 22)[:, : size // 4], (size, size))
    strands = 0.9 * np.exp(-((field / 0.16) ** 2)) + 0.15 * smooth_noise(rng, size, 5)
    outside = np.clip((depth - 0.9) / 0.2, 0, 1)
    return np.asarray(-1.05 + outside * (layers + strands), dtype=np.float32)


def _nodule(seed: int, dials: Mapping[str, float], depth: Floats) -> Floats:
    width = 0.03 + 0.22 * dials["indistinct"]
    cover = 1 / (1 + np.exp(np.clip((depth - 1) / width, -30, 30)))
    uneven = 0.45 * dials["heterogeneity"] * smooth_noise(stream(seed, 3), depth.shape[0], 10)
    return np.asarray(cover * (1.6 * dials["echo"] + uneven), dtype=np.float32)


def _behind(seed: int, posterior: float, depth: Floats, wide: Floats) -> Floats:
    """Shadow or enhancement in the beam below the nodule."""
    beam = 1 / (1 + np.exp((np.abs(wide) - 0.8) / 0.1))
    inside = np.cumsum(depth < 1, axis=0) > 0
    below = cv2.blur((inside & (depth > 1)).astype(np.float32), (5, 5))
    return np.asarray(0.9 * posterior * beam * below * inside, dtype=np.float32)


def _speckled(amplitude: Floats, seed: int, grain: float) -> Floats:
    """Multiply by Rayleigh speckle, wider than deep, and compress logarithmically."""
    size = amplitude.shape[0]
    rng = stream(seed, 4)
    parts = rng.standard_normal((2, size, size), dtype=np.float32)
    unit = grain * size / 256
    smooth = [cv2.GaussianBlur(one, (0, 0), sigmaX=1.6 * unit, sigmaY=0.9 * unit) for one in parts]
    speckle = np.sqrt(smooth[0] ** 2 + smooth[1] ** 2)
    speckle = speckle / speckle.mean()
    return np.asarray(
        np.clip(0.75 + np.log(amplitude * (0.25 + 0.75 * speckle) + 0.02) / 4.0, 0, 1), dtype=np.float32
    )


PHANTOM = UltrasoundPhantom()
