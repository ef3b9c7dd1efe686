"""A NIfTI volume whose voxels are decoded by nibabel when they are asked for, one slice at a time."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.attributes import Attribute
from scafe.evals.data.rules.contained import contained
from scafe.evals.data.rules.squared import is_square
from scafe.evals.data.volumes import table
from scafe.evals.data.volumes.grid import Grid, grid_of
from scafe.evals.data.volumes.unpack import AGAIN, GZIP, unpacked
from scafe.knowledge.contract.errors import DatasetError

KINDS: Final = "biuf"
"""Of numpy's kinds of numbers, those that are grey values."""


@dataclass(frozen=True)
class Volume:
    """One three-dimensional volume; values on demand."""

    proxy: Any
    """nibabel's array proxy: scaled values of what is indexed."""
    grid: Grid
    met: frozenset[Attribute]
    is_colour: bool
    nibabel: Any

    @property
    def orientation(self) -> NDArray[np.float64]:
        """Nibabel's table from stored to canonical axes."""
        return np.asarray(self.nibabel.io_orientation(self.grid.affine))

    @property
    def canonical_shape(self) -> tuple[int, int, int]:
        """Sides along right, anterior, superior."""
        x, y, z = (self.grid.shape[int(one)] for one in self._order())
        return x, y, z

    @property
    def canonical_spacing(self) -> tuple[float, float, float]:
        """Edge lengths along right, anterior, superior, in mm."""
        x, y, z = (self.grid.spacing[int(one)] for one in self._order())
        return x, y, z

    def values(self) -> NDArray[Any]:
        """Return all scaled values on the stored axes."""
        return np.asarray(self.proxy).reshape(self.grid.shape)

    def plane(self, index: int) -> NDArray[Any]:
        """Return one axial slice, (x, y) float64 or (x, y, 3) uint8, on canonical axes."""
        axis = int(self._order()[2])
        at = index if self.orientation[axis, 1] > 0 else self.grid.shape[axis] - 1 - index
        where: list[Any] = [slice(None)] * len(self.proxy.shape)
        where[axis : axis + 1] = [slice(at, at + 1)] * (axis < len(where))
        thin = tuple(1 if n == axis else side for n, side in enumerate(self.grid.shape))
        taken = np.asanyarray(self.proxy[tuple(where)]).reshape(thin)
        turned = self.nibabel.apply_orientation(taken, self.orientation)[:, :, 0]
        if self.is_colour:
            return np.asarray(np.stack([turned[name] for name in "RGB"], axis=2))
        return np.asarray(turned, dtype=np.float64)

    def _order(self) -> NDArray[np.intp]:
        return np.argsort(self.orientation[:, 0])


def open_volume(data: bytes, nibabel: Any, where: str) -> Volume:
    """Read the header of a volume and check all of it that matters.

    Raises
    ------
    DatasetError
        If it is no NIfTI, is too large, or has an attribute that is refused (named).
    """
    raw, header = unpacked(data, nibabel, where)
    with contained(where, "not readable NIfTI", AGAIN):
        shape = _spatial(tuple(int(side) for side in header["dim"][1 : int(header["dim"][0]) + 1]), where)
        is_colour = _is_colour(header, where)
        grid = grid_of(header, shape, nibabel, where)
        kind = nibabel.Nifti1Image if header.sizeof_hdr == 348 else nibabel.Nifti2Image
        with nibabel.imageglobals.LoggingOutputSuppressor():  # what it would print is checked above
            proxy = kind.from_bytes(raw).dataobj
        met = frozenset({*grid.met, *_met(header, data, is_colour, proxy)})
        volume = Volume(proxy, grid, met, is_colour, nibabel)
        if not is_square(*volume.canonical_spacing[:2]):
            met |= {table.UNEQUAL}
    return Volume(proxy, grid, met, is_colour, nibabel)


def _spatial(shape: tuple[int, ...], where: str) -> tuple[int, int, int]:
    if any(side > 1 for side in shape[3:]):
        raise DatasetError(
            f"{where}: the file holds {int(np.prod(shape[3:]))} volumes ({'×'.join(map(str, shape))}); save "
            "the one to use as its own file"
        )
    x, y, z = (*shape, 1, 1)[:3]
    return x, y, z


def _is_colour(header: Any, where: str) -> bool:
    dtype = header.get_data_dtype()
    if dtype.names == ("R", "G", "B"):
        return True
    if dtype.kind == "c":
        raise DatasetError(f"{where}: complex values ({dtype}); save magnitude or phase")
    if dtype.kind not in KINDS or dtype.itemsize > 8:
        raise DatasetError(
            f"{where}: values of type {dtype} are not understood; save integer, float or RGB24"
        )
    return False


def _met(header: Any, data: bytes, is_colour: bool, proxy: Any) -> set[Attribute]:
    sides = [int(side) for side in header["dim"][1 : int(header["dim"][0]) + 1]]
    found = {
        table.SCALED: (proxy.slope, proxy.inter) != (1, 0),
        table.NIFTI2: header.sizeof_hdr == 540,
        table.SWAPPED: header.endianness == ">",
        table.ZIPPED: data[:2] == GZIP,
        table.ONE_OF_MORE: len(sides) > 3,
        table.FLAT: len(sides) < 3 or sides[2] == 1,
        table.COLOUR: is_colour,
        table.REAL: not is_colour,
        table.UNITS: int(header["xyzt_units"]) & 7 in (1, 3),
        table.CAL: bool(header["cal_max"] or header["cal_min"]),
        table.INTENT: int(header["intent_code"]) != 0,
    }
    return {row for row, is_there in found.items() if is_there}
