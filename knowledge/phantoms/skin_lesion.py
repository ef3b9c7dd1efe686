"""Phone photographs of skin lesions: pigmented, keratotic, raised, eroded, with everything known.

Not a model of a disease: benign and malignant differ by the dials of `CLASS_DIALS`, drawn by us so that
the classes overlap, with signs from the ABCDE rule (Rigel, Arch Dermatol 2005;141:1032,
doi:10.1001/archderm.141.8.1032) and from descriptions of basal and squamous cell carcinoma
(Cameron, J Am Acad Dermatol 2019;80:303, doi:10.1016/j.jaad.2018.03.060; Que, J Am Acad Dermatol
2018;78:237, doi:10.1016/j.jaad.2017.08.059). Sizes are assumptions.
"""

from collections.abc import Mapping

import numpy as np

from scafe.knowledge.phantoms.base import Dial, Flavour, Nuisance, PhantomImage
from scafe.knowledge.phantoms.cohort import Spread, draw_dials, shortcut
from scafe.knowledge.phantoms.rendering.camera import settle
from scafe.knowledge.phantoms.rendering.nuisance import CAMERA, paint_hair, paint_ruler, photograph
from scafe.knowledge.phantoms.rendering.texture import stream
from scafe.knowledge.phantoms.skin_lesion_scene import Scene

DIALS = (
    Dial("asymmetry", 0.0, 1.0, 0.2, "fraction", "departure of outline and pigment from mirror symmetry"),
    Dial("border", 0.0, 1.0, 0.15, "fraction", "notches and ragged edges of the outline"),
    Dial("colours", 1.0, 4.0, 1.0, "count", "dark brown, blue-grey and red patches beside the main colour"),
    Dial("pigment", 0.0, 0.9, 0.15, "fraction", "melanin of the lesion between that of skin and the darkest"),
    Dial("redness", 1.0, 7.0, 2.0, "ratio", "blood in the lesion over blood in normal skin"),
    Dial("elevation", 0.0, 3.0, 0.4, "mm", "height above the skin"),
    Dial("ulcer", 0.0, 1.0, 0.0, "fraction", "erosion with crust and dried blood about the middle"),
    Dial("horn", 0.0, 1.0, 0.0, "fraction", "whitish-yellow scale of keratin"),
    Dial("pearl", 0.0, 1.0, 0.05, "fraction", "smooth, mirror-like surface"),
    Dial("vessels", 0.0, 1.0, 0.0, "fraction", "thin branching vessels that run in from the margin"),
    Dial("diameter", 6.0, 15.0, 10.0, "mm", "mean width; no criterion may read it without a scale"),
)

NUISANCES = (
    *CAMERA,
    Nuisance("hair", 0.0, 1.0, 0.0, "dark hairs over everything"),
    Nuisance("ruler", 0.0, 1.0, 0.0, "share of a ruler that shows at the lower edge"),
    Nuisance("skin_tone", -45.0, 62.0, 42.0, "individual typology angle of the normal skin, degrees"),
    Nuisance("rotation", -90.0, 90.0, 0.0, "degrees"),
    Nuisance("scale", 0.75, 1.3, 1.0, "magnification"),
    Nuisance("light_azimuth", -180.0, 180.0, -120.0, "direction of the light, degrees"),
    Nuisance("light_elevation", 30.0, 80.0, 50.0, "height of the light, degrees; 80 is almost a flash"),
)

CLASS_DIALS: dict[str, tuple[Spread, Spread]] = {
    "asymmetry": (Spread(0.22, 0.16), Spread(0.45, 0.22)),
    "border": (Spread(0.15, 0.15), Spread(0.38, 0.25)),
    "colours": (Spread(1.3, 0.5), Spread(1.9, 0.8)),
    "pigment": (Spread(0.35, 0.25), Spread(0.22, 0.25)),
    "redness": (Spread(2.2, 1.2), Spread(3.4, 1.5)),
    "elevation": (Spread(0.6, 0.6), Spread(0.9, 0.8)),
    "ulcer": (Spread(-0.1, 0.15), Spread(0.15, 0.3)),
    "horn": (Spread(0.15, 0.25), Spread(0.15, 0.28)),
    "pearl": (Spread(0.08, 0.12), Spread(0.3, 0.28)),
    "vessels": (Spread(-0.05, 0.15), Spread(0.22, 0.3)),
    "diameter": (Spread(9.5, 2.2), Spread(9.5, 2.2)),
}
"""(benign, malignant); signs after the sources in the module's docstring, sizes are assumptions."""


class SkinLesionPhantom:
    """Implements `Phantom` for clinical photographs of skin lesions."""

    kind = "skin_lesion"
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
        """Render one lesion; see `Phantom.render`."""
        turned = settle(DIALS, dials, self.kind)
        around = settle(NUISANCES, nuisances, self.kind)
        scene = Scene(seed, turned, around, size)
        lit = paint_hair(scene.light(), seed, around["hair"])
        lit = paint_ruler(lit, around["ruler"], scene.mm_per_px)
        truth = {
            **turned,
            **around,
            "area_px": float(scene.mask.sum()),
            "mm_per_px": scene.mm_per_px,
            "ita_deg": around["skin_tone"],
        }
        return PhantomImage(photograph(lit, seed, around), scene.mask, truth)

    def draw(self, seed: int, label: str, flavour: Flavour = "plain", size: int = 128) -> PhantomImage:
        """Draw one lesion of a class; see `Phantom.draw`."""
        if label not in self.classes:
            raise KeyError(f"phantom {self.kind} draws {', '.join(self.classes)}, not {label!r}")
        positive = label == self.classes[1]
        rng = stream(seed, "cohort")
        dials = draw_dials(rng, DIALS, CLASS_DIALS, positive and flavour != "null")
        nuisances = _drawn_nuisances(rng)
        shortcut(nuisances, flavour, positive)
        if flavour == "shortcut_camera" and positive:
            nuisances["white_balance"] += 0.08
        return self.render(seed, dials, nuisances, size)


def _drawn_nuisances(rng: np.random.Generator) -> dict[str, float]:
    return {
        "light": float(rng.uniform(0.8, 1.15)),
        "light_gradient": float(rng.uniform(0, 0.2)),
        "white_balance": float(np.clip(rng.normal(0, 0.04), -0.1, 0.1)),
        "blur": float(rng.uniform(0, 1.0)),
        "noise": float(rng.uniform(0, 0.6)),
        "jpeg": float(rng.uniform(0, 0.7)),
        "hair": float(np.clip(rng.normal(0, 0.25), 0, 1)),
        "ruler": float(rng.random() < 0.1),
        "skin_tone": float(np.clip(rng.normal(38, 16), -40, 60)),
        "rotation": float(rng.uniform(-90, 90)),
        "scale": float(rng.uniform(0.8, 1.25)),
        "light_azimuth": float(rng.uniform(-180, 180)),
        "light_elevation": float(rng.uniform(40, 75)),
    }


PHANTOM = SkinLesionPhantom()
