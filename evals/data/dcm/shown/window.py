"""The window: which values are shown from black to white, and along which curve (PS3.3 C.11.2.1.2–3)."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.dcm.values import CORRECT, numbers
from scafe.knowledge.contract.errors import DatasetError

Floats = NDArray[np.float64]
Function = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]


@dataclass(frozen=True)
class Window:
    """A window and its function; maps values to 0 … 1."""

    centre: float
    width: float
    function: Function = "LINEAR_EXACT"

    @classmethod
    def between(cls, low: float, high: float) -> "Window":
        """Return the window that shows `low` black and `high` white."""
        return cls((low + high) / 2, high - low)

    def __call__(self, values: Floats) -> Floats:
        """Return the share of white, 0 … 1, for every value."""
        if self.function == "SIGMOID":
            steps = np.clip(-4 * (values - self.centre) / self.width, -700, 700)  # exp stays finite
            return np.asarray(1 / (1 + np.exp(steps)))
        # LINEAR counts whole steps: PS3.3 takes half a step off the centre, and one off the width.
        half = 0.5 if self.function == "LINEAR" else 0.0
        centre, width = self.centre - half, self.width - 2 * half
        if width <= 0:  # LINEAR of width 1, and an image of one value: a step
            return (values > centre).astype(np.float64)
        return np.asarray(np.clip((values - centre) / width + 0.5, 0, 1))


def read_window(flat: Any, where: str) -> Window | None:
    """Return the first window of a header, None if there is none.

    Raises
    ------
    DatasetError
        Centres without widths, or a width that the function excludes.
    """
    centres, widths = (numbers(flat, name, where) for name in ("WindowCenter", "WindowWidth"))
    if len(centres) != len(widths):
        raise DatasetError(
            f"{where}: DICOM WindowCenter has {len(centres)} values and WindowWidth {len(widths)}; {CORRECT}"
        )
    if not centres:
        return None
    function: Any = str(flat.get("VOILUTFunction", "") or "LINEAR").strip().upper()
    if widths[0] < 1 if function == "LINEAR" else widths[0] <= 0:
        least = "at least 1" if function == "LINEAR" else "above 0"
        raise DatasetError(
            f"{where}: DICOM WindowWidth = {widths[0]:g}; VOILUTFunction = {function} needs "
            f"{least}; {CORRECT}"
        )
    return Window(centres[0], widths[0], function)
