"""The elements of a DICOM file that bear on its picture, read within bounds.

Private elements, names and dates are stepped over, never decoded.
"""

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from scafe.evals.data.dcm.calls import library, pydicom
from scafe.evals.data.dcm.rows import bounds
from scafe.evals.data.dcm.rows.table import RULES
from scafe.knowledge.contract.errors import DatasetError

DEFLATED = "1.2.840.10008.1.2.1.99"
PIXEL_GROUP = 0x7FE0
GUARDED = (0x0028, 0x0070, 0x2050, PIXEL_GROUP)
"""Groups that bear on display: each of their elements stands in the table, or the file is refused."""
OVERLAYS = range(0x6000, 0x6100, 2)
SHUTTERS = range(0x00181600, 0x00181700)
ITEM = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")
"""Tag of an item, in either order of bytes (PS3.5 7.5)."""
ALSO = ("SOPClassUID", "PatientID", "SpecificCharacterSet")


@dataclass(frozen=True)
class Header:
    """What a file says about its picture, and its pixels as they lie in the file."""

    elements: Any
    """pydicom's Dataset of the elements that were asked for; pixels included if they were."""
    syntax: str
    """Transfer syntax UID; without file header the one that the bytes fit."""
    guarded: tuple[int, ...]
    """Tags of guarded groups that the file has, known or not."""


class _Metered(io.BytesIO):
    """Bytes that say no after so many were read, or so many items; skipping them is free."""

    left = bounds.MAX_HEADER_BYTES
    items = bounds.MAX_ITEMS
    furthest = 0
    """What was read to here is not counted again: pydicom looks ahead and goes back."""

    def read(self, size: int | None = -1, /) -> bytes:
        begun = self.tell()
        found = super().read(size)
        new = found[max(self.furthest - begun, 0) :]
        self.furthest = max(self.furthest, begun + len(found))
        self.left -= len(new)
        self.items -= sum(new.count(mark) for mark in ITEM)
        if self.is_spent:
            raise _TooMuchError
        return found

    @property
    def is_spent(self) -> bool:
        """Whether a bound was passed; pydicom turns the exception that says so into others."""
        return self.left < 0 or self.items < 0


class _TooMuchError(Exception):
    def __str__(self) -> str:
        return f"over {bounds.MAX_HEADER_BYTES:,} bytes or {bounds.MAX_ITEMS:,} items before the pixels"


def read_header(data: bytes, where: str, *, pixels: bool = True) -> Header:
    """Read what bears on the picture.

    Parameters
    ----------
    data : bytes
        The whole file, with or without preamble and file header.
    where : str
        Names row and file in errors.
    pixels : bool
        False: stop before them.

    Raises
    ------
    DatasetError
        If the bytes are no DICOM, damaged, or pass a bound.
    """
    pydicom(where)
    with library(where, "not readable DICOM", "copy it again or leave it out"):
        found = _read(data, where, pixels=pixels)
    if not any(name in found.elements for name in ("SOPClassUID", "Rows", "PatientID")):
        raise DatasetError(f"{where}: not readable DICOM (no element of an image is in it); leave it out")
    return found


def _read(data: bytes, where: str, *, pixels: bool) -> Header:
    stream, syntax = _inflated(data, where)
    try:
        return _elements(stream, syntax, where, pixels=pixels)
    except Exception:
        if stream.is_spent:
            raise _TooMuchError from None
        raise


def _elements(stream: _Metered, syntax: str, where: str, *, pixels: bool) -> Header:
    from pydicom.filereader import read_dataset, read_partial

    seen: list[int] = []
    wanted = _wanted()
    if syntax == DEFLATED:
        elements = read_dataset(stream, False, True, stop_when=_watch(seen), specific_tags=wanted)
        encoding: tuple[bool, bool] = (False, True)
    else:
        elements = read_partial(stream, _watch(seen), force=True, specific_tags=wanted)
        encoding = (elements.original_encoding[0] is not False, elements.original_encoding[1] is not False)
        syntax = str(elements.file_meta.get("TransferSyntaxUID", "")) or _plain(*encoding)
    if pixels:
        stream.left, stream.items = bounds.MAX_BYTES, bounds.MAX_BYTES  # fragments are no such items
        rest = read_dataset(stream, *encoding, stop_when=_watch(seen, after=True))
        elements.update(rest)
    _settle(elements, where)
    return Header(elements, syntax, tuple(sorted({*seen})))


def _settle(elements: Any, where: str) -> None:
    """Convert every element now: pydicom would do it, and fail, wherever one is first looked at."""
    from pydicom.datadict import keyword_for_tag

    for tag in list(elements.keys()):
        name = keyword_for_tag(tag)
        with library(where, f"the DICOM attribute {name} is damaged", "correct it or leave the file out"):
            element = elements[tag]
            for item in element.value or () if element.VR == "SQ" else ():
                list(item.iterall())


def _inflated(data: bytes, where: str) -> tuple[_Metered, str]:
    from pydicom.filereader import read_dataset, read_preamble

    stream = _Metered(data)
    read_preamble(stream, force=True)
    meta = read_dataset(stream, False, True, stop_when=lambda tag, *_: tag.group != 2)
    if meta.get("TransferSyntaxUID") != DEFLATED:
        return _Metered(data), ""
    # pydicom would unpack without a bound.
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    plain = unpacker.decompress(data[stream.tell() :], bounds.MAX_BYTES + 1)
    if len(plain) > bounds.MAX_BYTES:
        raise DatasetError(
            f"{where}: the deflated DICOM file unpacks to more than {bounds.MAX_BYTES:,} bytes; "
            "save it uncompressed and smaller, or leave it out"
        )
    return _Metered(plain), DEFLATED


def _plain(implicit: bool, little: bool) -> str:
    if not little:
        return "1.2.840.10008.1.2.2"
    return "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1"


def _watch(seen: list[int], *, after: bool = False) -> Callable[..., bool]:
    def stop(tag: Any, _vr: str | None, _length: int) -> bool:
        beyond = bool(tag.group > PIXEL_GROUP if after else tag.group >= PIXEL_GROUP)
        if not beyond and (tag.group in GUARDED or int(tag) in SHUTTERS or tag.group in OVERLAYS):
            seen.append(int(tag))
        return beyond

    return stop


@cache
def _wanted() -> list[int]:
    from pydicom.datadict import keyword_dict, tag_for_keyword

    guarded = [tag for tag in keyword_dict.values() if tag >> 16 in GUARDED or tag in SHUTTERS]
    named = {name for rule in RULES for name in rule.keywords} | {*ALSO}
    return sorted({*guarded, *(tag for name in named if (tag := tag_for_keyword(name)) is not None)})
