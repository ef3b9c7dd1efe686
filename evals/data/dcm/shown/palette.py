"""Palette colours: three tables of 8 or 16 bits, plain or in segments (PS3.3 C.7.6.3.1.5–6 and C.7.9.2)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.dcm.calls import library
from scafe.evals.data.dcm.shown.luts import Descriptor, Lut, descriptor, unpacked
from scafe.evals.data.dcm.stored import Stored
from scafe.evals.data.dcm.values import CORRECT
from scafe.knowledge.contract.errors import DatasetError

COLOURS = ("Red", "Green", "Blue")


def show_palette(stored: Stored, flat: Any, where: str) -> NDArray[np.uint8]:
    """Return the colours of palette indices, (H, W, 3) uint8; DatasetError if the palette is damaged."""
    described = [
        descriptor(flat, _name(colour, "Descriptor"), where, may_be_negative=stored.layout.is_signed)
        for colour in COLOURS
    ]
    if len({*described}) > 1 or described[0].bits not in (8, 16):
        raise DatasetError(
            f"{where}: the DICOM palettes of red, green and blue differ in size, or have "
            f"{described[0].bits} bits an entry; {CORRECT}"
        )
    tables = [_table(flat, colour, described[0], where) for colour in COLOURS]
    top = _top(tables, described[0], where)
    shades = [np.rint(255 / top * table.entries).astype(np.uint8) for table in tables]
    luts = [Lut(described[0].first, shade, 8) for shade in shades]
    return np.stack([stored.through(lut) for lut in luts], axis=2)


def _name(colour: str, part: str, segmented: str = "") -> str:
    return f"{segmented}{colour}PaletteColorLookupTable{part}"


def _table(flat: Any, colour: str, described: Descriptor, where: str) -> Lut:
    plain, segments = _name(colour, "Data"), _name(colour, "Data", "Segmented")
    if (plain in flat) == (segments in flat):
        raise DatasetError(f"{where}: one of DICOM {plain} and {segments} is needed; {CORRECT}")
    element = flat[plain if plain in flat else segments]
    little = flat.original_encoding[1] is not False
    with library(where, f"DICOM {element.keyword} is damaged", CORRECT):
        if plain in flat:
            entries = unpacked(bytes(element.value), described, little=little)
        else:
            kind = np.dtype(np.uint8 if described.bits == 8 else "<u2" if little else ">u2")
            whole = len(element.value) // kind.itemsize * kind.itemsize
            entries = expand(np.frombuffer(bytes(element.value[:whole]), kind), described.length)
    if len(entries) < described.length:
        raise DatasetError(
            f"{where}: DICOM {element.keyword} has {len(entries)} of {described.length} entries; {CORRECT}"
        )
    return Lut(described.first, entries[: described.length], described.bits)


def _top(tables: list[Lut], described: Descriptor, where: str) -> int:
    """Return the entry that is full brightness."""
    highest = max(int(table.entries.max()) for table in tables)
    if described.bits == 8 and highest > 255:
        raise DatasetError(f"{where}: a DICOM palette of 8 bits holds {highest}; {CORRECT}")
    if described.bits == 16 and highest < 256 and highest:
        raise DatasetError(
            f"{where}: the DICOM palette says 16 bits an entry and holds none above {highest}: the picture "
            "would be black, and 8 bits were probably meant; correct the descriptor, or save it as RGB"
        )
    return int(tables[0].top)


def expand(data: NDArray[Any], length: int) -> NDArray[np.int64]:
    """Expand the segments of a palette to at most `length` entries (PS3.3 C.7.9.2).

    Raises
    ------
    ValueError
        If segments make more than `length` entries, or refer to what is not there.
    """
    made: list[int] = []
    place = 0
    while place + 1 < len(data) and len(made) < length:
        place = _segment(data, place, made, length, may_refer=True)
        if len(made) > length:
            raise ValueError(f"segments make more than {length} entries")
    return np.array(made, np.int64)


def _segment(data: NDArray[Any], place: int, made: list[int], length: int, *, may_refer: bool) -> int:
    """Append the entries of the segment at `place`; return where the next one begins."""
    kind, count = int(data[place]), int(data[place + 1])
    if kind == 0:
        made.extend(int(value) for value in data[place + 2 : place + 2 + min(count, length + 1)])
        return place + 2 + count
    if kind == 1 and made:
        end = int(data[place + 2])
        steps = np.linspace(made[-1], end, count + 1)[1 : length + 2]
        made.extend(int(value) for value in np.around(steps))
        return place + 3
    if kind == 2 and may_refer:
        # The offset counts bytes and takes two words, or four bytes, lower part first (C.7.9.2.3).
        wide = 4 if data.dtype.itemsize == 1 else 2
        parts = [int(value) for value in data[place + 2 : place + 2 + wide]]
        offset = sum(part << (8 * data.dtype.itemsize * rank) for rank, part in enumerate(parts))
        target = offset // data.dtype.itemsize
        for _ in range(count):
            if len(made) > length:
                break
            target = _segment(data, target, made, length, may_refer=False)
        return place + 2 + wide
    raise ValueError(f"segment of kind {kind} where none may be")
