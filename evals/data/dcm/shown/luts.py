"""Look-up tables of a DICOM header: modality, VOI, palette (PS3.3 C.11.1.1, C.11.2.1.1, C.7.6.3.1.5–6)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.dcm.calls import library
from scafe.evals.data.dcm.values import CORRECT
from scafe.knowledge.contract.errors import DatasetError

MOST_ENTRIES = 1 << 16


@dataclass(frozen=True)
class Lut:
    """A table from whole numbers to whole numbers; what lies below or above takes its first or last entry."""

    first: int
    """Number that the first entry is for."""
    entries: NDArray[Any]
    bits: int
    """Entries lie from 0 to 2 ** bits − 1."""

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        """Look values up; a fraction takes the entry of the whole number below."""
        # Clipped before the cast: pydicom casts to the table's own type first, and 8 bits wrap.
        places = np.clip(np.floor(values.astype(np.float64)) - self.first, 0, len(self.entries) - 1)
        return np.asarray(self.entries[places.astype(np.int64)])

    @property
    def top(self) -> int:
        """Highest number that an entry could hold."""
        return (1 << self.bits) - 1


@dataclass(frozen=True)
class Descriptor:
    """The three numbers that describe a table."""

    length: int
    first: int
    bits: int


def read_lut(item: Any, name: str, where: str, *, may_be_negative: bool) -> Lut:
    """Read LUTDescriptor and LUTData of an item.

    Parameters
    ----------
    item : pydicom Dataset
        Of ModalityLUTSequence or VOILUTSequence.
    name : str
        Of the sequence, for errors.
    may_be_negative : bool
        Whether the numbers that are looked up may be: then the second value of the descriptor is signed,
        whatever its VR says (C.11.2.1.1).
    """
    described = descriptor(item, "LUTDescriptor", where, may_be_negative=may_be_negative)
    with library(where, f"the table in DICOM {name} is damaged", CORRECT):
        entries = _entries(item["LUTData"], item, described)
    return _checked(Lut(described.first, entries, described.bits), described, name, where)


def descriptor(dataset: Any, name: str, where: str, *, may_be_negative: bool) -> Descriptor:
    """Read a descriptor; DatasetError if it is none."""
    with library(where, f"DICOM {name} is damaged", CORRECT):
        length, first, bits = (int(value) for value in dataset[name].value)
    if length < 0:
        length += MOST_ENTRIES
    if may_be_negative and first >= 1 << 15:
        first -= 1 << 16
    if not may_be_negative and first < 0:
        first += 1 << 16
    if not 8 <= bits <= 16:
        raise DatasetError(f"{where}: DICOM {name} says {bits} bits an entry, not 8 to 16; {CORRECT}")
    return Descriptor(length or MOST_ENTRIES, first, bits)


def _entries(element: Any, dataset: Any, described: Descriptor) -> NDArray[np.int64]:
    value = element.value
    if not isinstance(value, bytes | bytearray | memoryview):
        return np.atleast_1d(np.asarray(value)).astype(np.int64) & 0xFFFF
    return unpacked(bytes(value), described, little=_is_little(element, dataset))


def _is_little(element: Any, dataset: Any) -> bool:
    little = dataset.original_encoding[1]
    return True if little is None else bool(little)


def unpacked(data: bytes, described: Descriptor, *, little: bool) -> NDArray[np.int64]:
    """Return entries that lie as bytes, or one to a word (C.7.6.3.1.6); which, the length tells."""
    length = described.length
    if len(data) in (length, length + length % 2) and len(data) < 2 * length:
        packed = np.frombuffer(data, np.uint8)
        # In words of big-endian files the first entry lies in the low, second byte.
        swapped = packed if little or len(data) % 2 else packed.reshape(-1, 2)[:, ::-1].ravel()
        return swapped[:length].astype(np.int64)
    return np.frombuffer(data[: 2 * length], "<u2" if little else ">u2").astype(np.int64)


def _checked(lut: Lut, described: Descriptor, name: str, where: str) -> Lut:
    if len(lut.entries) < described.length:
        raise DatasetError(
            f"{where}: the table in DICOM {name} has {len(lut.entries)} of {described.length} entries; "
            f"{CORRECT}"
        )
    lut = Lut(lut.first, lut.entries[: described.length], lut.bits)
    if int(lut.entries.max()) > lut.top:
        raise DatasetError(
            f"{where}: the table in DICOM {name} holds {int(lut.entries.max())}, more than its "
            f"{lut.bits} bits; "
            f"{CORRECT}"
        )
    return lut
