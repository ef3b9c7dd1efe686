"""Histology phantom: haematoxylin and eosin tissue whose glands, nuclei and matrix can be dialled.

Stain multiplies light (Beer-Lambert): haematoxylin binds nuclei, eosin binds matrix and cytoplasm.
Absorbances of the two stains after Ruifrok and Johnston, Anal Quant Cytol Histol 2001;23:291-299.
"""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.base import Dial, Nuisance, PhantomImage
from scafe.knowledge.phantoms.cohort import Spread, draw_dials, shortcut
from scafe.knowledge.phantoms.rendering.camera import CAMERA, Floats, photograph, settle, smooth_noise, stream

DIALS = (
    Dial("glands", 0.0, 1.0, 0.4, "fraction", "share of the field that is glands with a lumen"),
    Dial("gland_order", 0.0, 1.0, 0.7, "fraction", "glands round, of one size and evenly spaced"),
    Dial("serration", 0.0, 1.0, 0.1, "fraction", "saw-toothed outline of the lumen"),
    Dial("base_width", 0.0, 1.0, 0.2, "fraction", "crypts dilated and broad"),
    Dial("nuclei", 0.0, 1.0, 0.4, "fraction", "nuclei in the matrix between glands; 1 is dense"),
    Dial("nuclear_size", 0.6, 1.8, 1.0, "factor", "diameter of nuclei"),
    Dial("pleomorphism", 0.0, 1.0, 0.2, "fraction", "spread of nuclear size, shape and stain"),
    Dial("lymphocytes", 0.0, 1.0, 0.1, "fraction", "small round dark nuclei everywhere; 1 is a sheet"),
    Dial("fibres", 0.0, 1.0, 0.3, "contrast", "aligned eosinophilic fibres in the matrix"),
    Dial("mucin", 0.0, 1.0, 0.0, "fraction", "pale blue-grey pools"),
    Dial("fat", 0.0, 1.0, 0.0, "fraction", "large empty cells with thin walls"),
    Dial("debris", 0.0, 1.0, 0.0, "fraction", "granular necrosis"),
)
NUISANCES = (
    Nuisance("light", 0.85, 1.05, 1.0, "exposure, factor on linear light"),
    *(one for one in CAMERA if one.name not in ("hair", "vignette", "light")),
    Nuisance("stain", 0.7, 1.4, 1.0, "strength of both stains"),
    Nuisance("hue", -1.0, 1.0, 0.0, "more haematoxylin (minus) or more eosin (plus) in the batch"),
    Nuisance("scale", 0.85, 1.2, 1.0, "magnification"),
)
CLASS_DIALS: dict[str, tuple[Spread, Spread]] = {
    "glands": (Spread(0.5, 0.15), Spread(0.4, 0.2)),
    "gland_order": (Spread(0.75, 0.15), Spread(0.35, 0.25)),
    "serration": (Spread(0.15, 0.12), Spread(0.2, 0.15)),
    "base_width": (Spread(0.2, 0.12), Spread(0.25, 0.15)),
    "nuclei": (Spread(0.35, 0.15), Spread(0.55, 0.2)),
    "nuclear_size": (Spread(0.95, 0.12), Spread(1.2, 0.2)),
    "pleomorphism": (Spread(0.2, 0.15), Spread(0.5, 0.25)),
    "lymphocytes": (Spread(0.15, 0.12), Spread(0.12, 0.12)),
    "fibres": (Spread(0.3, 0.2), Spread(0.35, 0.2)),
    "mucin": (Spread(-0.1, 0.15), Spread(-0.05, 0.2)),
    "debris": (Spread(-0.2, 0.15), Spread(0.0, 0.2)),
}
HAEMATOXYLIN = np.array([1.50, 1.62, 0.66], dtype=np.float32)
EOSIN = np.array([0.16, 1.98, 0.20], dtype=np.float32) * np.float32(0.62)
FINE = 2


class HistologyPhantom:
    """Implements `Phantom` for histology; the mask is all True."""

    kind = "histology"
    dials = DIALS
    nuisances = NUISANCES
    classes = ("NORM", "TUM")

    def render(
        self,
        seed: int,
        dials: Mapping[str, float] | None = None,
        nuisances: Mapping[str, float] | None = None,
        size: int = 128,
    ) -> PhantomImage:
        """Render one field; see `Phantom.render`."""
        turned, outer = settle(DIALS, dials, self.kind), settle(NUISANCES, nuisances, self.kind)
        blue, pink = _Field(seed, turned, outer["scale"], size).stains()
        absorbed = blue[:, :, None] * HAEMATOXYLIN * np.float32(outer["stain"] * (1 - 0.2 * outer["hue"]))
        absorbed += pink[:, :, None] * EOSIN * np.float32(outer["stain"] * (1 + 0.2 * outer["hue"]))
        image = photograph(
            np.float32(0.92) * np.exp(-absorbed), {**outer, "hair": 0.0, "vignette": 0.0}, seed
        )
        return PhantomImage(image, np.ones((size, size), dtype=np.bool_), {**turned, **outer})

    def draw(self, seed: int, label: str, flavour: str = "plain", size: int = 128) -> PhantomImage:
        """Draw one field of a class; see `Phantom.draw`."""
        if label not in self.classes:
            raise KeyError(f"phantom {self.kind} draws {', '.join(self.classes)}, not {label!r}")
        positive, rng = label == self.classes[1], stream(seed, 801)
        dials = draw_dials(rng, DIALS, CLASS_DIALS, positive and flavour != "null")
        nuisances = {
            "light": float(rng.uniform(0.92, 1.03)),
            "light_gradient": float(rng.uniform(0, 0.2)),
            "white_balance": float(rng.normal(0, 0.03)),
            "blur": float(rng.uniform(0, 0.8)),
            "noise": float(rng.uniform(0, 0.4)),
            "ruler": float(rng.random() < 0.1),
            "jpeg": float(rng.uniform(0, 0.7)),
            "stain": float(rng.uniform(0.85, 1.2)),
            "hue": float(rng.normal(0, 0.3)),
            "scale": float(rng.uniform(0.92, 1.1)),
        }
        shortcut(nuisances, flavour, positive)
        return self.render(seed, dials, nuisances, size)


class _Field:
    """Amounts of both stains over one field of view."""

    def __init__(self, seed: int, dials: Mapping[str, float], scale: float, size: int) -> None:
        self.seed, self.dials, self.scale, self.size = seed, dials, scale, size

    def stains(self) -> tuple[Floats, Floats]:
        """Haematoxylin and eosin, (S, S) each."""
        dials, size = self.dials, self.size
        glands, lumens, ring = self._glands()
        texture = 1 + 0.12 * smooth_noise(stream(self.seed, 2), size, 40)
        pink = 0.55 * texture + 0.5 * dials["fibres"] * np.clip(self._fibres(), -0.8, 3) * (1 - glands)
        pink = pink * (1 - glands) + 0.5 * glands
        blue = 0.10 + 0.95 * ring + self._nuclei() * (1 - glands) * 1.0
        pool = self._level(5, 4, dials["mucin"])
        pink, blue = pink * (1 - 0.85 * pool), blue * (1 - 0.8 * pool) + 0.16 * pool * texture
        grit = self._level(6, 5, dials["debris"])
        pink = pink * (1 - grit) + grit * (0.6 + 0.25 * smooth_noise(stream(self.seed, 7), size, 36))
        blue = blue * (1 - grit) + grit * np.clip(
            0.25 + 0.15 * smooth_noise(stream(self.seed, 8), size, 50), 0, 2
        )
        pink, blue = pink * (1 - lumens), blue * (1 - lumens)
        empty = self._fat()
        pink, blue = pink * (1 - empty), blue * (1 - empty)
        blue = blue + 1.15 * self._lymphocytes() * (1 - empty)
        return np.clip(blue, 0, None).astype(np.float32), np.clip(pink, 0, None).astype(np.float32)

    def _level(self, part: int, cells: int, share: float) -> Floats:
        """Cover of the given share of the field by smooth areas."""
        if share <= 0:
            return np.zeros((self.size, self.size), dtype=np.float32)
        field = smooth_noise(stream(self.seed, part), self.size, cells)
        edge = np.quantile(field[::4, ::4], 1 - min(share, 1.0))
        return np.asarray(np.clip((field - edge) / 0.2 + 0.5, 0, 1), dtype=np.float32)

    def _glands(self) -> tuple[Floats, Floats, Floats]:
        """Cover of glands, of their lumens and of the nuclei around them."""
        rng, dials = stream(self.seed, 1), self.dials
        wild = 1 - dials["gland_order"]
        size, step = FINE * self.size, 0.36 * self.scale
        glands, lumens = (np.zeros((size, size), np.uint8) for _ in range(2))
        jitter, drawn = rng.uniform(-1, 1, (16, 2)), rng.uniform(0, 1, (16, 7))
        for number in rng.permutation(16)[: round(16 * dials["glands"])]:
            row, column = divmod(int(number), 4)
            at = (
                np.array([column + 0.5 * (row % 2) - 0.4, row - 0.4]) * step
                + 0.45 * wild * step * jitter[number]
            )
            outer = _outline(drawn[number, 1:6], wild, 0.0)
            inner = _outline(drawn[number, 1:6], wild, dials["serration"])
            radius = step * (0.40 + 0.16 * wild * (drawn[number, 6] - 0.5) * 2)
            width = 0.42 + 0.38 * dials["base_width"]
            cv2.fillPoly(glands, [_points(at, radius * outer, size)], 255, cv2.LINE_AA, 4)
            cv2.fillPoly(lumens, [_points(at, width * radius * inner, size)], 255, cv2.LINE_AA, 4)
        cover, hollow = self._small(glands), self._small(lumens)
        inside = cv2.distanceTransform((glands > 127).astype(np.uint8), cv2.DIST_L2, 3) / size
        band = self._small((255 * np.clip(1.3 - np.abs(inside - 0.02) / 0.013, 0, 1)).astype(np.uint8))
        dots = np.clip(0.65 + 0.7 * smooth_noise(stream(self.seed, 9), self.size, 48), 0, 1.2)
        return cover, hollow * (cover > 0), np.asarray(band * cover * (1 - hollow) * dots, dtype=np.float32)

    def _nuclei(self) -> Floats:
        rng, dials = stream(self.seed, 3), self.dials
        count = 320
        drawn, lie = rng.uniform(0, 1, (count, 6)), rng.uniform(0, 180)
        light, dark = (np.zeros((FINE * self.size,) * 2, np.uint8) for _ in range(2))
        for x, y, spread, shape, tint, turn in drawn[: round(count * dials["nuclei"])]:
            vary = dials["pleomorphism"] * (spread - 0.4)
            radius = 0.0175 * self.scale * dials["nuclear_size"] * np.exp(1.1 * vary)
            flat = 0.65 + 0.4 * dials["pleomorphism"] * (shape - 0.5)
            canvas = light if dials["pleomorphism"] * (tint - 0.5) > 0.1 else dark
            self._ellipse(canvas, x, y, radius, radius * flat, lie + 40 * (turn - 0.5))
        return np.asarray(np.maximum(self._small(dark), 0.55 * self._small(light)), dtype=np.float32)

    def _lymphocytes(self) -> Floats:
        rng, canvas = stream(self.seed, 4), np.zeros((FINE * self.size,) * 2, np.uint8)
        for x, y, spread in rng.uniform(0, 1, (220, 3))[: round(220 * self.dials["lymphocytes"])]:
            radius = 0.014 * self.scale * (0.9 + 0.2 * spread)
            self._ellipse(canvas, x, y, radius, radius, 0)
        return self._small(canvas)

    def _ellipse(
        self, canvas: NDArray[np.uint8], x: float, y: float, a: float, b: float, turn: float
    ) -> None:
        size = canvas.shape[0]
        at = (round(x * size * 16), round(y * size * 16))
        axes = (max(8, round(a * size * 16)), max(8, round(b * size * 16)))
        cv2.ellipse(canvas, at, axes, turn, 0, 360, 255, -1, cv2.LINE_AA, 4)

    def _fibres(self) -> Floats:
        rng, size = stream(self.seed, 10), self.size
        coarse = rng.standard_normal((64, 7)).astype(np.float32)
        long = cv2.resize(coarse, (2 * size, 2 * size), interpolation=cv2.INTER_CUBIC)
        turn = cv2.getRotationMatrix2D((size, size), rng.uniform(0, 180), 1.0)
        move = np.array([[0, 0, -size / 2], [0, 0, -size / 2]])
        return np.asarray(
            cv2.warpAffine(long, turn + move, (size, size), borderMode=cv2.BORDER_REFLECT), np.float32
        )

    def _fat(self) -> Floats:
        if self.dials["fat"] <= 0:
            return np.zeros((self.size, self.size), dtype=np.float32)
        rng, size = stream(self.seed, 11), FINE * self.size
        canvas = np.zeros((size, size), np.uint8)
        order, step = rng.permutation(16), 0.32
        for number in order[: round(16 * self.dials["fat"])]:
            row, column = divmod(int(number), 4)
            at = (np.array([column + 0.5 * (row % 2), row]) + 0.1 * rng.uniform(-1, 1, 2)) * step
            radius = (
                step
                * self.scale
                * (0.53 + 0.03 * np.cos(3 * np.linspace(0, 2 * np.pi, 40) + rng.uniform(0, 6)))
            )
            cv2.fillPoly(canvas, [_points(at, radius, size)], 255, cv2.LINE_AA, 4)
            edge = _points(at, radius, size)
            cv2.polylines(canvas, [edge], True, 0, max(1, size // 110), cv2.LINE_AA, 4)
        return self._small(canvas)

    def _small(self, canvas: NDArray[np.uint8]) -> Floats:
        small = cv2.resize(canvas, (self.size, self.size), interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.float32) / np.float32(255)


def _outline(drawn: NDArray[np.float64], wild: float, serration: float) -> NDArray[np.float64]:
    """Radius over 48 angles, about 1."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    outline = 1 + 0.10 * np.cos(2 * angle + 6.3 * drawn[0])
    outline += wild * (0.22 * np.cos(2 * angle + 6.3 * drawn[1]) + 0.16 * np.cos(3 * angle + 6.3 * drawn[2]))
    return np.asarray(
        outline * (1 + 0.5 * serration * np.sign(np.cos(9 * angle)) * np.abs(np.cos(9 * angle)))
    )


def _points(at: NDArray[np.float64], radius: NDArray[np.float64], size: int) -> NDArray[np.int32]:
    """Polygon on the fine canvas, 4 fractional bits."""
    angle = np.linspace(0, 2 * np.pi, radius.size, endpoint=False)
    ring = np.stack([at[0] + radius * np.cos(angle), at[1] + radius * np.sin(angle)], axis=1)
    return np.asarray(np.round(ring * size * 16), dtype=np.int32)


PHANTOM = HistologyPhantom()
