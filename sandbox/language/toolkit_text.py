"""The toolkit as text: its files and their hash are part of what an extractor's value depends on.

A bundle carries the files where one of its extractors names the toolkit, so that the extractor runs elsewhere
with that folder on the path. ScaFE itself runs the installed toolkit alone: a bundle's is a stranger's code.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from scafe.knowledge import toolkit

FOLDER = "toolkit"
WORD = re.compile(r"\w+")


@cache
def toolkit_files() -> Mapping[str, bytes]:
    """Return the files of the installed toolkit, by their path in a bundle."""
    home = Path(toolkit.__file__).parent
    return {f"{FOLDER}/{path.name}": path.read_bytes() for path in sorted(home.glob("*.py"))}


@cache
def toolkit_sha256() -> str:
    """Return one hash over names and bytes of all its files."""
    whole = hashlib.sha256()
    for name, content in toolkit_files().items():
        whole.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()


def names_toolkit(source: str) -> bool:
    """Whether a line of a source could import the toolkit. The host reads words and parses nothing."""
    lines = source.replace("\\\n", " ").splitlines()
    return any(FOLDER in line and {"import", FOLDER} <= set(WORD.findall(line)) for line in lines)


def files_for(sources: Iterable[str]) -> Mapping[str, bytes]:
    """Return the files that a bundle of these sources carries: all of the toolkit, or none."""
    return toolkit_files() if any(map(names_toolkit, sources)) else {}
