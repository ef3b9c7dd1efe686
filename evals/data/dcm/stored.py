"""The stored values of the one frame: decoded, shifted and signed as PS3.5 8.1.1 says, colours as RGB."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.dcm.calls import library
from scafe.evals.data.dcm.compressed import decompressed
from scafe.evals.data.dcm.layout import Layout, read_layout
from scafe.evals.data.dcm.values import CORRECT
from scafe.knowledge.contract.errors import DatasetError

COPY = "copy the file again, or save it uncompressed (Explicit VR Little Endian)"
FEW_BITS = 16
"""Stored bits up to which all possible values are worked out instead of every pixel."""
UNCOMPRESSED = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2")
YBR = ("YBR_FULL", "YBR_FULL_422")


@dataclass(frozen=True)
class Stored:
    """Values of one frame."""

    values: NDArray[Any]
    """(H, W), or (H, W, 3) RGB; integers within `layout.span`, or floating point."""
    layout: Layout

    def through(self, step: Callable[[NDArray[Any]], NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """Return what `step` makes of every value, worked out once for each value that the bits can hold."""
        if self.layout.is_float or self.layout.bits > FEW_BITS:
            return step(self.values)
        low, high = self.layout.span
        return step(np.arange(low, high + 1))[self.values.astype(np.int32) - low]


def read_stored(flat: Any, syntax: str, where: str) -> Stored:
    """Decode the one frame.

    Raises
    ------
    DatasetError
        No pixels, a size out of bounds, contradictions in the header, data that are cut off or damaged, or
        a compression that is not installed.
    """
    layout = read_layout(flat, syntax, where)
    if layout.photometric in YBR and layout.bits != 8:
        raise DatasetError(
            f"{where}: DICOM {layout.photometric} with BitsStored = {layout.bits}; save the colours as RGB"
        )
    read = _native if syntax in UNCOMPRESSED else decompressed
    values = read(flat, layout, where)
    low, high = layout.span
    if not layout.is_float and (int(values.min()) < low or int(values.max()) > high):
        raise DatasetError(
            f"{where}: DICOM values from {values.min()} to {values.max()} do not fit in BitsStored = "
            f"{layout.bits}; {CORRECT}"
        )
    if layout.is_float and not np.isfinite(values).all():
        raise DatasetError(f"{where}: DICOM {layout.keyword} holds values that are not numbers; {CORRECT}")
    return Stored(values, layout)


def _native(flat: Any, layout: Layout, where: str) -> NDArray[Any]:
    from pydicom.pixels.decoders.base import get_decoder

    held, needed = len(flat[layout.keyword].value or b""), layout.frame_bytes
    if held < needed:
        raise DatasetError(
            f"{where}: the DICOM pixels are cut off ({held:,} of {needed:,} bytes); copy the file again"
        )
    if held >= 2 * needed:
        raise DatasetError(
            f"{where}: the DICOM pixels hold {held // needed} frames ({held:,} bytes) but NumberOfFrames "
            "is 1; save the one to use as its own file"
        )
    shifts = layout.allocated > 1 and layout.high != layout.bits - 1
    options: Any = {"allow_excess_frames": False, "correct_unused_bits": not shifts}
    with library(where, "the DICOM pixels cannot be decoded", COPY):
        values, _ = get_decoder(layout.syntax).as_array(flat, index=0, **options)
    return _shifted(values, layout) if shifts else np.asarray(values)


def _shifted(values: NDArray[Any], layout: Layout) -> NDArray[Any]:
    # pydicom takes the value for the lowest bits whatever HighBit says. PS3.5 8.1.1 and its annex D.
    up = layout.allocated - 1 - layout.high
    kept = np.left_shift(values, up)
    return np.asarray(np.right_shift(kept, layout.allocated - layout.bits))
