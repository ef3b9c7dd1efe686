"""Scars that look like keloids or hypertrophic scars, with everything about them known.

Skin optics colour them (`rendering.optics`), a height map shades them, a camera spoils them.
The ranges of the dials follow measured values where there are any (`scar_cohort` cites them).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.base import Dial, Flavour, Nuisance, PhantomImage
from scafe.knowledge.phantoms.rendering import optics
from scafe.knowledge.phantoms.rendering.nuisance import CAMERA, paint_hair, paint_ruler, photograph
from scafe.knowledge.phantoms.rendering.shading import Light, Shading, shade, spread_inside
from scafe.knowledge.phantoms.rendering.texture import stream
from scafe.knowledge.phantoms.scar_cohort import Latents, draw_latents
from scafe.knowledge.phantoms.scar_tissue import (
    Place,
    blood_map,
    height_map,
    melanin_map,
    out_of_frame,
    place_scar,
)

Pixels = NDArray[Any]
"""Float32 maps."""

SCAR_SATURATION = 0.60
"""Oxygen saturation in the scar: lower than skin, 0.45-0.75 across severity (Hsu 2015, BOE 6:390)."""
SKIN_GLOSS = 0.015

DIALS: tuple[Dial, ...] = (
    Dial("vascularity", 1.0, 8.0, 2.5, "ratio", "blood in the scar over blood in normal skin"),
    Dial("pigment", -0.7, 1.0, 0.0, "relative", "melanin of the scar minus that of skin, over that of skin"),
    Dial("pigment_mix", 0.0, 1.0, 0.0, "fraction", "patches of more and of less melanin, mean unchanged"),
    Dial("height", 0.0, 6.0, 1.5, "mm", "height above the skin plane"),
    Dial("relief", 0.0, 0.4, 0.06, "mm", "lumps and folds of the scar's surface"),
    Dial("border", 0.0, 1.0, 0.1, "fraction", "lobes and claws that leave the plain outline"),
    Dial("waist", 0.0, 0.7, 0.0, "fraction", "narrowing in the middle: butterfly, dumbbell"),
    Dial("elongation", 1.0, 7.0, 1.8, "ratio", "length over width"),
    Dial("asymmetry", 0.0, 1.0, 0.0, "fraction", "bulge on one side"),
    Dial("halo", 0.0, 1.5, 0.1, "fraction", "extra blood in the skin just past the margin"),
    Dial("rim", 0.0, 1.0, 0.0, "fraction", "blood of the rim against the centre, mean unchanged"),
    Dial("vessels", 0.0, 1.0, 0.0, "fraction", "visible branching vessels"),
    Dial("hatch", 0.0, 1.0, 0.0, "fraction", "marks of stitches across the scar"),
    Dial("gloss", 0.0, 0.4, 0.03, "fraction", "strength of the mirror-like reflection"),
    Dial("area", 3.0, 14.0, 6.0, "cm2", "area of the scar"),
)

NUISANCES: tuple[Nuisance, ...] = (
    *CAMERA,
    Nuisance("hair", 0.0, 1.0, 0.0, "hairs of the skin around; a scar grows few"),
    Nuisance("ruler", 0.0, 1.0, 0.0, "share of a ruler that shows at the lower edge"),
    Nuisance("skin_tone", -45.0, 62.0, 38.0, "individual typology angle of the normal skin, degrees"),
    Nuisance("rotation", -90.0, 90.0, 0.0, "direction of the long axis, degrees"),
    Nuisance("scale", 0.75, 1.3, 1.0, "magnification"),
    Nuisance("light_azimuth", -180.0, 180.0, -120.0, "direction of the light, degrees"),
    Nuisance("light_elevation", 30.0, 80.0, 45.0, "height of the light, degrees; 80 is almost a flash"),
)


@dataclass(frozen=True)
class ScarPhantom:
    """Photographs of keloids and hypertrophic scars."""

    kind: str = "scar"
    dials: tuple[Dial, ...] = DIALS
    nuisances: tuple[Nuisance, ...] = NUISANCES
    classes: tuple[str, ...] = ("hypertrophic", "keloid")

    def render(
        self,
        seed: int,
        dials: Mapping[str, float] | None = None,
        nuisances: Mapping[str, float] | None = None,
        size: int = 128,
    ) -> PhantomImage:
        """Render one scar; see `scafe.knowledge.phantoms.base.Phantom.render`."""
        turned = _settle(self.dials, dials or {}, "dial")
        around = _settle(self.nuisances, nuisances or {}, "nuisance")
        place = place_scar(seed, turned, around["rotation"], around["scale"], size)
        melanin = optics.melanin_for_ita(around["skin_tone"])
        image = _photographed(seed, place, turned, around)
        return PhantomImage(image, place.mask, _truth(turned, around, place, melanin))

    def bare(self, seed: int, size: int = 128) -> NDArray[np.uint8]:
        """Render skin without a scar; see `BareScenes`."""
        turned, around = _settle(self.dials, {}, "dial"), _settle(self.nuisances, {}, "nuisance")
        place = place_scar(seed, turned, around["rotation"], around["scale"], size)
        return _photographed(seed, out_of_frame(place), {**turned, "halo": 0.0}, around)

    def draw(self, seed: int, label: str, flavour: Flavour = "plain", size: int = 128) -> PhantomImage:
        """Draw one member of a cohort; see `scar_cohort.draw_latents` for the flavours."""
        latents: Latents = draw_latents(seed, label, flavour)
        return self.render(seed, latents.dials, latents.nuisances, size)


def _photographed(
    seed: int, place: Place, dials: Mapping[str, float], around: Mapping[str, float]
) -> NDArray[np.uint8]:
    lit = _lit_scar(seed, place, dials, around, optics.melanin_for_ita(around["skin_tone"]))
    lit = paint_hair(lit, seed, around["hair"], thin_where=place.cover)
    lit = paint_ruler(lit, around["ruler"], place.mm_per_px)
    return photograph(lit, seed, around)


def _settle(
    known: tuple[Dial, ...] | tuple[Nuisance, ...], asked: Mapping[str, float], what: str
) -> dict[str, float]:
    names = [one.name for one in known]
    for name in asked:
        if name not in names:
            raise KeyError(f"the scar phantom has no {what} {name!r}; it has {', '.join(names)}")
    settled = {one.name: float(asked.get(one.name, one.neutral)) for one in known}
    for one in known:
        if not one.low <= settled[one.name] <= one.high:
            raise ValueError(
                f"{what} {one.name} is {settled[one.name]:g}; it runs from {one.low:g} to {one.high:g}"
            )
    return settled


def _lit_scar(
    seed: int, place: Place, dials: Mapping[str, float], around: Mapping[str, float], melanin: float
) -> Pixels:
    shading = _shading(seed, place, dials, around)
    colour = _albedo(seed, place, dials, melanin)
    body = spread_inside(colour * shading.diffuse[..., None], place.mm_per_px)
    gloss = SKIN_GLOSS + (dials["gloss"] - SKIN_GLOSS) * place.cover
    return np.asarray(body + (gloss * shading.highlight)[..., None], dtype=np.float32)


def _albedo(seed: int, place: Place, dials: Mapping[str, float], melanin: float) -> Pixels:
    blood = blood_map(seed, place, dials)
    pigment = melanin_map(seed, place, dials, melanin)
    skin = optics.skin_table().colour(pigment, blood)
    scar = optics.skin_table(SCAR_SATURATION).colour(pigment, blood)
    return np.asarray(skin + place.cover[..., None] * (scar - skin), dtype=np.float32)


def _shading(seed: int, place: Place, dials: Mapping[str, float], around: Mapping[str, float]) -> Shading:
    height = height_map(seed, place, dials)
    azimuth = math.radians(around["light_azimuth"]) + stream(seed, "light").uniform(-0.4, 0.4)
    return shade(height, place.mm_per_px, Light(azimuth, math.radians(around["light_elevation"])))


def _truth(
    dials: Mapping[str, float], around: Mapping[str, float], place: Place, melanin: float
) -> dict[str, float]:
    return {
        **dials,
        **around,
        "area_px": float(place.mask.sum()),
        "fill": float(place.mask.mean()),
        "mm_per_px": place.mm_per_px,
        "melanin": melanin,
        "blood": optics.SKIN_BLOOD,
        "ita_deg": around["skin_tone"],
    }


PHANTOM = ScarPhantom()
