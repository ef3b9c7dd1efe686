"""Dermoscopy phantom: a pigmented lesion whose asymmetry, border, colours and structures are dialled.

Not a model of a disease: melanoma and naevus differ here by the dials of `CLASS_DIALS`, drawn by us
so that the classes overlap, with signs taken from the ABCD rule (Nachbar, J Am Acad Dermatol
1994;30:551-559) and the 7-point checklist (Argenziano, Arch Dermatol 1998;134:1563-1570).
"""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.base import Dial, Nuisance, PhantomImage
from scafe.knowledge.phantoms.cohort import Spread, draw_dials, shortcut
from scafe.knowledge.phantoms.dermoscopy_scene import Scene, skin_ita, skin_light
from scafe.knowledge.phantoms.rendering.camera import CAMERA, Floats, photograph, settle, stream
from scafe.knowledge.phantoms.rendering.dermatoscope import DERMATOSCOPE, through_dermatoscope

DIALS = (
    Dial("asymmetry", 0.0, 1.0, 0.25, "fraction", "departure of outline and pigment from mirror symmetry"),
    Dial("border", 0.0, 8.0, 3.0, "eighths", "eighths of the outline where pigment ends abruptly"),
    Dial(
        "colours",
        1.0,
        6.0,
        2.0,
        "count",
        "light and dark brown, black, red, blue-grey, white; shares fade in",
    ),
    Dial("network", 0.0, 1.0, 0.4, "contrast", "reticular lines of pigment"),
    Dial("network_atypia", 0.0, 1.0, 0.2, "fraction", "network with uneven meshes and broadened lines"),
    Dial("globules", 0.0, 1.0, 0.2, "fraction", "brown dots and globules; 1 is 40 of them"),
    Dial("streaks", 0.0, 1.0, 0.0, "fraction", "radial streaks at the margin; 1 is 18 of them"),
    Dial("veil", 0.0, 1.0, 0.0, "opacity", "confluent blue pigment under a white haze"),
    Dial("vessels", 0.0, 1.0, 0.0, "fraction", "dotted and irregular linear red vessels"),
    Dial(
        "regression",
        0.0,
        1.0,
        0.0,
        "opacity",
        "pale area and grey peppering, in shares that the seed draws",
    ),
    Dial("blotches", 0.0, 1.0, 0.0, "opacity", "dark area without structure, off the centre"),
    Dial("peripheral_dots", 0.0, 1.0, 0.0, "fraction", "black dots close to the margin; 1 is 24 of them"),
    Dial("blue_dots", 0.0, 1.0, 0.0, "fraction", "blue-grey dots inside the lesion; 1 is 40 of them"),
    Dial("structureless", 0.0, 0.8, 0.15, "fraction", "share of the lesion without any structure"),
    Dial("pigment", 0.65, 1.35, 1.0, "factor", "overall density of melanin; no criterion asks for it"),
)

NUISANCES = (
    *CAMERA,
    *DERMATOSCOPE,
    Nuisance("skin_tone", 0.0, 1.0, 0.1, "0 is very light (ITA 64°), 1 is dark (ITA -54°)"),
    Nuisance("rotation", -180.0, 180.0, 0.0, "degrees"),
    Nuisance("scale", 0.75, 1.2, 1.0, "size of everything in the frame"),
)


CLASS_DIALS: dict[str, tuple[Spread, Spread]] = {
    "asymmetry": (Spread(0.28, 0.17), Spread(0.52, 0.2)),
    "border": (Spread(2.6, 1.5), Spread(4.6, 1.8)),
    "colours": (Spread(2.2, 0.7), Spread(3.4, 1.0)),
    "network": (Spread(0.45, 0.2), Spread(0.42, 0.2)),
    "network_atypia": (Spread(0.2, 0.2), Spread(0.5, 0.28)),
    "globules": (Spread(0.25, 0.2), Spread(0.42, 0.25)),
    "streaks": (Spread(-0.1, 0.2), Spread(0.25, 0.3)),
    "veil": (Spread(-0.2, 0.2), Spread(0.2, 0.35)),
    "vessels": (Spread(0.05, 0.15), Spread(0.25, 0.28)),
    "regression": (Spread(-0.2, 0.2), Spread(0.15, 0.35)),
    "blotches": (Spread(0.0, 0.2), Spread(0.25, 0.3)),
    "peripheral_dots": (Spread(-0.1, 0.15), Spread(0.1, 0.25)),
    "blue_dots": (Spread(-0.1, 0.15), Spread(0.1, 0.25)),
    "structureless": (Spread(0.2, 0.15), Spread(0.35, 0.2)),
    "pigment": (Spread(0.95, 0.2), Spread(1.05, 0.22)),
}
"""(naevus, melanoma); signs after the sources in the module's docstring, sizes are assumptions."""


class DermoscopyPhantom:
    """Implements `Phantom` for dermoscopy."""

    kind = "dermoscopy"
    dials = DIALS
    nuisances = NUISANCES
    classes = ("nevus", "melanoma")

    def render(
        self,
        seed: int,
        dials: Mapping[str, float] | None = None,
        nuisances: Mapping[str, float] | None = None,
        size: int = 128,
    ) -> PhantomImage:
        """Render one lesion; see `Phantom.render`."""
        turned = settle(DIALS, dials, self.kind)
        outer = settle(NUISANCES, nuisances, self.kind)
        scene = Scene(seed, turned, outer["skin_tone"], size)
        light, mask = _placed(scene, outer)
        image = photograph(through_dermatoscope(light, outer, seed), outer, seed)
        truth = {**turned, **outer, "area_px": float(mask.sum()), "ita_deg": skin_ita(outer["skin_tone"])}
        return PhantomImage(image, mask, truth)

    def bare(self, seed: int, size: int = 128) -> NDArray[np.uint8]:
        """Render skin without a lesion; see `BareScenes`."""
        outer = settle(NUISANCES, None, self.kind)
        scene = Scene(seed, settle(DIALS, None, self.kind), outer["skin_tone"], size)
        even = np.broadcast_to(skin_light(scene.tone), (size, size, 3)).astype(np.float32)
        return photograph(even * scene.skin_texture()[:, :, None], outer, seed)

    def draw(self, seed: int, label: str, flavour: str = "plain", size: int = 128) -> PhantomImage:
        """Draw one lesion of a class; see `Phantom.draw`."""
        if label not in self.classes:
            raise KeyError(f"phantom {self.kind} draws {', '.join(self.classes)}, not {label!r}")
        positive = label == self.classes[1]
        rng = stream(seed, 801)
        dials = draw_dials(rng, DIALS, CLASS_DIALS, positive and flavour != "null")
        nuisances = _draw_nuisances(rng)
        shortcut(nuisances, flavour, positive)
        if flavour == "shortcut_camera" and positive:
            nuisances["white_balance"] += 0.08
        return self.render(seed, dials, nuisances, size)


def _draw_nuisances(rng: np.random.Generator) -> dict[str, float]:
    return {
        "light": float(rng.uniform(0.85, 1.1)),
        "light_gradient": float(rng.uniform(0, 0.6)),
        "white_balance": float(rng.normal(0, 0.04)),
        "blur": float(rng.uniform(0, 0.8)),
        "noise": float(rng.uniform(0, 0.6)),
        "hair": float(max(0.0, rng.normal(0, 0.25))),
        "ruler": float(rng.random() < 0.2),
        "jpeg": float(rng.uniform(0, 0.6)),
        "vignette": float(max(0.0, rng.normal(0, 0.4))),
        "skin_tone": float(rng.beta(1.5, 4)),
        "rotation": float(rng.uniform(-180, 180)),
        "scale": float(rng.uniform(0.8, 1.15)),
        "bubbles": float(max(0.0, rng.normal(-0.3, 0.4))),
        "corners": float(rng.random() < 0.2),
    }


def _placed(scene: Scene, nuisances: Mapping[str, float]) -> tuple[Floats, NDArray[np.bool_]]:
    light, mask = scene.light(), scene.mask()
    if nuisances["rotation"] != 0 or nuisances["scale"] != 1:
        centre = ((scene.size - 1) / 2, (scene.size - 1) / 2)
        move = cv2.getRotationMatrix2D(centre, nuisances["rotation"], nuisances["scale"])
        shape = (scene.size, scene.size)
        skin = [float(one) for one in skin_light(scene.tone)]
        light = np.asarray(cv2.warpAffine(light, move, shape, borderValue=skin), dtype=np.float32)
        mask = cv2.warpAffine(mask.astype(np.float32), move, shape) > 0.5
    return light * scene.skin_texture()[:, :, None], mask


PHANTOM = DermoscopyPhantom()
