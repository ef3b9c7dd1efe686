"""One slice of a NIfTI volume as an extractor sees it.

The volume is turned to its closest canonical axes (right, anterior, superior). With a mask the axial slice
with the largest outline is taken, without one the middle slice. Values become grey levels by the rule that
`evals/data/rules/intensity.py` states; pixels of unequal sides are resampled to square ones. The table of
`evals/data/volumes/table.py` says what else of a header is honoured.
"""

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.attributes import Attribute
from scafe.evals.data.rules.bounds import check_size
from scafe.evals.data.rules.contained import contained
from scafe.evals.data.rules.intensity import grey_levels, window_of
from scafe.evals.data.rules.masks import marked
from scafe.evals.data.rules.reading import AS_USUAL, Reading
from scafe.evals.data.rules.squared import squared
from scafe.evals.data.sources import Decoded, FilePath, Optional, digest, needed, read_bytes
from scafe.evals.data.volumes import table
from scafe.evals.data.volumes.grid import Grid, onto
from scafe.evals.data.volumes.volume import Volume, open_volume
from scafe.knowledge.contract.errors import DatasetError
from scafe.sandbox.pool.pool import ImageAndMask

SUFFIXES = (".nii", ".nii.gz")
ATTRIBUTES: tuple[Attribute, ...] = table.ATTRIBUTES
READER = b"nifti@2"
"""Changes when the same bytes may give other pixels; part of every volume's hash."""
LARGEST = 1e30
"""Magnitude from which a value is no measurement: infinite, or a number that stands for "no data"."""
NIBABEL = Optional("nibabel", "nifti", "NIfTI files")


@dataclass(frozen=True)
class NiftiFile:
    """A NIfTI volume and, if there is one, its mask volume."""

    image: FilePath
    mask: FilePath | None = None
    reading: Reading = AS_USUAL

    def read(self, where: str) -> Decoded:
        """Decode both files; see `Pixels.read`."""
        nibabel = needed(NIBABEL, where)
        data = read_bytes(self.image, where)
        volume = open_volume(data, nibabel, where)
        outline, data_of_mask = None, b""
        if self.mask is not None:
            named = f"{where}, mask {os.path.basename(self.mask)}"
            data_of_mask = read_bytes(self.mask, named)
            outline = _outline(open_volume(data_of_mask, nibabel, named), volume.grid, self.reading, named)
        pair, spacing = _slice(volume, outline, self.reading, where)
        marks = (READER, self.reading.window.encode(), *self.reading.marks())
        return Decoded(
            pair, digest(data, data_of_mask, *marks), volume.met, (spacing, spacing), volume.grid.box_mm
        )


def _outline(mask: Volume, image: Grid, reading: Reading, where: str) -> NDArray[np.bool_]:
    """Return the marked voxels on the image's canonical axes."""
    if mask.is_colour:
        raise DatasetError(f"{where}: the mask holds colours; save it with 0 and 1")
    with contained(where, "the mask cannot be decoded", "copy it again or leave it out"):
        values = mask.values()
    own = marked(values, where, reading.mask_label)
    placed = onto(own, mask.grid, image, mask.nibabel, where)
    return np.asarray(mask.nibabel.apply_orientation(placed, mask.nibabel.io_orientation(image.affine)))


def _slice(
    volume: Volume, outline: NDArray[np.bool_] | None, reading: Reading, where: str
) -> tuple[ImageAndMask, float]:
    index = volume.canonical_shape[2] // 2 if outline is None else int(outline.sum(axis=(0, 1)).argmax())
    with contained(where, "the volume cannot be decoded", "copy it again or leave it out"):
        plane = volume.plane(index)
    check_size(plane.shape[0], plane.shape[1], where)
    mask = None if outline is None else outline[:, :, index]
    shown = np.rot90(plane if volume.is_colour else _grey(volume, plane, mask, reading, where))
    seen = np.ones(shown.shape[:2], dtype=bool) if mask is None else np.rot90(mask)
    across, along = volume.canonical_spacing[:2]
    image, seen, side = squared(
        np.ascontiguousarray(shown), np.ascontiguousarray(seen), (along, across), where
    )
    return ImageAndMask(image, seen), side


def _grey(
    volume: Volume,
    plane: NDArray[np.float64],
    mask: NDArray[np.bool_] | None,
    reading: Reading,
    where: str,
) -> NDArray[np.uint8]:
    seen = volume.values() if reading.window == "volume@1" else plane
    lesion = plane if mask is None else plane[mask]
    if (
        (np.abs(np.asarray(seen, np.float64)) > LARGEST).any()
        or np.isnan(seen).all()
        or (mask is not None and np.isnan(lesion).any())
    ):
        raise DatasetError(f"{where}: the slice holds values that are not numbers; fill them or leave it out")
    grey = grey_levels(plane, window_of(np.asarray(seen, np.float64), mask, reading.window))
    return np.repeat(grey[:, :, None], 3, axis=2)
