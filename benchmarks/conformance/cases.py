"""One file read twice, and how the two pictures compare."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from scafe.knowledge.contract.errors import DatasetError

NEAR = 1.5
"""Grey levels of 255 by which two pictures may differ and are alike: both round, and a line is fitted."""
Verdict = Literal["alike", "explained", "apart", "refused", "both refuse", "fault"]


@dataclass(frozen=True)
class Case:
    """A file, and two ways to its picture."""

    name: str
    ours: Callable[[], np.ndarray]
    reference: Callable[[], np.ndarray]
    """Not rounded, 0 to 255; NaN where it says nothing."""
    expected: str = ""
    """Why the pictures may differ, where ours is right by the standard."""
    is_linear: bool = False
    """The reference gives units without black and white: ours is a line through them, cut off."""


@dataclass(frozen=True)
class Outcome:
    """What came of one file."""

    name: str
    verdict: Verdict
    why: str = ""

    @property
    def kind(self) -> str:
        """The reason without numbers and file name, to be counted."""
        return re.sub(r"\\d[\\d,.×]*", "n", self.why.partition(": ")[2])[:90]


def compared(case: Case) -> Outcome:
    """Read a file twice and compare."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = _or_none(case.reference)
        try:
            ours = case.ours()
        except DatasetError as error:
            return Outcome(case.name, "both refuse" if reference is None else "refused", str(error))
        except Exception as error:
            return Outcome(case.name, "fault", f"{type(error).__name__}: {error}")
    if reference is None:
        return Outcome(case.name, "explained", "the reference does not read it")
    return _verdict(case, ours, reference)


def _or_none(read: Callable[[], np.ndarray]) -> np.ndarray | None:
    try:
        return read()
    except Exception:  # the reference library's own; only that it does not read the file counts
        return None


def _verdict(case: Case, ours: np.ndarray, reference: np.ndarray) -> Outcome:
    if ours.shape != reference.shape:
        return Outcome(case.name, "apart", f"size {ours.shape} and not {reference.shape}")
    reference = _on_line(ours, reference) if case.is_linear else reference
    off = float(np.nanmax(np.abs(ours.astype(float) - reference)))
    if off <= NEAR:
        return Outcome(case.name, "alike", f"within {off:.2f}")
    return Outcome(
        case.name, "explained" if case.expected else "apart", f"{off:.1f} of 255 off; {case.expected}"
    )


def _on_line(ours: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return units scaled to grey levels by the line that fits where ours is neither black nor white."""
    between = (ours > 0) & (ours < 255)
    if len(np.unique(units[between])) < 2:
        low, high = float(units.min()), float(units.max())
        return np.asarray(255 * (units - low) / max(high - low, 1e-12))
    slope, offset = np.polyfit(units[between], ours[between], 1)
    return np.clip(slope * units + offset, 0, 255)
