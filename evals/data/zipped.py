"""Zip archives and the arrays in them: written so that bytes depend on content alone, read with bounds.

An archive may come from a stranger. Its counts and sizes are compared with bounds before anything is
unpacked, an array's header with the bytes that follow it before an array is made.
"""

import io
import json
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.contract.errors import IntegrityError
from scafe.knowledge.contract.inside import require_distinct, require_plain_name

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Earliest date that the zip format can hold."""
DIRECTORY_END: Final = struct.Struct("<4s4H2LH")
"""End of central directory: signature, disks, entries here and in all, size, offset, length of a comment."""
MOST_BYTES_PER_ENTRY: Final = 512
"""Of the directory; our names have up to 100 characters and no extra fields."""
SMALL: Final = 4 << 20
"""Unpacked bytes below which no ratio is looked at: a mask of one value shrinks to a thousandth."""
UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,  # NotImplementedError too
    ValueError,
    OSError,
)
"""What zipfile raises on bytes that are no zip."""
NPY_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(?:..)\{'descr': '(?P<type>[<|][a-zA-Z]\d{1,4})', "
    rb"'fortran_order': (?P<fortran>True|False), "
    rb"'shape': \((?P<shape>(?:\d{1,9}, ?){0,4}(?:\d{1,9})?)\), \} *\n",
    re.DOTALL,
)


@dataclass(frozen=True)
class ZipBounds:
    """What an archive may hold."""

    entries: int
    """Most entries, folders included."""
    unpacked_bytes: int
    """Most bytes of all entries together."""
    ratio: int = 200
    """Most unpacked bytes per packed byte, above 4 MiB. Text of ours has 3 to 12."""


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """Pack files by name, sorted; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], compresslevel=9)
    return buffer.getvalue()


def read_zip(data: bytes, where: str, bounds: ZipBounds) -> dict[str, bytes]:
    """Unpack an archive in memory: nothing is written, so nothing has to be removed.

    Parameters
    ----------
    data : bytes
    where : str
        Names the archive in messages.
    bounds : ZipBounds

    Raises
    ------
    IntegrityError
        It is no zip or is damaged; passes a bound; an entry is encrypted, a link, packed otherwise than by
        deflate, named twice, or its name leads out or is no plain name.

    Examples
    --------
    >>> read_zip(zip_bytes({"a": b"x"}), "here", ZipBounds(9, 99))
    {'a': b'x'}
    """
    _check_directory(data, where, bounds)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            for entry in entries:
                _check_entry(entry, where)
            require_distinct((entry.filename for entry in entries), where)
            _check_sizes(entries, len(data), where, bounds)
            return {one.filename: _content(archive, one, where) for one in entries if not one.is_dir()}
    except UNREADABLE as error:
        raise IntegrityError(f"{where} is no zip that can be read ({error})") from None


def read_npy(data: bytes, where: str, types: tuple[str, ...]) -> NDArray[Any]:
    """Read an array from the bytes of an `.npy` file of format 1.0.

    The header is matched, never evaluated, and must account for every byte that follows.

    Parameters
    ----------
    data : bytes
    where : str
        Names the file in messages.
    types : tuple of str
        Types that may stand in the header, e.g. `("<f8",)`; `"<U"` for texts of any length.

    Raises
    ------
    IntegrityError
        The header is none, names another type, or claims another number of bytes than there are.
    """
    found = NPY_HEADER.match(data)
    if found is None or struct.unpack("<H", data[8:10])[0] + 10 != found.end():
        raise IntegrityError(f"{where} has no header of a plain array")
    name, body = found["type"].decode(), data[found.end() :]
    if name not in types and name.rstrip("0123456789") not in types:
        raise IntegrityError(f"{where} is an array of {name}; expected {' or '.join(types)}")
    shape = tuple(int(number) for number in re.findall(rb"\d+", found["shape"]))
    claimed = int(np.prod(shape, dtype=object)) * np.dtype(name).itemsize
    if claimed != len(body):
        raise IntegrityError(f"{where}: its header claims {claimed:,} bytes, {len(body):,} follow")
    order: Literal["F", "C"] = "F" if found["fortran"] == b"True" else "C"
    array = np.frombuffer(body, np.dtype(name)).reshape(shape, order=order)
    return array.copy(order="K")


def rewrite_skops(data: bytes) -> bytes:
    """Replace memory addresses in a skops file by ordinals, and its dates by a fixed one.

    skops names array files and shared objects after `id()`, so two dumps of one estimator differ.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    ordinals: dict[int, int] = {}
    schema = _renumbered(json.loads(files.pop("schema.json")), ordinals)
    renamed = {_renamed(name, ordinals): content for name, content in files.items()}
    text = json.dumps(schema, indent=1, sort_keys=True)
    return zip_bytes({**renamed, "schema.json": text.encode()})


def _check_directory(data: bytes, where: str, bounds: ZipBounds) -> None:
    """Compare the directory's size with the bound before zipfile makes an object of every entry.

    The end must be the last bytes: an archive with a comment, with 64-bit sizes, or with bytes before or
    after it reads differently in different programs.
    """
    if len(data) < DIRECTORY_END.size:
        raise IntegrityError(f"{where} is no zip that can be read (it has {len(data)} bytes)")
    signature, *_, entries, size, offset, _ = DIRECTORY_END.unpack(data[-DIRECTORY_END.size :])
    end = len(data) - DIRECTORY_END.size
    if signature != b"PK\x05\x06" or data[max(0, end - 20) : end].startswith(b"PK\x06\x07"):
        raise IntegrityError(f"{where} is no zip that can be read (its directory does not end it)")
    if entries > bounds.entries or size > bounds.entries * MOST_BYTES_PER_ENTRY:
        raise IntegrityError(
            f"{where} lists {entries:,} entries in {size:,} bytes; at most {bounds.entries:,} are read"
        )
    if offset + size != end:
        raise IntegrityError(
            f"{where} is no zip that can be read (bytes stand before or behind its directory)"
        )


def _check_entry(entry: zipfile.ZipInfo, where: str) -> None:
    name, mode = entry.filename, entry.external_attr >> 16
    # zipfile cuts a name at its first NUL and turns backslashes on Windows: the one in the file is checked
    require_plain_name(entry.orig_filename.removesuffix("/"), where)
    if entry.orig_filename != name or (entry.is_dir() and entry.file_size):
        raise IntegrityError(f"{where} names {entry.orig_filename!a}, which is no plain name of a file")
    if entry.flag_bits & 0x1:
        raise IntegrityError(f"{where}: {name!r} is encrypted; ask for the archive without a password")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise IntegrityError(f"{where}: {name!r} is packed by method {entry.compress_type}; expected deflate")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise IntegrityError(f"{where}: {name!r} is a link or a device; an archive holds plain files")


def _check_sizes(entries: list[zipfile.ZipInfo], packed: int, where: str, bounds: ZipBounds) -> None:
    if len(entries) > bounds.entries:
        raise IntegrityError(f"{where} lists {len(entries):,} entries; at most {bounds.entries:,} are read")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > bounds.unpacked_bytes:
        raise IntegrityError(
            f"{where} would unpack to {unpacked / 2**20:.0f} MiB; "
            f"at most {bounds.unpacked_bytes >> 20} are read"
        )
    if unpacked > max(SMALL, bounds.ratio * packed):
        raise IntegrityError(
            f"{where} would unpack to {unpacked // packed} times its size; at most {bounds.ratio} is read"
        )


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str) -> bytes:
    content = archive.read(entry)
    if len(content) != entry.file_size:
        raise IntegrityError(
            f"{where}: {entry.filename!r} has {len(content)} bytes, not the {entry.file_size} it says"
        )
    return content


def _renumbered(node: Any, ordinals: dict[int, int]) -> Any:
    if isinstance(node, list):
        return [_renumbered(child, ordinals) for child in node]
    if not isinstance(node, dict):
        return node
    # Whether two equal texts are one object is the interpreter's whim: each leaf gets its own ordinal.
    fresh = {"__id__": -len(ordinals) - 1} if node.get("is_json") else {}
    return {key: _value(key, {**node, **fresh}[key], ordinals) for key in sorted(node)}


def _value(key: str, value: Any, ordinals: dict[int, int]) -> Any:
    if key == "__id__":
        return ordinals.setdefault(value, len(ordinals) + 1)
    if key == "file":
        return _renamed(value, ordinals)
    return _renumbered(value, ordinals)


def _renamed(name: str, ordinals: dict[int, int]) -> str:
    stem, dot, suffix = name.partition(".")
    return f"{ordinals.setdefault(int(stem), len(ordinals) + 1)}{dot}{suffix}" if stem.isdigit() else name
