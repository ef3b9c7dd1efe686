"""A file that grows, read from where the last reading ended; never through a link, never a pipe."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scafe.knowledge.contract.errors import IntegrityError

CHUNK: Final = 1 << 16
"""Bytes of one reading: some dozens of events, so that a page in between waits for milliseconds."""
MOST_LINE: Final = 8 << 20
"""Of one line; events have kilobytes."""


@dataclass
class Tail:
    """Complete lines of a file, each handed out once; starts again if the file is another or was cut."""

    path: Path
    offset: int = 0
    """Bytes that were handed out."""
    size: int = 0
    """Of the file, when it was last looked at."""
    _file: tuple[int, int] = (0, 0)
    _changed_ns: int = 0

    @property
    def is_at_end(self) -> bool:
        """Whether everything that stood there was read, up to a line that is not complete yet."""
        return self.offset >= self.size

    def look(self) -> bool:
        """Look how long the file is; True if it is another file, or shorter, than what was read.

        Raises
        ------
        IntegrityError
            It is a link, or no regular file.
        """
        try:
            found = os.lstat(self.path)
        except FileNotFoundError:
            found = None
        except OSError as error:
            raise IntegrityError(f"{self.path.name} cannot be read ({error.strerror})") from None
        if found is not None and not stat.S_ISREG(found.st_mode):
            raise IntegrityError(f"{self.path.name} is a link or no regular file, and is not followed")
        same = (found.st_dev, found.st_ino) if found else (0, 0)
        before, self.size = self.size, found.st_size if found else 0
        changed_ns = found.st_mtime_ns if found else 0
        was_edited = changed_ns != self._changed_ns and self.size == before
        is_other = self.offset > 0 and (same != self._file or self.size < self.offset or was_edited)
        self._file, self._changed_ns = same, changed_ns
        if is_other:
            self.offset = 0
        return is_other

    def lines(self) -> list[bytes]:
        """Return the next complete lines, about `CHUNK` bytes of them; none at the end."""
        if self.is_at_end:
            return []
        data = self.at(self.offset, CHUNK)
        if b"\n" not in data:
            data = self.at(self.offset, MOST_LINE)
        end = data.rfind(b"\n") + 1
        if end == 0:
            if len(data) == MOST_LINE:
                raise IntegrityError(f"{self.path.name} has a line of more than {MOST_LINE:,} bytes")
            self.size = self.offset  # a line that is still being written
            return []
        self.offset += end
        return data[: end - 1].split(b"\n")

    def at(self, offset: int, most: int) -> bytes:
        """Return up to so many bytes from a place; IntegrityError as in `look`."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise IntegrityError(f"{self.path.name} cannot be read ({error.strerror})") from None
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise IntegrityError(f"{self.path.name} is no regular file")
            return os.pread(descriptor, most, offset)
        finally:
            os.close(descriptor)
