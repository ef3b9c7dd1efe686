"""Numbers from a DICOM header: whole, finite, and named in the error where they are not."""

import math
from typing import Any

from scafe.evals.data.dcm.calls import library
from scafe.knowledge.contract.errors import DatasetError

CORRECT = "correct the header or leave the file out"


def numbers(dataset: Any, name: str, where: str) -> tuple[float, ...]:
    """Return the values of an element; empty if it is absent or says nothing.

    Raises
    ------
    DatasetError
        If a value is no finite number.
    """
    with library(where, f"the DICOM attribute {name} is damaged", CORRECT):
        value = dataset.get(name, None)
        if value is None or value == "":
            return ()
        parts = [value] if isinstance(value, int | float | str) else list(value)
        found = tuple(float(part) for part in parts)
    if not all(math.isfinite(one) for one in found):
        raise DatasetError(f"{where}: the DICOM attribute {name} holds no finite number; {CORRECT}")
    return found


def whole(dataset: Any, name: str, where: str, default: int | None = None) -> int:
    """Return the one whole number of an element.

    Raises
    ------
    DatasetError
        If it is absent without a default, several, or no whole number.
    """
    found = numbers(dataset, name, where)
    if not found and default is not None:
        return default
    if len(found) != 1 or found[0] != int(found[0]):
        said = "is absent" if not found else "is not one whole number"
        raise DatasetError(f"{where}: the DICOM attribute {name} {said}; {CORRECT}")
    return int(found[0])
