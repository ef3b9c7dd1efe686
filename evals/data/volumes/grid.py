"""Where the voxels of a volume lie in the patient, and whether a mask lies on the same grid."""

from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.attributes import Attribute
from scafe.evals.data.volumes import table
from scafe.knowledge.contract.errors import DatasetError

Affine = NDArray[np.float64]
SAME_SIZE: Final = 0.01
"""Share by which two voxel sizes may differ: headers hold them in single precision and rounded."""
SAME_PLACE: Final = 0.1
"""Share of the smallest voxel side by which a corner of two grids may differ."""
LAST_CODE: Final = 5
"""Largest xform code of nifti1.h: other template."""
STRAIGHT: Final = 0.999
"""Cosine of the angle to the patient's axes from which a volume is not called oblique (2.6 degrees)."""


@dataclass(frozen=True)
class Grid:
    """Shape and place of a three-dimensional volume as stored."""

    shape: tuple[int, int, int]
    affine: Affine
    """From voxel to millimetres, right, anterior, superior: the sform's, else the qform's, else method 1."""
    second: Affine | None
    """The qform's where the sform counts."""
    has_form: bool
    """False: the header does not say where the patient is."""
    met: frozenset[Attribute]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Edge lengths of a voxel along the stored axes, in mm."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)

    @property
    def box_mm(self) -> tuple[float, ...] | None:
        """Lowest and highest x, y and z of the voxels' centres; None if the header does not say."""
        if not self.has_form:
            return None
        corners = (_corners(self.shape) @ self.affine.T)[:, :3]
        return tuple(float(one) for one in (*corners.min(axis=0), *corners.max(axis=0)))

    def described(self, nibabel: Any) -> str:
        """Say the geometry in one short phrase."""
        if not self.has_form:
            return f"{_times(self.shape)} voxels, no orientation"
        codes = "".join(str(code) for code in nibabel.aff2axcodes(self.affine))
        origin = ", ".join(f"{value:.4g}" for value in self.affine[:3, 3])
        spacing = "×".join(f"{value:.4g}" for value in self.spacing)
        return f"{_times(self.shape)} voxels of {spacing} mm, {codes}, origin {origin}"


def grid_of(header: Any, shape: tuple[int, int, int], nibabel: Any, where: str) -> Grid:
    """Read the grid from a header.

    Raises
    ------
    DatasetError
        A singular affine, or sform, qform and pixdim that contradict each other.
    """
    unit = {1: 1000.0, 3: 0.001}.get(int(header["xyzt_units"]) & 7, 1.0)
    for name in ("sform_code", "qform_code"):
        if not 0 <= int(header[name]) <= LAST_CODE:
            raise DatasetError(f"{where}: {name} {int(header[name])} does not exist; correct the header")
    sform = _millimetres(header.get_sform(), unit) if int(header["sform_code"]) > 0 else None
    qform = _millimetres(header.get_qform(), unit) if int(header["qform_code"]) > 0 else None
    affine = next((one for one in (sform, qform) if one is not None), None)
    chosen = _millimetres(header.get_base_affine(), unit) if affine is None else affine
    _require_regular(chosen, where)
    if sform is not None and qform is not None:
        _require_agreement(sform, qform, nibabel, where)
    elif sform is not None:
        _require_pixdim(sform, [abs(float(one)) * unit for one in header["pixdim"][1:4]], where)
    row = {(0, 0): table.NO_FORM, (1, 1): table.FORMS, (1, 0): table.SFORM, (0, 1): table.QFORM}
    met = {row[int(sform is not None), int(qform is not None)], *_axes(chosen, nibabel)}
    return Grid(shape, chosen, qform if sform is not None else None, affine is not None, frozenset(met))


def same_grid(one: Grid, other: Grid) -> bool:
    """Whether two volumes have their voxels in the same places."""
    if one.shape != other.shape or one.has_form != other.has_form:
        return False
    pairs = product(_affines(one), _affines(other))
    return any(_is_near(one.shape, a, b) for a, b in pairs)


def onto(mask: NDArray[Any], own: Grid, image: Grid, nibabel: Any, where: str) -> NDArray[Any]:
    """Return a mask's voxels in the order of the image's, if they differ by turned or mirrored axes at most.

    That is nearest-neighbour resampling in the one case where it loses nothing.

    Raises
    ------
    DatasetError
        Any other difference; both geometries are named.
    """
    if same_grid(own, image):
        return mask
    if own.has_form and image.has_form:
        turn = nibabel.orientations.ornt_transform(
            nibabel.io_orientation(own.affine), nibabel.io_orientation(image.affine)
        )
        turned = nibabel.apply_orientation(mask, turn)
        affine = own.affine @ nibabel.orientations.inv_ornt_aff(turn, own.shape)
        moved = Grid(turned.shape, affine, None, True, frozenset())
        if same_grid(moved, image):
            return np.asarray(turned)
    raise DatasetError(
        f"{where}: the mask's grid ({own.described(nibabel)}) is not its image's "
        f"({image.described(nibabel)}); resample the mask onto the image"
    )


def _affines(grid: Grid) -> list[Affine]:
    return [grid.affine] if grid.second is None else [grid.affine, grid.second]


def _is_near(shape: tuple[int, ...], one: Affine, other: Affine) -> bool:
    apart = np.linalg.norm(_corners(shape) @ (one - other).T, axis=1).max()
    return bool(apart <= SAME_PLACE * np.linalg.norm(one[:3, :3], axis=0).min())


def _corners(shape: tuple[int, ...]) -> Affine:
    return np.array([[*corner, 1.0] for corner in product(*((0, side - 1) for side in shape))])


def _axes(affine: Affine, nibabel: Any) -> set[Attribute]:
    cosines = np.abs(affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)).max(axis=0)
    met = {table.OBLIQUE} if cosines.min() < STRAIGHT else set()
    return met if nibabel.aff2axcodes(affine) == ("R", "A", "S") else met | {table.TURNED}


def _millimetres(affine: Affine, unit: float) -> Affine:
    scaled = np.array(affine, dtype=np.float64)
    scaled[:3] *= unit
    return scaled


def _require_regular(affine: Affine, where: str) -> None:
    sides = np.linalg.norm(affine[:3, :3], axis=0) if np.isfinite(affine).all() else np.zeros(3)
    if not sides.all() or abs(np.linalg.det(affine[:3, :3] / sides)) < 1e-3:
        raise DatasetError(f"{where}: the affine is singular, its axes cannot be told; correct the header")


def _require_agreement(sform: Affine, qform: Affine, nibabel: Any, where: str) -> None:
    codes = ["".join(nibabel.aff2axcodes(one)) for one in (sform, qform)]
    sides = [np.linalg.norm(one[:3, :3], axis=0) for one in (sform, qform)]
    if codes[0] != codes[1] or not np.allclose(sides[0], sides[1], rtol=SAME_SIZE):
        said = [f"{code}, {_times_mm(side)}" for code, side in zip(codes, sides, strict=True)]
        raise DatasetError(
            f"{where}: the sform ({said[0]}) and the qform ({said[1]}) contradict each other; keep the "
            "true one"
        )


def _require_pixdim(affine: Affine, pixdim: list[float], where: str) -> None:
    sides = np.linalg.norm(affine[:3, :3], axis=0)
    if not np.allclose(sides, pixdim, rtol=SAME_SIZE):
        raise DatasetError(
            f"{where}: the affine has voxels of {_times_mm(sides)} but pixdim {_times_mm(np.array(pixdim))}; "
            "correct the header"
        )


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(str(side) for side in shape)


def _times_mm(sides: NDArray[np.float64]) -> str:
    return "×".join(f"{side:.4g}" for side in sides) + " mm"
