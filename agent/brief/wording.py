"""Words that follow the modality: what must not matter, what else could be measured, which primitives fit.

Skin, sRGB and CIELAB are no words for one grey channel. What a pack's region is called is the brief's; this
file only knows kinds of images.
"""

from dataclasses import dataclass, replace

from scafe.sandbox.language.primitives import Primitive, primitives

PHOTOGRAPHS = ("clinical_photo", "dermoscopy")
COLOUR = (*PHOTOGRAPHS, "histology")
FITS: dict[str, tuple[str, ...]] = {
    "colour_clusters": COLOUR, "lab": COLOUR, "lch": COLOUR, "linear_light": COLOUR,
    "optical_density": COLOUR, "stains": ("histology",),
    "hair_mask": PHOTOGRAPHS, "without_hair": PHOTOGRAPHS, "skin_ring": PHOTOGRAPHS,
    "ruler_mask": PHOTOGRAPHS, "specular_mask": COLOUR, "dark_corners": ("dermoscopy",),
    "depth_normalised": ("ultrasound",), "despeckled": ("ultrasound",), "lung_field": ("radiograph",),
}  # fmt: skip
"""Primitive -> kinds of images whose prompts name it; the others are for every kind. All may be called."""


@dataclass(frozen=True)
class Wording:
    """How one kind of image is spoken of."""

    must_not_matter: str
    """What a measurement must not move with."""
    around: str
    """What lies around the region."""
    principles: str
    """Other things that a new idea could rest on, each against what it replaces."""
    kinds: str
    """Kinds of measurements that differ in principle."""
    unit: str
    """A unit as an example."""
    span: str
    """A range in that unit."""
    values: str
    """What the numbers of an image mean; '' where it need not be said."""
    is_grey: bool = False
    """Whether colour means nothing."""


SHAPES = "shape instead of texture, a ratio instead of a difference"
COLOURED = Wording(
    must_not_matter="light, camera, focus or scale",
    around="tissue",
    principles=f"another colour space, texture instead of colour, {SHAPES}",
    kinds="colour, texture, shape, comparison with the surroundings",
    unit="CIELAB",
    span="[-20, 40]",
    values="Values are sRGB-coded, as a camera stores them: decode them where linear light is asked for.",
)
ON_SKIN = replace(COLOURED, must_not_matter="light, camera, focus, scale or skin tone", around="skin")
GREY = Wording(
    must_not_matter="gain, contrast, noise or scale",
    around="tissue",
    principles=f"texture instead of brightness, {SHAPES}, another scale or direction",
    kinds="brightness, texture, shape, comparison with the surroundings",
    unit="share of median",
    span="[-4, 4]",
    values="Its three channels are equal: one grey value as displayed, without a unit; `tk.grey` reads it.",
    is_grey=True,
)
WORDINGS: dict[str, Wording] = {
    "clinical_photo": ON_SKIN,
    "dermoscopy": ON_SKIN,
    "histology": replace(COLOURED, must_not_matter="stain, light, focus or scanner"),
    "ultrasound": replace(GREY, must_not_matter="gain, depth, speckle, focus or scale"),
    "radiograph": replace(GREY, must_not_matter="exposure, contrast, noise, projection or scale"),
    "mri": replace(
        GREY,
        must_not_matter="intensity scale, bias field, noise or scale",
        values="Each channel is one sequence, in a scale of its own: compare within a channel.",
    ),
}
"""Kind of image -> how it is spoken of."""


def wording_of(modality: str, channels: tuple[str, ...]) -> Wording:
    """Return the words for a kind of image; another kind is spoken of by its channels."""
    return WORDINGS.get(modality, COLOURED if channels == ("R", "G", "B") else replace(GREY, values=""))


def inside_of(region: str, modality: str) -> str:
    """Return what lies inside a mask, in a word; a pack without a region measures a section whole."""
    return region or ("tissue" if modality == "histology" else "lesion")


def fitting(modality: str) -> tuple[Primitive, ...]:
    """Return the primitives that a prompt for this kind of image names.

    Examples
    --------
    >>> {"hair_mask", "stains"} & {one.name for one in fitting("ultrasound")}
    set()
    """
    return tuple(
        one
        for one in primitives()
        if modality not in WORDINGS or one.name not in FITS or modality in FITS[one.name]
    )
