"""What a mask of each region outlines, in words, as the reference locators and the phantoms mean it."""

from collections.abc import Mapping
from types import MappingProxyType

OUTLINES: Mapping[str, str] = MappingProxyType(
    {
        "dermoscopy_lesion": "the pigmented lesion, up to a little outside its pigment",
        "ultrasound_mass": "the mass in a B-mode frame, up to its border, without the shadow behind it",
        "radiograph_lungs": "both lung fields, without heart and mediastinum",
        "mri_tumour": "the whole tumour with its necrosis, oedema left out",
        "scar_scar": "the scar, up to where normal skin begins",
        "photo_lesion": "the lesion with its crust and scale, without the reddened skin around it",
    }
)
"""Name of a reference locator -> what its mask outlines."""
