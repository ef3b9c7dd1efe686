"""One row of the DICOM table: the attributes, or values of one, and where they stand."""

from dataclasses import dataclass
from typing import Literal

from scafe.evals.data.attributes import Attribute, Standing

Kind = Literal["", "grey", "colour"]
"""Images that a rule is for; empty: all."""


@dataclass(frozen=True)
class Rule:
    """One row, and what it is looked up by."""

    attribute: Attribute
    keywords: tuple[str, ...]
    """As pydicom and PS3.6 call them."""
    values: tuple[str, ...] = ()
    """Values that the row is about; empty: any."""
    kind: Kind = ""


def rule(
    standing: Standing,
    keywords: str,
    tags: str,
    what: str,
    held_by: str,
    *,
    values: tuple[str, ...] = (),
    kind: Kind = "",
    said: str = "",
    name: str = "",
) -> Rule:
    """Make a row.

    Parameters
    ----------
    keywords : str
        Separated by blanks.
    tags : str
        For readers.
    held_by : str
        The test, from `tests/evals/data/dcm` on.
    said : str
        The values in words; empty: as they are.
    name : str
        Of many keywords together; empty: they are listed.
    """
    names = tuple(keywords.split())
    valued = f" = {said or ' or '.join(values)}" if values or said else ""
    of = f" of a {kind} image" if kind else ""
    called = f"{name or ', '.join(names)} ({tags}){valued}{of}"
    return Rule(Attribute("DICOM", called, standing, what, f"dcm/{held_by}"), names, values, kind)
