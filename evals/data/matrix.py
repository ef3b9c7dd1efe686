"""The rows of every reader in one place: what `docs/formats.md` is written from.

A reader that is added keeps its rows beside its code and is named in `FAMILIES`.
"""

from dataclasses import dataclass

from scafe.evals.data.attributes import Attribute, Limit
from scafe.evals.data.dcm.rows import table as dicom
from scafe.evals.data.pictures import table as pictures
from scafe.evals.data.pictures import tiff_table as tiff
from scafe.evals.data.rules import bounds
from scafe.evals.data.rules import table as rules
from scafe.evals.data.volumes import table as nifti


@dataclass(frozen=True)
class Family:
    """Formats that one reader reads."""

    name: str
    attributes: tuple[Attribute, ...] = ()
    limits: tuple[Limit, ...] = ()


SHARED = (
    Limit("any file", "bytes on the disk", bounds.MAX_FILE_BYTES),
    Limit("any image", "pixels, before and after resampling to square ones", bounds.MAX_PIXELS),
    Limit("any image", "longer to shorter side of a pixel", int(bounds.MAX_SQUARING), "to 1"),
    Limit("NIfTI", "voxels", bounds.MAX_VOXELS),
    Limit("NIfTI", "bytes after unpacking", bounds.MAX_VOLUME_BYTES),
    Limit("TIFF", "pages that are walked", bounds.MAX_PAGES),
    Limit("PNG, JPEG", "chunks or segments", bounds.MAX_CHUNKS),
)
FAMILIES = (
    Family("PNG, JPEG, GIF, BMP, WebP, PPM", pictures.ATTRIBUTES),
    Family("TIFF", tiff.ATTRIBUTES),
    Family("NIfTI", nifti.ATTRIBUTES),
    Family("DICOM", dicom.ATTRIBUTES, dicom.LIMITS),
    Family("Masks", rules.MASKS),
    Family("Grey levels of volumes", rules.WINDOWS),
    Family("Limits of all formats", limits=SHARED),
)
"""In the order of the page."""


def attributes() -> tuple[Attribute, ...]:
    """Return every reader's rows, in the order of the page."""
    return tuple(row for family in FAMILIES for row in family.attributes)
