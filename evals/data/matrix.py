"""The rows of every reader in one place: what `docs/formats.md` is written from.

A reader that is added keeps ATTRIBUTES (and LIMITS) beside its code and is named in `READERS`.
"""

from collections.abc import Iterable
from itertools import chain
from typing import Protocol

from scafe.evals.data.attributes import Attribute, Limit
from scafe.evals.data.dcm.rows import table as dicom


class Table(Protocol):
    """A module that says what its format's attributes mean, and how much of a file it reads."""

    ATTRIBUTES: tuple[Attribute, ...]
    LIMITS: tuple[Limit, ...]


READERS: tuple[Table, ...] = (dicom,)
"""One for each family of formats, in the order of the page."""


def attributes(readers: Iterable[Table] = READERS) -> tuple[Attribute, ...]:
    """Return every reader's rows, in the order of `READERS`."""
    return tuple(chain.from_iterable(reader.ATTRIBUTES for reader in readers))


def limits(readers: Iterable[Table] = READERS) -> tuple[Limit, ...]:
    """Return every reader's limits, in the order of `READERS`."""
    return tuple(chain.from_iterable(reader.LIMITS for reader in readers))
