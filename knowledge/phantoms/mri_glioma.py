"""Glioma phantom: an axial brain slice with a tumour, in three registered channels T2, FLAIR, T1c.

The T2-FLAIR mismatch sign is a tumour that is bright on T2 and dark on FLAIR but for a rim. Class
differences follow published signs (mismatch leans IDH-mutant, enhancement wildtype); sizes are assumptions.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.base import Dial, Nuisance, PhantomImage
from scafe.knowledge.phantoms.cohort import Spread, draw_dials, shortcut
from scafe.knowledge.phantoms.rendering.camera import Floats, settle, smooth_noise, stream
from scafe.knowledge.phantoms.rendering.scanner import SCANNER, scan

DIALS = (
    Dial("mismatch", 0.0, 1.0, 0.2, "fraction", "suppression of the tumour's centre on FLAIR"),
    Dial("enhancement", 0.0, 1.0, 0.2, "fraction", "bright ring on contrast-enhanced T1"),
    Dial("necrosis", 0.0, 1.0, 0.1, "fraction", "dark core on contrast-enhanced T1"),
    Dial("edema", 0.0, 1.0, 0.3, "fraction", "bright halo on T2 and FLAIR outside the tumour"),
    Dial("t2_signal", 0.4, 1.0, 0.7, "fraction", "brightness of the tumour on T2"),
    Dial("heterogeneity", 0.0, 1.0, 0.2, "fraction", "uneven signal inside the tumour"),
)
NUISANCES = (
    *SCANNER,
    Nuisance("bias_field", 0.0, 1.0, 0.0, "slow shading of the coil; 1 is ±20 %"),
    Nuisance("flair_gain", 0.8, 1.2, 1.0, "gain of FLAIR against the other channels"),
)
CLASS_DIALS: dict[str, tuple[Spread, Spread]] = {
    "mismatch": (Spread(0.1, 0.16), Spread(0.5, 0.32)),
    "enhancement": (Spread(0.6, 0.25), Spread(0.25, 0.22)),
    "necrosis": (Spread(0.4, 0.25), Spread(0.12, 0.16)),
    "edema": (Spread(0.5, 0.22), Spread(0.35, 0.2)),
    "t2_signal": (Spread(0.68, 0.1), Spread(0.76, 0.1)),
    "heterogeneity": (Spread(0.4, 0.2), Spread(0.22, 0.17)),
}


class GliomaPhantom:
    """Implements `Phantom` for MRI of glioma; the mask is the tumour."""

    kind = "mri_glioma"
    dials = DIALS
    nuisances = NUISANCES
    classes = ("wildtype", "mutant")

    def render(
        self,
        seed: int,
        dials: Mapping[str, float] | None = None,
        nuisances: Mapping[str, float] | None = None,
        size: int = 128,
    ) -> PhantomImage:
        """Render one slice; see `Phantom.render`. The channels are T2, FLAIR, T1c."""
        turned, outer = settle(DIALS, dials, self.kind), settle(NUISANCES, nuisances, self.kind)
        depth = np.where(_brain(seed, size)[2], _depth(seed, size), np.float32(9))
        truth = {**turned, **outer, "area_px": float((depth < 1).sum())}
        return PhantomImage(_slice(seed, turned, outer, depth), np.asarray(depth < 1), truth)

    def bare(self, seed: int, size: int = 128) -> NDArray[np.uint8]:
        """Render a brain without a tumour; see `BareScenes`."""
        turned, outer = settle(DIALS, None, self.kind), settle(NUISANCES, None, self.kind)
        return _slice(seed, turned, outer, np.full((size, size), 9, dtype=np.float32))

    def draw(self, seed: int, label: str, flavour: str = "plain", size: int = 128) -> PhantomImage:
        """Draw one slice of a class; see `Phantom.draw`."""
        if label not in self.classes:
            raise KeyError(f"phantom {self.kind} draws {', '.join(self.classes)}, not {label!r}")
        positive, rng = label == self.classes[1], stream(seed, 801)
        dials = draw_dials(rng, DIALS, CLASS_DIALS, positive and flavour != "null")
        nuisances = {
            "light": float(rng.uniform(0.9, 1.08)),
            "contrast": float(rng.uniform(0.92, 1.1)),
            "blur": float(rng.uniform(0, 0.6)),
            "noise": float(rng.uniform(0, 0.7)),
            "ruler": float(rng.random() < 0.1),
            "bias_field": float(rng.uniform(0, 0.6)),
            "flair_gain": float(rng.normal(1, 0.05)),
        }
        shortcut(nuisances, flavour, positive)
        return self.render(seed, dials, nuisances, size)


def _slice(
    seed: int, dials: Mapping[str, float], outer: Mapping[str, float], depth: Floats
) -> NDArray[np.uint8]:
    fields = _channels(seed, dials, depth)
    shade = 1 + 0.2 * outer["bias_field"] * smooth_noise(stream(seed, 9), depth.shape[0], 2)
    gains = (1.0, outer["flair_gain"], 1.0)
    scans = [
        scan(np.asarray(one * shade * gain, np.float32), outer, seed + number)
        for number, (one, gain) in enumerate(zip(fields, gains, strict=True))
    ]
    return np.stack(scans, axis=2)


def _axes(size: int) -> tuple[Floats, Floats]:
    axis = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5).astype(np.float32)
    return np.broadcast_to(axis[None, :], (size, size)), np.broadcast_to(axis[:, None], (size, size))


def _depth(seed: int, size: int) -> Floats:
    """Depth of each pixel in the tumour: 0 centre, 1 outline."""
    rng, (x, y) = stream(seed, 1), _axes(size)
    side, reach = rng.choice([-1, 1]), rng.uniform(0.12, 0.16)
    dx = (x - np.float32(0.17 * side)) / np.float32(reach)
    dy = (y + np.float32(rng.uniform(-0.12, 0.16))) / np.float32(reach * rng.uniform(0.85, 1.2))
    angle = np.arctan2(dy, dx)
    outline = (
        1 + 0.1 * np.cos(2 * angle + rng.uniform(0, 6.3)) + 0.08 * np.cos(3 * angle + rng.uniform(0, 6.3))
    )
    return np.asarray(np.sqrt(dx**2 + dy**2) / outline, dtype=np.float32)


def _channels(seed: int, dials: Mapping[str, float], depth: Floats) -> tuple[Floats, Floats, Floats]:
    tissue, fluid, brain = _brain(seed, depth.shape[0])
    tumour = _cover(depth, 1.0, 0.06)
    core = _cover(depth, 0.78, 0.06)
    ring = _cover(depth, 0.8, 0.06) * (1 - _cover(depth, 0.55, 0.06))
    halo = _cover(depth, 1.0 + 0.55 * dials["edema"], 0.12) * (1 - tumour) * brain * (dials["edema"] > 0)
    uneven = 1 + 0.22 * dials["heterogeneity"] * smooth_noise(stream(seed, 2), depth.shape[0], 14)
    t2 = tissue * 0.42 + fluid * 0.9
    t2 = _laid(t2, 0.55 * halo, 0.75)
    t2 = _laid(t2, tumour, (0.3 + 0.55 * dials["t2_signal"]) * uneven)
    flair = tissue * 0.42 + fluid * 0.08
    flair = _laid(flair, 0.6 * halo, 0.78)
    flair = _laid(flair, tumour, 0.76 * uneven)
    flair = _laid(flair, dials["mismatch"] * core, 0.3)
    t1c = tissue * 0.5 + fluid * 0.15
    t1c = _laid(t1c, tumour, 0.4 * uneven)
    t1c = _laid(t1c, dials["necrosis"] * _cover(depth, 0.52, 0.08), 0.14)
    t1c = _laid(t1c, dials["enhancement"] * ring, 0.95)
    return t2, flair, t1c


def _brain(seed: int, size: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Tissue brightness, fluid cover and the inside of the skull."""
    (x, y), rng = _axes(size), stream(seed, 3)
    radius = np.hypot(x / 0.4, y / 0.46)
    inside = _cover(radius, 0.95, 0.02)
    folds = smooth_noise(rng, size, 16)
    ventricles = _cover(np.hypot((np.abs(x) - 0.045) / 0.03, (y + 0.01) / 0.13), 1.0, 0.2)
    rim = inside * (1 - _cover(radius + 0.03 * folds, 0.9, 0.04))
    fluid = np.clip(ventricles + 0.7 * rim, 0, 1)
    white = _cover(radius + 0.06 * folds, 0.68, 0.1)
    tissue = inside * (1 - fluid) * (1.08 - 0.2 * white + 0.03 * smooth_noise(rng, size, 50))
    skull = 0.35 * _cover(np.abs(radius - 1.04), 0.03, 0.02)
    return np.asarray(tissue + skull, np.float32), np.asarray(fluid, np.float32), np.asarray(inside > 0.5)


def _cover(depth: Floats, edge: float, width: float) -> Floats:
    return np.asarray(np.clip((edge - depth) / width + 0.5, 0, 1), dtype=np.float32)


def _laid(field: Floats, cover: Floats, value: Floats | float) -> Floats:
    return np.asarray(field * (1 - cover) + cover * value, dtype=np.float32)


PHANTOM = GliomaPhantom()
