"""One slice of a NIfTI volume as an extractor sees it.

The volume is turned to its closest canonical axes (right, anterior, superior). With a mask the axial slice
with the largest outline is taken, without one the middle slice; `slice_of` says which and its spacing.
Values run from the 1st to the 99th percentile of the volume, so that scanners without a fixed unit compare.
"""

import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.pixels import check_size
from scafe.evals.data.sources import Decoded, Optional, digest, needed, read_bytes
from scafe.knowledge.contract.errors import DatasetError
from scafe.sandbox.pool.pool import ImageAndMask

SUFFIXES = (".nii", ".nii.gz")
MAX_VOXELS = 200_000_000
PERCENTILES = (1.0, 99.0)
NIBABEL = Optional("nibabel", "nifti", "NIfTI files")


@dataclass(frozen=True)
class Slice:
    """Which slice of a volume was taken."""

    index: int
    """Along the axis that runs to the head, from 0."""
    of: int
    spacing_mm: tuple[float, float]
    """Edge lengths of a pixel in the slice."""


@dataclass(frozen=True)
class NiftiFile:
    """A NIfTI volume and, if there is one, its mask volume of the same shape."""

    image: Path
    mask: Path | None = None

    def read(self, where: str) -> Decoded:
        """Decode both files; see `Pixels.read`."""
        data = read_bytes(self.image, where)
        volume = load_volume(data, where)
        if self.mask is None:
            grey = displayed(volume.values, volume.values.shape[2] // 2)
            return Decoded(_pair(grey, np.ones(grey.shape, dtype=bool)), digest(data))
        named = f"{where}, mask {self.mask.name}"
        outline = read_bytes(self.mask, named)
        marked = load_volume(outline, named).values > 0.5
        if marked.shape != volume.values.shape:
            raise DatasetError(
                f"{named}: the mask has {_size(marked)} voxels but its volume {_size(volume.values)}; "
                "resample the mask onto the volume"
            )
        index = largest_slice(marked, named)
        pair = _pair(displayed(volume.values, index), np.rot90(marked[:, :, index]))
        return Decoded(pair, digest(data, outline))


@dataclass(frozen=True)
class Volume:
    """Values on canonical axes."""

    values: NDArray[np.float64]
    """(right, anterior, superior)."""
    spacing_mm: tuple[float, float, float]


def load_volume(data: bytes, where: str) -> Volume:
    """Read a three-dimensional volume.

    Raises
    ------
    DatasetError
        If it is no NIfTI, not three-dimensional, too large, or holds values that are not numbers.
    """
    nibabel = needed(NIBABEL, where)
    try:
        raw = _unpacked(data, where)
        image = nibabel.as_closest_canonical(nibabel.Nifti1Image.from_bytes(raw))
        _require_shape(image, where)
        values = np.asarray(image.dataobj, dtype=np.float64)
    except DatasetError:
        raise
    except Exception as error:  # damaged headers raise anything from ValueError to ImageFileError
        kind = type(error).__name__
        raise DatasetError(f"{where}: not readable NIfTI ({kind}); copy it again or leave it out") from None
    if not np.isfinite(values).all():
        raise DatasetError(
            f"{where}: the volume holds values that are not numbers; fill them or leave it out"
        )
    spacing = tuple(float(zoom) for zoom in image.header.get_zooms()[:3])
    return Volume(values.reshape(values.shape[:3]), (spacing[0], spacing[1], spacing[2]))


def slice_of(volume: Volume, index: int) -> Slice:
    """Say which slice was taken, and its spacing."""
    return Slice(index, volume.values.shape[2], volume.spacing_mm[:2])


def largest_slice(marked: NDArray[np.bool_], where: str) -> int:
    """Return the axial slice with the largest outline."""
    areas = marked.sum(axis=(0, 1))
    if not areas.any():
        raise DatasetError(f"{where}: the mask marks no voxel; draw the lesion or leave the row out")
    return int(areas.argmax())


def displayed(values: NDArray[np.float64], index: int) -> NDArray[np.uint8]:
    """Return one axial slice as (H, W) uint8, anterior up."""
    low, high = np.percentile(values, PERCENTILES)
    grey = np.clip((values[:, :, index] - low) / max(float(high - low), 1e-12), 0, 1)
    return np.asarray(np.rot90(np.rint(255 * grey).astype(np.uint8)))


def _pair(grey: NDArray[np.uint8], mask: NDArray[np.bool_]) -> ImageAndMask:
    return ImageAndMask(np.repeat(grey[:, :, None], 3, axis=2), np.ascontiguousarray(mask))


def _unpacked(data: bytes, where: str) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    limit = 8 * MAX_VOXELS
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        raw = file.read(limit + 1)
    if len(raw) > limit:
        raise DatasetError(f"{where}: unpacks to more than {limit // 10**6} MB; crop the volume")
    return raw


def _require_shape(image: Any, where: str) -> None:
    shape = tuple(int(n) for n in image.shape)
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3:
        raise DatasetError(
            f"{where}: the volume has {len(shape)} dimensions; save one three-dimensional volume"
        )
    if int(np.prod(shape)) > MAX_VOXELS:
        raise DatasetError(
            f"{where}: {int(np.prod(shape))} voxels are more than {MAX_VOXELS}; crop the volume"
        )
    check_size(shape[0], shape[1], where)


def _size(array: NDArray[Any]) -> str:
    return "×".join(str(n) for n in array.shape)
