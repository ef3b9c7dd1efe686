"""The one rule by which values of a mask file, of whatever format, become marked and unmarked.

Values that differ by less than a ten-thousandth of the largest are one level: scripts write masks with a
scale factor, and 1 comes back as 1.00000006. Two levels, one of them 0: the other one is the lesion, be it
1, 255 or 0.5. More levels need a choice, `--mask-label N`: the level nearest to N, within a thousandth, is
the lesion and everything else is not, a void rim of 255 included.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.rules.levels import occurring
from scafe.knowledge.contract.errors import DatasetError

SAME: Final = 1e-4
"""Share of the largest value by which two values of one level may differ."""
NEAR: Final = 1e-3
"""How far a level may lie from the number that `--mask-label` names."""
LOSSY_BETWEEN: Final = 0.01
"""Largest share of pixels between a quarter and three quarters of white in a mask saved as JPEG. Outlines of
363 dermoscopies saved at quality 50 have .0003 at most, at 75 none, and half-way loses no pixel."""
NAMED: Final = 8


def marked(values: NDArray[Any], where: str, label: int | None = None) -> NDArray[np.bool_]:
    """Tell which values mark the lesion.

    Parameters
    ----------
    values : array of any shape, bool, integer or float
    where : str
        Row and file, for errors.
    label : int, optional
        The level that marks the lesion, as `--mask-label` names it.

    Raises
    ------
    DatasetError
        Values that are not finite, more levels than two without a label, a label that is not there, no
        background of 0, or nothing marked.

    Examples
    --------
    >>> marked(np.array([0.0, 1.00000006, 0.0]), "m.nii").tolist()
    [False, True, False]
    >>> marked(np.array([0, 1, 2, 255]), "m.png", label=2).tolist()
    [False, False, True, False]
    """
    levels = _levels(values, where)
    if label is not None:
        return _labelled(values, levels, where, label)
    lesion = [level for level in levels if level != 0]
    if not lesion:
        raise DatasetError(f"{where}: the mask marks no pixel; draw the lesion or leave the row out")
    if len(lesion) > 1:
        raise DatasetError(
            f"{where}: the mask has {len(levels)} levels ({_listed(levels)}); say with --mask-label N which "
            "one marks the lesion, or save a mask of 0 and one other value"
        )
    if lesion[0] < 0:
        raise DatasetError(f"{where}: the mask marks with {lesion[0]:g}; save it with 0 and 1")
    # whole numbers are above a half where they are above its floor, and need no copy in double precision
    half = lesion[0] / 2 if values.dtype.kind == "f" else int(lesion[0] // 2)
    return np.asarray(values > half)


def marked_lossy(values: NDArray[np.uint8], where: str) -> NDArray[np.bool_]:
    """Tell which pixels of a mask that was saved with loss are white; see `LOSSY_BETWEEN`."""
    between = float(((values > 64) & (values < 191)).mean())
    if between > LOSSY_BETWEEN or int(values.max()) < 128:
        raise DatasetError(
            f"{where}: a mask with loss (JPEG, WebP) must be black and white, but {between:.1%} of it is "
            f"grey and its lightest value {int(values.max())}; save the mask as PNG"
        )
    return np.asarray(values > 127)


def _levels(values: NDArray[Any], where: str) -> list[float]:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DatasetError(f"{where}: the mask holds values that are not numbers; fill them with 0")
    if values.dtype == np.uint8:
        found = occurring(values).astype(np.float64)
    else:
        found = np.unique(values).astype(np.float64)
    scale = SAME * float(np.abs(found).max())
    found[np.abs(found) <= scale] = 0.0
    starts = np.concatenate([[True], np.diff(found) > scale])
    return [float(level) for level in found[starts]]


def _labelled(values: NDArray[Any], levels: list[float], where: str, label: int) -> NDArray[np.bool_]:
    wide = values.astype(np.float64)
    chosen = np.abs(wide - label) <= NEAR * max(1.0, abs(label))
    if not chosen.any():
        raise DatasetError(
            f"{where}: the mask marks no pixel with --mask-label {label}; its levels are {_listed(levels)}"
        )
    return np.asarray(chosen)


def _listed(levels: list[float]) -> str:
    shown = ", ".join(f"{level:g}" for level in levels[:NAMED])
    return f"{shown}, …" if len(levels) > NAMED else shown
