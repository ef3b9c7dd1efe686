"""What a worker must share with the machine that asks, so that its rows are the same bytes."""

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from scafe.evals.data import features
from scafe.sandbox.language.toolkit_text import toolkit_sha256

ROOMS = ("knowledge/toolkit", "knowledge/contract", "sandbox", "evals/data", "evals/cluster", "evals/frozen")
"""Folders whose code has a part in a row."""
HERE = Path(features.__file__).parents[2]

Likeness = dict[str, str]
"""What it is of -> version or hash."""


@cache
def likeness() -> Likeness:
    """Say what this process is made of, as far as rows depend on it."""
    libraries = dict(one.split("=", 1) for one in features.library_versions().split(";"))
    return {
        "Python": platform.python_version(),
        "machine": platform.machine(),
        **libraries,
        "the toolkit": toolkit_sha256()[:12],
        "ScaFE's own code": _code()[:12],
    }


def difference(theirs: Mapping[str, str], ours: Mapping[str, str] | None = None, place: str = "here") -> str:
    """Say in words what one side has that the other has not; '' where nothing differs.

    Parameters
    ----------
    theirs : mapping
        What is named first.
    ours : mapping, optional
        What it is compared with, at `place`; none given: what this process is made of.

    Examples
    --------
    >>> difference({**likeness(), "numpy": "1.0"}).startswith("numpy 1.0 (here ")
    True
    """
    known = likeness() if ours is None else ours
    other = [name for name in known if theirs.get(name, "none") != known[name]]
    return ", ".join(f"{name} {theirs.get(name, 'none')} ({place} {known[name]})" for name in other)


def _code() -> str:
    found = hashlib.sha256()
    for folder in ROOMS:
        for path in sorted((_layer(folder)).rglob("*.py")):
            found.update(f"{folder}/{path.name}\0".encode() + path.read_bytes())
    return found.hexdigest()


def _layer(folder: str) -> Path:
    # a checkout and an installed wheel hold the layers side by side
    return HERE / folder
