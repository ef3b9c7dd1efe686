"""What the attributes of each file format mean for the picture, and whether that is honoured or refused.

Every reader keeps its own tuple of these beside its code; `docs/formats.md` is written from them, and
`scafe data check` prints which ones a data set's files had. What stands in no row is refused.
"""

from dataclasses import dataclass
from typing import Literal

Standing = Literal["honoured", "refused", "irrelevant"]
"""Honoured: the picture follows it. Refused: DatasetError with the row. Irrelevant: no pixel needs it."""


@dataclass(frozen=True)
class Attribute:
    """One attribute of a file format, or one value of it where values differ in standing."""

    format: str
    """As users call it: DICOM, NIfTI, TIFF, PNG, JPEG, …"""
    name: str
    """As the standard calls it, with its tag and value where they tell, e.g. 'VOILUTFunction = SIGMOID'."""
    standing: Standing
    what: str
    """What it does to the picture, or why it is refused and the way out; one sentence."""
    held_by: str = ""
    """The test that holds the row, as pytest names it from `tests/evals/data` on."""


@dataclass(frozen=True)
class Limit:
    """How much of something one file may hold, checked before memory is taken for it."""

    format: str
    """As in `Attribute`."""
    of: str
    """What is limited, e.g. 'decoded pixels of one image'."""
    most: int
    """Largest number that is read."""
    unit: str = ""
    """Of `most`; empty for counts."""
