"""Which reader a file needs, by its name and its first bytes; several files as channels of one image."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from scafe.evals.data import dicom, nifti
from scafe.evals.data.pictures import table, tiff_table
from scafe.evals.data.pictures.by_pillow import BEGINNINGS, ENDINGS
from scafe.evals.data.pixels import SUFFIXES as PICTURES
from scafe.evals.data.pixels import read_picture
from scafe.evals.data.rules.reading import AS_USUAL, Reading
from scafe.evals.data.rules.squared import squared
from scafe.evals.data.sources import Decoded, FilePath, Pixels, digest, first_bytes, mask_for, read_bytes
from scafe.evals.data.volumes.grid import SAME_PLACE
from scafe.knowledge.contract.errors import DatasetError
from scafe.sandbox.pool.pool import ImageAndMask

CHANGED = {
    table.PROFILE, table.GAMMA, table.PIXEL_SIDES, table.PNG_16, *tiff_table.ATTRIBUTES,
}  # fmt: skip
"""Attributes whose pictures have other pixels since the second version of the reader."""
SUFFIXES = (*PICTURES, *dicom.SUFFIXES, *nifti.SUFFIXES)


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image file and, if there is one, its mask file."""

    image: FilePath
    mask: FilePath | None = None
    reading: Reading = AS_USUAL

    def read(self, where: str) -> Decoded:
        """Decode both files; see `Pixels.read`."""
        data = read_bytes(self.image, where)
        found = read_picture(data, where)
        mask, outline = mask_for(found.image, self.mask, where, self.reading.mask_label)
        image, mask, _ = squared(found.image, mask, found.sides, where)
        met = found.met | ({table.ENDING} if has_other_ending(self.image, data) else set())
        marks = (b"pictures@2",) if found.met & CHANGED else ()
        return Decoded(
            ImageAndMask(image, mask),
            digest(data, outline, *marks, *self.reading.marks()),
            met,
            _smaller(found.spacing_mm),
        )


@dataclass(frozen=True)
class ChannelFiles:
    """One file per channel (T2, FLAIR, …), registered onto each other, and one mask."""

    channels: tuple[str, ...]
    files: tuple[FilePath, ...]
    mask: FilePath | None = None
    reading: Reading = AS_USUAL

    def read(self, where: str) -> Decoded:
        """Stack the first plane of every file; see `Pixels.read`."""
        planes = [
            read_as(pixels_of(file, self.mask), self.reading).read(f"{where}, channel {channel}")
            for channel, file in zip(self.channels, self.files, strict=True)
        ]
        shapes = {plane.pair.image.shape[:2] for plane in planes}
        if len(shapes) > 1:
            found = ", ".join(f"{shape[1]}×{shape[0]}" for shape in sorted(shapes))
            raise DatasetError(f"{where}: the channels have different sizes ({found}); register them first")
        if not all(_same_place(planes[0], plane) for plane in planes):
            raise DatasetError(
                f"{where}: the channels have the same size but lie in different places; "
                "resample them onto one of them"
            )
        image = np.stack([plane.pair.image[:, :, 0] for plane in planes], axis=2)
        return Decoded(
            ImageAndMask(image, planes[0].pair.mask),
            digest(*(plane.sha256.encode() for plane in planes)),
            frozenset().union(*(plane.met for plane in planes)),
            planes[0].spacing_mm,
            planes[0].box_mm,
        )


def _same_place(one: Decoded, other: Decoded) -> bool:
    if one.box_mm is None or other.box_mm is None or one.spacing_mm is None:
        return one.box_mm == other.box_mm
    return bool(np.allclose(one.box_mm, other.box_mm, rtol=0, atol=SAME_PLACE * one.spacing_mm[0]))


def pixels_of(image: FilePath, mask: FilePath | None = None) -> Pixels:
    """Return the reader for one image file."""
    file, outline = str(image), None if mask is None else str(mask)
    if file.lower().endswith(nifti.SUFFIXES):
        return nifti.NiftiFile(file, outline)
    if file.lower().endswith(dicom.SUFFIXES) or is_dicom(file):
        return dicom.DicomFile(file, outline)
    return ImageFile(file, outline)


def read_as(pixels: Pixels, reading: Reading) -> Pixels:
    """Return a reader that reads as a user chose; one that knows no choice is returned as it is."""
    return replace(pixels, reading=reading) if hasattr(pixels, "reading") else pixels  # type: ignore[type-var]


def has_other_ending(path: FilePath, data: bytes) -> bool:
    """Whether the name of a picture promises another format than its content has."""
    found = next((name for name, begin in BEGINNINGS.items() if data.startswith(tuple(begin))), None)
    return found is not None and not str(path).lower().endswith(ENDINGS[found])


def _smaller(spacing: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if spacing is None else (min(spacing), min(spacing))


def channels_of(channels: Sequence[str], files: Sequence[FilePath], mask: FilePath | None = None) -> Pixels:
    """Return the reader for one file per channel."""
    files = tuple(str(file) for file in files)
    return ChannelFiles(tuple(channels), files, None if mask is None else str(mask))


def is_dicom(path: FilePath) -> bool:
    """Tell a DICOM file by its first bytes: scanners write them without suffix, some without preamble."""
    return dicom.is_header(first_bytes(path, 132))


def stem_of(path: Path) -> str:
    """Return a file's name without its suffix, `.nii.gz` taken as one."""
    return path.name[: -len(".nii.gz")] if path.name.lower().endswith(".nii.gz") else path.stem


def is_known(path: Path) -> bool:
    """Whether a file looks like an image of a format that can be read."""
    return path.name.lower().endswith(SUFFIXES) or is_dicom(path)
