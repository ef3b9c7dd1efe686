"""Which reader a file needs, by its name and its first bytes; several files as channels of one image."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scafe.evals.data import dicom, nifti
from scafe.evals.data.pixels import SUFFIXES as PICTURES
from scafe.evals.data.pixels import decode_image
from scafe.evals.data.sources import Decoded, Pixels, digest, mask_for, read_bytes
from scafe.knowledge.contract.errors import DatasetError
from scafe.sandbox.pool.pool import ImageAndMask

SUFFIXES = (*PICTURES, *dicom.SUFFIXES, *nifti.SUFFIXES)


@dataclass(frozen=True)
class ImageFile:
    """An image file and, if there is one, its mask file."""

    image: Path
    mask: Path | None = None

    def read(self, where: str) -> Decoded:
        """Decode both files; see `Pixels.read`."""
        data = read_bytes(self.image, where)
        image = decode_image(data, where)
        mask, outline = mask_for(image, self.mask, where)
        return Decoded(ImageAndMask(image, mask), digest(data, outline))


@dataclass(frozen=True)
class ChannelFiles:
    """One file per channel (T2, FLAIR, …), registered onto each other, and one mask."""

    channels: tuple[str, ...]
    files: tuple[Path, ...]
    mask: Path | None = None

    def read(self, where: str) -> Decoded:
        """Stack the first plane of every file; see `Pixels.read`."""
        planes = [
            pixels_of(file, self.mask).read(f"{where}, channel {channel}")
            for channel, file in zip(self.channels, self.files, strict=True)
        ]
        shapes = {plane.pair.image.shape[:2] for plane in planes}
        if len(shapes) > 1:
            found = ", ".join(f"{shape[1]}×{shape[0]}" for shape in sorted(shapes))
            raise DatasetError(f"{where}: the channels have different sizes ({found}); register them first")
        image = np.stack([plane.pair.image[:, :, 0] for plane in planes], axis=2)
        return Decoded(
            ImageAndMask(image, planes[0].pair.mask),
            digest(*(plane.sha256.encode() for plane in planes)),
            frozenset().union(*(plane.met for plane in planes)),
            planes[0].spacing_mm,
        )


def pixels_of(image: Path, mask: Path | None = None) -> Pixels:
    """Return the reader for one image file."""
    name = image.name.lower()
    if name.endswith(nifti.SUFFIXES):
        return nifti.NiftiFile(image, mask)
    if name.endswith(dicom.SUFFIXES) or is_dicom(image):
        return dicom.DicomFile(image, mask)
    return ImageFile(image, mask)


def channels_of(channels: Sequence[str], files: Sequence[Path], mask: Path | None = None) -> Pixels:
    """Return the reader for one file per channel."""
    return ChannelFiles(tuple(channels), tuple(files), mask)


def is_dicom(path: Path) -> bool:
    """Tell a DICOM file by its preamble; scanners write them without a suffix."""
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except (OSError, ValueError):
        return False


def stem_of(path: Path) -> str:
    """Return a file's name without its suffix, `.nii.gz` taken as one."""
    return path.name[: -len(".nii.gz")] if path.name.lower().endswith(".nii.gz") else path.stem


def is_known(path: Path) -> bool:
    """Whether a file looks like an image of a format that can be read."""
    return path.name.lower().endswith(SUFFIXES) or is_dicom(path)
