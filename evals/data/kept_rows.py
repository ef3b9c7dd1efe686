"""Rows of one extractor on disk, a line for each image, appended as they come.

A kill leaves whole lines and at most one torn one, which is passed over. Several processes, also on several
machines that share a folder, may append to one file: each appends whole lines under a lock, and a row that
stands there twice is the same row.
"""

import array
import errno
import fcntl
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.contract.errors import InputError
from scafe.sandbox.pool.extraction import Fault

FORMAT = 2
"""Of the file; 1 was one JSON document, written anew for every 256 images."""
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class KeptRow:
    """One image's values, or why there are none."""

    key: str
    """Of the image: a hash in hexadecimal."""
    values: tuple[float, ...]
    fault: Fault | None

    def line(self) -> str:
        """Return it as a line of JSON; what is missing is null."""
        values = [None if math.isnan(value) else value for value in self.values]
        one = self.fault
        told = None if one is None else [one.kind, one.exception, one.line, one.message]
        return json.dumps([self.key, values, told], separators=(",", ":"))


def read_row(line: str) -> KeptRow:
    """Read what `KeptRow.line` wrote."""
    key, values, told = json.loads(line)
    missing = tuple(math.nan if value is None else value for value in values)
    return KeptRow(key, missing, None if told is None else Fault(*told))


class KeptRows:
    """The rows of one extractor, in `path` and in memory (some 180 bytes each).

    Raises
    ------
    InputError
        If the file was written by another version, or the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: tuple[str, ...] = ()
        """Of the features; empty where the extractor was refused."""
        self._read_to = 0
        self._start: dict[bytes, int] = {}
        self._values = array.array("d")
        self._faults: dict[bytes, Fault] = {}
        self.refresh()

    def __len__(self) -> int:
        return len(self._start)

    def __contains__(self, key: str) -> bool:
        return bytes.fromhex(key) in self._start

    def rows(self, keys: Sequence[str]) -> NDArray[np.float64]:
        """Return the (len(keys), len(names)) values of images that are here; NaN where there is none."""
        width = len(self.names)
        found = np.full((len(keys), width), np.nan)
        for place, key in enumerate(keys):
            start = self._start[bytes.fromhex(key)]
            if start >= 0:
                found[place] = self._values[start : start + width]
        return found

    def fault(self, key: str) -> Fault | None:
        """Return why an image has no values, if it has none."""
        return self._faults.get(bytes.fromhex(key))

    def append(self, names: tuple[str, ...], rows: Sequence[KeptRow]) -> None:
        """Write rows behind what is there, and read what others wrote meanwhile."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        head = json.dumps({"rows": FORMAT, "names": list(names)}, separators=(",", ":"))
        lines = [head] if names != self.names or not self._read_to else []
        text = "".join(f"{line}\n" for line in (*lines, *(row.line() for row in rows)))
        try:
            self._write(text.encode())
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise InputError(
                f"{self.path.parent}: no room is left for the values of images. Free some, or give --cache a "
                "folder with room, and go on: what was computed before is kept"
            ) from None
        self.refresh()

    def _write(self, data: bytes) -> None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = file.seek(0, os.SEEK_END)
            torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
            rest = memoryview(b"\n" + data if torn else data)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())

    def refresh(self) -> None:
        """Read the whole lines that were added since the last look."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._read_to)
                data = file.read()
        except FileNotFoundError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            one = json.loads(line)
        except ValueError:  # torn by a kill or a full disk; its image is measured again
            return
        if isinstance(one, dict):
            self._take_head(one)
        elif isinstance(one, list) and len(one) == 3:
            self._keep(bytes.fromhex(one[0]), one[1], one[2])

    def _take_head(self, head: dict[str, Any]) -> None:
        if head.get("rows") != FORMAT:
            raise InputError(
                f"{self.path}: written by another version (rows {head.get('rows')!r}, and this one reads "
                f"{FORMAT}). Give --cache another folder, or delete this file: its values are computed again"
            )
        self.names = tuple(head["names"])

    def _keep(self, key: bytes, values: list[float | None], told: list[Any] | None) -> None:
        self._start[key] = len(self._values) if len(values) == len(self.names) else -1
        self._values.extend(math.nan if value is None else value for value in values)
        if told is not None:
            self._faults[key] = Fault(*told)
