"""What the attributes of a NIfTI header mean for the picture: the table of `docs/formats.md`."""

from typing import Final

from scafe.evals.data.attributes import Attribute, Standing
from scafe.evals.data.volumes.held import HELD_BY


def _row(name: str, standing: Standing, what: str) -> Attribute:
    return Attribute("NIfTI", name, standing, what, f"volumes/{HELD_BY[name]}")


SCALED: Final = _row(
    "scl_slope, scl_inter", "honoured", "values are stored values times slope plus intercept."
)
FORMS: Final = _row(
    "sform and qform, agreeing", "honoured", "the sform gives the grid, the qform is checked against it."
)
SFORM: Final = _row("sform alone", "honoured", "gives the grid; pixdim must have the same voxel size.")
QFORM: Final = _row("qform alone", "honoured", "gives the grid.")
NO_FORM: Final = _row(
    "sform_code = qform_code = 0",
    "honoured",
    "method 1 of the standard: axes as stored, size from pixdim; a mask must have none either.",
)
TURNED: Final = _row(
    "orientation other than RAS", "honoured", "turned to the closest right, anterior, superior axes."
)
OBLIQUE: Final = _row(
    "oblique axes", "honoured", "the slice is taken along the stored axes, which are not quite axial."
)
UNEQUAL: Final = _row(
    "unequal spacing in the slice",
    "honoured",
    "resampled to square pixels of the smaller side, image linearly and mask by nearest neighbour.",
)
THICK: Final = _row(
    "slice spacing", "irrelevant", "one slice is measured; it is not resampled across slices."
)
NIFTI2: Final = _row("NIfTI-2", "honoured", "64-bit dimensions and double affine.")
SWAPPED: Final = _row("big-endian", "honoured", "decoded by nibabel.")
ZIPPED: Final = _row(
    "gzip", "honoured", "unpacked as far as the header says; the rest must be there and pass its checksum."
)
ONE_OF_MORE: Final = _row("4th to 7th dimension of 1", "honoured", "dropped.")
FLAT: Final = _row("two dimensions", "honoured", "one slice.")
COLOUR: Final = _row("datatype RGB24", "honoured", "taken for sRGB.")
REAL: Final = _row(
    "datatype integer or float",
    "honoured",
    "seen through the window that evals/data/rules/intensity.py states.",
)
UNITS: Final = _row(
    "xyzt_units", "honoured", "metres and micrometres become millimetres; unknown is taken for millimetres."
)
CAL: Final = _row(
    "cal_min, cal_max", "irrelevant", "a wish for viewers; the window rule takes its place, alike for all."
)
INTENT: Final = _row("intent_code", "irrelevant", "what values mean does not change how they are read.")
EXTENDED: Final = _row("extensions", "irrelevant", "texts beside the picture.")

ATTRIBUTES: Final = (
    SCALED, FORMS, SFORM, QFORM, NO_FORM, TURNED, OBLIQUE, UNEQUAL, THICK, NIFTI2, SWAPPED, ZIPPED,
    ONE_OF_MORE, FLAT, COLOUR, REAL, UNITS, CAL, INTENT, EXTENDED,
    _row("sform and qform, disagreeing", "refused",
         "other axes or a voxel size off by over 1 %: one of them lies."),
    _row("pixdim against the affine", "refused", "a voxel size off by over 1 %: correct the header."),
    _row("singular affine", "refused", "no axis can be told from it."),
    _row("several volumes", "refused", "save the one to use as its own file."),
    _row("datatype complex", "refused", "save magnitude or phase."),
    _row("datatype RGBA32, float128, binary", "refused", "save RGB24, integer or float."),
    _row("NaN in the slice, outside the mask", "honoured", "no value there: background, shown black."),
    _row("NaN in the mask, infinite values in the slice", "refused", "fill them."),
    _row("hdr/img pair, ANALYZE 7.5", "refused", "save one .nii file."),
    _row("mask on another grid", "refused",
         "unless it differs by turned or mirrored axes only: then it is turned."),
    _row("dimensions above the bounds", "refused", "known from the header before anything is unpacked."),
)  # fmt: skip
"""Every row; what stands in none of them is refused."""
