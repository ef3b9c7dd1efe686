"""Become an ordinary user who can still reach this Python: for harnesses that start as root."""

import ctypes
import os
import sys
import tempfile
from pathlib import Path

NOBODY = 65534
NEW_MOUNTS, BIND, RECURSIVE, PRIVATE = 0x00020000, 4096, 0x4000, 0x40000


def become_nobody(repository: Path) -> None:
    """Drop root for good; a folder like /root that others cannot enter is opened up for this process alone.

    Raises
    ------
    OSError
        If this process is not allowed to.
    """
    needed = sorted({Path(sys.base_prefix), Path(sys.prefix), repository.resolve()})
    closed = {folder for tree in needed for folder in (tree, *tree.parents) if _is_closed(folder)}
    outermost = [folder for folder in closed if not closed & set(folder.parents)]
    if outermost:
        _open_up(outermost, needed)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def _is_closed(folder: Path) -> bool:
    return folder.stat().st_mode & 0o005 != 0o005


def _open_up(closed: list[Path], needed: list[Path]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)

    def mount(
        source: Path | None, target: Path, kind: bytes | None, flags: int, data: bytes | None = None
    ) -> None:
        start = os.fsencode(source) if source else b"none"
        if libc.mount(start, os.fsencode(target), kind, ctypes.c_ulong(flags), data):
            raise OSError(ctypes.get_errno(), f"mount {target}")

    if libc.unshare(NEW_MOUNTS):
        raise OSError(ctypes.get_errno(), "unshare")
    mount(None, Path("/"), None, RECURSIVE | PRIVATE)
    # The parts of a tree, not the tree: a bind mount would bring along the mode that closes it.
    trees = [tree for tree in needed if {tree, *tree.parents} & set(closed)]
    parts = [part for tree in trees for part in sorted(tree.iterdir())]
    kept = {part: Path(tempfile.mkdtemp()) / part.name for part in parts}
    for part, aside in kept.items():
        _place_for(part, aside)
        if not part.is_symlink():
            mount(part, aside, None, BIND | RECURSIVE)
    for folder in closed:
        mount(None, folder, b"tmpfs", 0, b"mode=755")
    for part, aside in kept.items():
        part.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        _place_for(aside, part)
        if not part.is_symlink():
            mount(aside, part, None, BIND | RECURSIVE)


def _place_for(part: Path, place: Path) -> None:
    """Make an empty file or folder to mount on; a link is copied."""
    if part.is_symlink():
        place.symlink_to(part.readlink())
    elif part.is_dir():
        place.mkdir(mode=0o755)
    else:
        place.touch()
