"""From stored grey values to 8 bits of display: modality, values of interest, presentation (PS3.4 N.2).

    stored → modality table or rescale → VOI table or window → turned over for MONOCHROME1 → 0 … 255

Every step looks at one value at a time. Padding is black.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.dcm.layout import Layout
from scafe.evals.data.dcm.shown.luts import Lut, read_lut
from scafe.evals.data.dcm.shown.window import Window, read_window
from scafe.evals.data.dcm.stored import Stored
from scafe.evals.data.dcm.values import CORRECT, numbers
from scafe.evals.data.rules.intensity import window_of
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.contract.masks import WINDOW, WindowRule

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Chain:
    """The steps that one header asks for."""

    modality: Lut | tuple[float, float]
    """A table, or slope and intercept."""
    interest: Lut | Window
    turns_over: bool

    def __call__(self, stored: NDArray[Any]) -> NDArray[np.uint8]:
        """Return what a screen shows for stored values."""
        shown = self._interest(in_units(self.modality, stored))
        return np.rint(255 * (1 - shown if self.turns_over else shown)).astype(np.uint8)

    def _interest(self, values: Floats) -> Floats:
        if isinstance(self.interest, Window):
            return self.interest(values)
        return self.interest(values) / self.interest.top


@dataclass(frozen=True)
class Choice:
    """What a window goes by where the header has none."""

    mask: NDArray[np.bool_] | None = None
    """The lesion; None: no mask was given."""
    rule: WindowRule = WINDOW


def show_grey(stored: Stored, flat: Any, where: str, choice: Choice) -> NDArray[np.uint8]:
    """Return the picture of grey values, (H, W) uint8; DatasetError where the header contradicts itself."""
    padding = find_padding(stored, flat, where)
    chain = _chain(stored, padding, flat, where, choice)
    shown = stored.through(chain)
    if padding is not None:
        shown[padding] = 0
    return shown


def in_units(modality: Lut | tuple[float, float], stored: NDArray[Any]) -> Floats:
    """Return values in the units of the modality."""
    if isinstance(modality, Lut):
        return modality(stored).astype(np.float64)
    slope, intercept = modality
    return np.asarray(stored * np.float64(slope) + intercept, dtype=np.float64)


def _chain(stored: Stored, padding: NDArray[np.bool_] | None, flat: Any, where: str, choice: Choice) -> Chain:
    modality = _modality(stored.layout, flat, where)
    interest: Lut | Window | None = _table(modality, stored.layout, flat, where) or read_window(flat, where)
    if interest is None:
        interest = _window_of_values(stored, padding, modality, where, choice)
    return Chain(modality, interest, _turns_over(stored.layout, flat, where))


def _modality(layout: Layout, flat: Any, where: str) -> Lut | tuple[float, float]:
    items = list(flat.get("ModalityLUTSequence", None) or ())
    slope, intercept = (numbers(flat, name, where) for name in ("RescaleSlope", "RescaleIntercept"))
    if items and (slope or intercept):
        raise DatasetError(
            f"{where}: DICOM ModalityLUTSequence and RescaleSlope exclude each other; {CORRECT}"
        )
    if items:
        return read_lut(items[0], "ModalityLUTSequence", where, may_be_negative=layout.is_signed)
    if len(slope) != len(intercept) or len(slope) > 1 or slope == (0.0,):
        raise DatasetError(
            f"{where}: DICOM RescaleSlope = {_said(slope)} and RescaleIntercept = {_said(intercept)}: one of "
            f"each is needed, and a slope other than 0; {CORRECT}"
        )
    return (slope[0], intercept[0]) if slope else (1.0, 0.0)


def _said(values: tuple[float, ...]) -> str:
    return "\\".join(f"{value:g}" for value in values) or "absent"


def _table(modality: Lut | tuple[float, float], layout: Layout, flat: Any, where: str) -> Lut | None:
    items = list(flat.get("VOILUTSequence", None) or ())
    if not items:
        return None
    if layout.is_float:
        raise DatasetError(f"{where}: DICOM VOILUTSequence over {layout.keyword}; give a window instead")
    lowest = float(in_units(modality, np.array(layout.span)).min()) if isinstance(modality, tuple) else 0.0
    return read_lut(items[0], "VOILUTSequence", where, may_be_negative=lowest < 0)


def _turns_over(layout: Layout, flat: Any, where: str) -> bool:
    shape = str(flat.get("PresentationLUTShape", "") or "").strip().upper()
    inverse = layout.photometric == "MONOCHROME1"
    if shape and (shape == "INVERSE") != inverse:
        raise DatasetError(
            f"{where}: DICOM PresentationLUTShape = {shape} with {layout.photometric}: viewers disagree "
            "whether to turn it over; correct one of the two, or export the picture as shown"
        )
    return inverse


def _window_of_values(
    stored: Stored,
    padding: NDArray[np.bool_] | None,
    modality: Lut | tuple[float, float],
    where: str,
    choice: Choice,
) -> Window:
    if stored.layout.is_float:
        raise DatasetError(
            f"{where}: DICOM {stored.layout.keyword} without WindowCenter and WindowWidth has no agreed "
            "scale; add a window, or save 16 bits"
        )
    if padding is not None and padding.all():
        raise DatasetError(f"{where}: every DICOM value is padding (PixelPaddingValue); leave the file out")
    units = in_units(modality, stored.values)
    if (
        choice.rule == "volume@1"
    ):  # bundles from before that rule saw DICOM from its lowest to its highest value
        seen = units if padding is None else units[~padding]
        return Window.between(float(seen.min()), float(seen.max()))
    given = padding if padding is not None and padding.any() else None
    return Window.between(*window_of(units, choice.mask, choice.rule, given))


def find_padding(stored: Stored, flat: Any, where: str) -> NDArray[np.bool_] | None:
    """Return where stored values are padding (PS3.3 C.7.5.1.1.2), or None if the header names none."""
    kind = {"PixelData": "", "FloatPixelData": "Float", "DoubleFloatPixelData": "DoubleFloat"}
    name = kind[stored.layout.keyword] + "PixelPadding{}"
    value, limit = (numbers(flat, name.format(part), where) for part in ("Value", "RangeLimit"))
    if not value:
        return None
    low, high = sorted((_signed(value[0], stored.layout), _signed((limit or value)[0], stored.layout)))
    return np.asarray((stored.values >= low) & (stored.values <= high))


def _signed(value: float, layout: Layout) -> float:
    # Written as US for signed values by some scanners, and the other way round.
    low, high = layout.span
    if layout.is_float or low <= value <= high:
        return value
    wrapped = value - (1 << 16) if value > high else value + (1 << 16)
    return wrapped if low <= wrapped <= high else value
