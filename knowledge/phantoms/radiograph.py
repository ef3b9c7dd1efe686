"""Chest radiograph phantom: lungs, heart, ribs and diaphragm with opacities that can be dialled.

A drawing, not a projection of anatomy. Consolidation and effusion lean bacterial here and diffuse
interstitial markings viral, as the labels of paediatric sets describe them; the sizes are assumptions.
"""

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.base import Dial, Nuisance, PhantomImage
from scafe.knowledge.phantoms.cohort import Spread, draw_dials, shortcut
from scafe.knowledge.phantoms.rendering.camera import Floats, settle, smooth_noise, stream
from scafe.knowledge.phantoms.rendering.scanner import SCANNER, scan

DIALS = (
    Dial("consolidation", 0.0, 1.0, 0.1, "opacity", "one dense patch in one lung"),
    Dial("interstitial", 0.0, 1.0, 0.2, "contrast", "fine lines and nodules in both lungs"),
    Dial("perihilar", 0.0, 1.0, 0.2, "opacity", "bands and cuffs around both hila"),
    Dial("effusion", 0.0, 1.0, 0.0, "fraction", "one costophrenic angle filled"),
    Dial("hyperinflation", 0.0, 1.0, 0.3, "fraction", "long dark lungs with a low diaphragm"),
    Dial("heart", 0.4, 0.65, 0.5, "ratio", "width of the heart over that of the chest"),
)
NUISANCES = (
    *SCANNER,
    Nuisance("tube", 0.0, 1.0, 0.0, "a tube and leads over the chest, opacity"),
    Nuisance("tilt", -8.0, 8.0, 0.0, "rotation of the child, degrees"),
    Nuisance("scale", 0.85, 1.1, 1.0, "size of the chest in the frame"),
)
CLASS_DIALS: dict[str, tuple[Spread, Spread]] = {
    "consolidation": (Spread(0.12, 0.16), Spread(0.5, 0.3)),
    "interstitial": (Spread(0.5, 0.22), Spread(0.28, 0.2)),
    "perihilar": (Spread(0.45, 0.22), Spread(0.28, 0.2)),
    "effusion": (Spread(-0.15, 0.15), Spread(0.1, 0.3)),
    "hyperinflation": (Spread(0.5, 0.22), Spread(0.32, 0.22)),
    "heart": (Spread(0.5, 0.04), Spread(0.5, 0.04)),
}


class RadiographPhantom:
    """Implements `Phantom` for chest films; the mask is the lung that holds air, the region both lungs."""

    kind = "radiograph"
    dials = DIALS
    nuisances = NUISANCES
    classes = ("virus", "bacteria")

    def render(
        self,
        seed: int,
        dials: Mapping[str, float] | None = None,
        nuisances: Mapping[str, float] | None = None,
        size: int = 128,
    ) -> PhantomImage:
        """Render one film; see `Phantom.render`."""
        turned, outer = settle(DIALS, dials, self.kind), settle(NUISANCES, nuisances, self.kind)
        chest = _Chest(seed, turned, size)
        field, lungs = _placed(chest.field(), outer), _placed(np.maximum(*chest.lungs), outer) > 0.5
        if outer["tube"] > 0:
            tube = _tube(seed, size) * np.float32(0.8 * outer["tube"])
            field = field * (1 - tube) + 0.95 * tube
        image = np.repeat(scan(field, outer, seed)[:, :, None], 3, axis=2)
        mask = np.asarray(_placed(chest.aerated(), outer) > 0.5)
        return PhantomImage(image, mask, {**turned, **outer}, np.asarray(lungs))

    def draw(self, seed: int, label: str, flavour: str = "plain", size: int = 128) -> PhantomImage:
        """Draw one film of a class; see `Phantom.draw`."""
        if label not in self.classes:
            raise KeyError(f"phantom {self.kind} draws {', '.join(self.classes)}, not {label!r}")
        positive, rng = label == self.classes[1], stream(seed, 801)
        dials = draw_dials(rng, DIALS, CLASS_DIALS, positive and flavour != "null")
        nuisances = {
            "light": float(rng.uniform(0.9, 1.08)),
            "contrast": float(rng.uniform(0.9, 1.15)),
            "blur": float(rng.uniform(0, 0.8)),
            "noise": float(rng.uniform(0, 0.6)),
            "ruler": float(rng.random() < 0.5),
            "tube": float(rng.random() < 0.2),
            "tilt": float(rng.normal(0, 2)),
            "scale": float(rng.uniform(0.92, 1.05)),
        }
        shortcut(nuisances, flavour, positive)
        return self.render(seed, dials, nuisances, size)


class _Chest:
    """Brightness of one chest, 0 air to 1 metal; x runs to the right of the frame, y down."""

    def __init__(self, seed: int, dials: Mapping[str, float], size: int) -> None:
        self.seed, self.dials, self.size = seed, dials, size
        axis = (np.arange(size, dtype=np.float32) + 0.5) / size
        self.x = np.broadcast_to(axis[None, :], (size, size))
        self.y = np.broadcast_to(axis[:, None], (size, size))
        rng = stream(seed, 1)
        self.base = np.float32(0.7 + 0.09 * dials["hyperinflation"] + rng.uniform(-0.015, 0.015))
        self.lungs = [self._lung(0.315), self._lung(0.685)]

    def field(self) -> Floats:
        body = _soft(1.1 - np.hypot((self.x - 0.5) / 0.46, (self.y - 0.55) / 0.62), 0.04)
        field = 0.05 + 0.57 * body
        both = np.maximum(*self.lungs)
        field = field - (0.36 + 0.07 * self.dials["hyperinflation"]) * both
        field = field + 0.10 * both * self._ribs() * (1 - self._dense())
        field = np.maximum(field, 0.68 * np.maximum(self._heart(), 0.9 * self._spine()) * body)
        clear = both * (1 - self._heart()) * (1 - self._spine())
        field = field + clear * self._markings()
        return np.asarray(np.clip(field, 0, 1), dtype=np.float32)

    def _lung(self, middle: float) -> Floats:
        dome = self.base - 0.05 * (1 - ((self.x - middle) / 0.17) ** 2)
        side = 0.16 - 0.06 * np.clip((0.42 - self.y) / 0.3, 0, 1)
        apex = 0.13 + 2.2 * (self.x - 0.5 - 0.75 * (middle - 0.5)) ** 2
        walls = _soft(1 - np.abs(self.x - middle - 0.25 * (middle - 0.5) * (self.y - 0.5)) / side, 0.25)
        return np.asarray(walls * _soft(self.y - apex, 0.05) * _soft(dome - self.y, 0.015), dtype=np.float32)

    def _heart(self) -> Floats:
        half = np.float32(0.32 * self.dials["heart"])
        lean = self.x - 0.53 - 0.25 * (self.y - 0.6)
        wide = half * np.clip(0.4 + 2.2 * (self.y - 0.34), 0.3, 1)
        return _soft(1 - np.hypot(lean / wide, (self.y - 0.58) / 0.24), 0.15)

    def _spine(self) -> Floats:
        return _soft(1 - np.abs(self.x - 0.5) / 0.06, 0.5)

    def _ribs(self) -> Floats:
        arch = self.y - 0.35 * np.abs(self.x - 0.5)
        return np.asarray(np.clip(np.cos(arch * 70) - 0.2, 0, 1), dtype=np.float32)

    def aerated(self) -> Floats:
        """Cover of the lungs where they hold air: what stays dark beside heart, fluid and a dense patch."""
        clear = np.maximum(*self.lungs) * (1 - self._heart()) * (1 - self._spine())
        return np.asarray(clear * (1 - self._dense()) * (1 - self._fluid()), dtype=np.float32)

    def _dense(self) -> Floats:
        """Opacity of the dense patch somewhere in one lung."""
        rng = stream(self.seed, 2)
        side = int(rng.integers(2))
        px, py = (0.3, 0.7)[side] + rng.uniform(-0.04, 0.04), rng.uniform(0.34, 0.56)
        ragged = 0.15 * smooth_noise(rng, self.size, 9)
        patch = _soft(1 - np.hypot((self.x - px) / 0.13, (self.y - py) / 0.12) + ragged, 0.12)
        return np.asarray(self.dials["consolidation"] * patch, dtype=np.float32)

    def _fluid(self) -> Floats:
        side = int(stream(self.seed, 2).integers(2))
        level = self.base + 0.02 - 0.22 * self.dials["effusion"]
        edge = np.abs(self.x - 0.5) - 0.1
        fluid = _soft(self.y - level - 0.25 * np.clip(0.1 - edge, 0, 0.1), 0.012) * (
            (self.x > 0.5) == (side == 1)
        )
        return np.asarray(fluid * (self.dials["effusion"] > 0), dtype=np.float32)

    def _markings(self) -> Floats:
        dials, dense = self.dials, self._dense()
        fine = smooth_noise(stream(self.seed, 3), self.size, 28)
        hila = np.exp(-(((np.abs(self.x - 0.5) - 0.12) / 0.06) ** 2) - ((self.y - 0.42) / 0.11) ** 2)
        streaky = 1 + 0.5 * smooth_noise(stream(self.seed, 4), self.size, 20)
        # A dense patch hides the fine pattern, as ribs and vessels are lost in consolidated lung.
        added = 0.34 * dense + 0.055 * dials["interstitial"] * np.clip(fine, -1, 3) * (1 - dense)
        added = added + 0.26 * dials["perihilar"] * hila * streaky
        return np.asarray(added + 0.33 * self._fluid(), dtype=np.float32)


def _soft(distance: NDArray[np.floating[Any]], width: float) -> Floats:
    """Turn a signed distance into cover, 0 to 1."""
    return np.asarray(np.clip(distance / width + 0.5, 0, 1), dtype=np.float32)


def _placed(field: Floats, nuisances: Mapping[str, float]) -> Floats:
    size = field.shape[0]
    middle = ((size - 1) / 2, (size - 1) / 2)
    move = cv2.getRotationMatrix2D(middle, nuisances["tilt"], nuisances["scale"])
    return np.asarray(cv2.warpAffine(field, move, (size, size), borderMode=cv2.BORDER_REPLICATE), np.float32)


def _tube(seed: int, size: int) -> Floats:
    rng, canvas = stream(seed, 5), np.zeros((size, size), dtype=np.uint8)
    sway = rng.uniform(-0.03, 0.03)
    path = [(0.5 + sway * t, t) for t in np.linspace(0, 0.8, 9)]
    cv2.polylines(canvas, [np.round(np.array(path) * size).astype(np.int32)], False, 255, max(1, size // 100))
    for x, y in rng.uniform(0.2, 0.8, (3, 2)):
        cv2.circle(canvas, (round(x * size), round(y * size)), max(2, size // 40), 255, 1, cv2.LINE_AA)
    return np.asarray(canvas, dtype=np.float32) / np.float32(255)


PHANTOM = RadiographPhantom()
