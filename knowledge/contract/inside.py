"""Files of a folder that somebody else made: plain names, regular files, inside it, no longer than allowed.

Everything that is read from a bundle goes through `read_inside`. A link is never followed, at no part of
the path, and a device or a pipe is not waited for.
"""

import errno
import hashlib
import os
import stat
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from scafe.knowledge.contract.errors import IntegrityError

MOST_PARTS: Final = 8
MOST_CHARACTERS: Final = 240
"""Of a name; file systems stop at 255 bytes a part, and no name of ours has 100."""
CHUNK: Final = 1 << 20


def require_plain_name(name: str, where: str) -> None:
    """Refuse a name that could mean another place, or look like another name.

    Parameters
    ----------
    name : str
        Path inside a folder, its parts joined by `/`.
    where : str
        Who names it, for the message.

    Raises
    ------
    IntegrityError
        It is absolute, climbs, has an empty part, a backslash, a control character or a lone surrogate, or
        is too long.

    Examples
    --------
    >>> require_plain_name("cards/delta_red.md", "manifest.json")
    >>> require_plain_name("../outside.md", "manifest.json")
    Traceback (most recent call last):
      ...
    scafe.knowledge.contract.errors.IntegrityError: manifest.json names '../outside.md', which leads out of \
its folder
    """
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or name[1:2] == ":":
        raise IntegrityError(f"{where} names {name!r}, which leads out of its folder")
    is_odd = any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") or one == "\\" for one in name)
    if is_odd or len(name) > MOST_CHARACTERS or len(parts) > MOST_PARTS or {"", "."} & set(parts):
        raise IntegrityError(f"{where} names {name[:MOST_CHARACTERS]!a}, which is no plain name of a file")


def require_distinct(names: Iterable[str], where: str) -> None:
    """Refuse names that are one name on a file system that folds case or normalises Unicode."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other is not name:
            raise IntegrityError(f"{where} names {other!r} and {name!r}, which are one file on some systems")


def read_inside(folder: Path, name: str, most_bytes: int) -> bytes:
    """Read one regular file of a folder whole.

    Parameters
    ----------
    folder : Path
        May itself be reached through a link: the user named it.
    name : str
        Path inside the folder.
    most_bytes : int
        Longest file that is read.

    Raises
    ------
    IntegrityError
        The name leads out, a part of it is a link, the file is missing, is no regular file, or is longer.
    """
    require_plain_name(name, str(folder))
    return _whole(_opened(folder, name), folder / name, most_bytes)


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Read a file that the user named, through links if need be; IntegrityError as in `read_inside`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise IntegrityError(f"{path} cannot be read ({error.strerror})") from None
    return _whole(descriptor, path, most_bytes)


def hash_inside(folder: Path, name: str, most_bytes: int) -> str:
    """Return the SHA-256 of one regular file of a folder; IntegrityError as in `read_inside`."""
    require_plain_name(name, str(folder))
    digest = hashlib.sha256()
    for chunk in _chunks(_opened(folder, name), folder / name, most_bytes):
        digest.update(chunk)
    return digest.hexdigest()


def walk_inside(folder: Path, most_entries: int, skip: Collection[str] = ()) -> Iterator[str]:
    """Yield the name of every regular file below a folder, sorted within each folder.

    Parameters
    ----------
    folder : Path
    most_entries : int
        Files and folders together.
    skip : collection of str
        Names of files and folders that are passed over, whatever they are.

    Raises
    ------
    IntegrityError
        There is a link, a device, a pipe or a socket (named), or more than `most_entries`.
    """
    count = 0
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        for entry in sorted(_entries(folder / prefix), key=lambda one: one.name):
            name = prefix + entry.name
            if name in skip:
                continue
            count += 1
            if count > most_entries:
                raise IntegrityError(f"{folder} holds more than {most_entries} files and folders")
            require_plain_name(name, str(folder))
            if entry.is_dir(follow_symlinks=False):
                waiting.append(name + "/")
            elif entry.is_file(follow_symlinks=False):
                yield name
            else:
                raise IntegrityError(_no_file(folder / name, is_link=entry.is_symlink()))


def _whole(descriptor: int, path: Path, most_bytes: int) -> bytes:
    return b"".join(_chunks(descriptor, path, most_bytes))


def _chunks(descriptor: int, path: Path, most_bytes: int) -> Iterator[bytes]:
    """Read what was opened, and close it; a file that grows meanwhile is held to the bound too."""
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise IntegrityError(_no_file(path, is_link=False))
        left = most_bytes if found.st_size <= most_bytes else -1
        while left >= 0 and (more := os.read(descriptor, CHUNK)):
            left -= len(more)
            yield more
        if left < 0:
            raise IntegrityError(_too_long(path, most_bytes))
    except OSError as error:
        raise IntegrityError(f"{path} cannot be read ({error.strerror})") from None
    finally:
        os.close(descriptor)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError as error:
        raise IntegrityError(f"{folder} cannot be listed ({error.strerror})") from None


def _opened(folder: Path, name: str) -> int:
    """Open part by part, each one relative to the one before and never through a link."""
    *above, last = name.split("/")
    descriptor = -1
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in above:
            descriptor = _below(descriptor, part, os.O_DIRECTORY)
        return _below(descriptor, last, os.O_NONBLOCK)  # a pipe without a writer would wait for one
    except OSError as error:
        is_link = error.errno == errno.ELOOP or _is_link(folder, name)
        if is_link or error.errno == errno.ENXIO:
            raise IntegrityError(_no_file(folder / name, is_link=is_link)) from None
        raise IntegrityError(f"{folder / name} cannot be read ({error.strerror})") from None


def _below(descriptor: int, part: str, flags: int) -> int:
    try:
        return os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def _is_link(folder: Path, name: str) -> bool:
    parts = name.split("/")
    return any(folder.joinpath(*parts[: place + 1]).is_symlink() for place in range(len(parts)))


def _no_file(path: Path, *, is_link: bool) -> str:
    what = "a link, which leads out of its folder" if is_link else "no regular file"
    return f"{path} is {what}"


def _too_long(path: Path, most_bytes: int) -> str:
    return f"{path} has more than {most_bytes:,} bytes, which no file of its kind needs"
