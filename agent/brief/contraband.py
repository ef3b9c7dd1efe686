"""What may never stand in a text that leaves: pixels, bulk values, paths, and what the run was told to keep.

Used twice: on every text before it is sent, where a find stops the run, and on every module a drafter
writes, where a find is the drafter's fault and goes back in words (so that its own table of numbers
can never stop the run later).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

MAX_ENCODED = 512
"""Characters of an unbroken base64-like run; a 20-pixel grey thumbnail needs more."""
MAX_NUMBERS = 64
"""Numbers in one list; an 8-by-8 block of pixels has as many."""
MAX_CUTS = 50
"""Cuts beyond those of the patterns: texts that a run keeps, and what a cut brought together."""
LONG_TEXT = 24
"""A text to keep without any sign of a name in it counts from this length: `photos` is a word like others."""

_ENCODED = re.compile(rf"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{{{MAX_ENCODED},}}+={{0,2}}")
_ENCODED_LINES = re.compile(r"(?:^[ \t>\"']*[A-Za-z0-9+/]{60,}={0,2}[\"',\\]*[ \t]*\n){8,}", re.MULTILINE)
# Atomic groups: a number or a gap that was read once is not read again in another way, else a text of
# sixty numbers takes years to refuse.
_NUMBER = r"(?>[-+]?(?:0x[0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+))"
_NUMBERS = re.compile(rf"(?<![\w.]){_NUMBER}(?:(?>[\s,;|\[\](){{}}:\"'/]+){_NUMBER}){{{MAX_NUMBERS},}}")
_IMAGE_FILE = re.compile(
    r"\w\.(?:jpe?g|png|tiff?|bmp|webp|dcm|dicom|nii(?:\.gz)?|npy|npz|csv|tsv|parquet)\b", re.IGNORECASE
)
_IN_FILE = re.compile(r"[\w.%~/\\-]")
_HOME_PATH = re.compile(r"(?<![\w)\]])(?:/(?:home|Users|mnt|media|srv|root)/\w|[A-Za-z]:\\\w|\\\\\w+\\\w)")


@dataclass(frozen=True)
class Find:
    """Something that may not leave. Never holds the thing itself."""

    what: str
    """In words, e.g. 'a list of 96 numbers'."""
    start: int
    """Where it begins."""
    end: int
    """Where it ends."""


def find_contraband(text: str, keep: Iterable[str] = ()) -> Find | None:
    """Return the first thing that may not leave, or None.

    Parameters
    ----------
    text : str
        What is about to leave.
    keep : iterable of str
        Further texts that may not leave, e.g. the dataset's folder; case does not matter.

    Examples
    --------
    >>> find_contraband("pixels: " + "12, " * 80).what
    'a list of 80 numbers'
    >>> find_contraband("median a* inside minus ring") is None
    True
    """
    found = _patterns(text) or _kept(text, keep)
    return found


def cut_contraband(text: str, keep: Iterable[str] = ()) -> str:
    """Return the text with everything that may not leave replaced by a note in brackets."""
    text = _NUMBERS.sub(lambda found: f"[cut: {_list_of(found[0])}]", text)
    for pattern in (_ENCODED, _ENCODED_LINES):
        text = pattern.sub(lambda found: "[cut: encoded data]" if _tells(found[0]) else found[0], text)
    text = _HOME_PATH.sub("[cut: a path]", _without_files(text))
    kept = tuple(keep)
    for _ in range(MAX_CUTS):
        found = find_contraband(text, kept)
        if found is None:
            return text
        text = f"{text[: found.start]}[cut: {found.what}]{text[found.end :]}"
    return "[cut: too much that may not leave]"


def _without_files(text: str) -> str:
    pieces, at = [], 0
    for file in _IMAGE_FILE.finditer(text):
        start = max(at, _start_of_file(text, file.start()))
        pieces += [text[at:start], "[cut: the name of a data file]"]
        at = file.end()
    return "".join([*pieces, text[at:]])


def _list_of(numbers: str) -> str:
    return f"a list of {len(re.findall(_NUMBER, numbers))} numbers"


def _tells(run: str) -> bool:
    """Return whether a run of characters can hold data; a line of dashes cannot."""
    return any(character.isalnum() for character in run)


def _patterns(text: str) -> Find | None:
    numbers = _NUMBERS.search(text)
    if numbers:
        return Find(_list_of(numbers[0]), numbers.start(), numbers.end())
    for run in (*_ENCODED.finditer(text), *_ENCODED_LINES.finditer(text)):
        if _tells(run[0]):
            return Find("encoded data", run.start(), run.end())
    file = _IMAGE_FILE.search(text)
    if file:
        return Find("the name of a data file", _start_of_file(text, file.start()), file.end())
    path = _HOME_PATH.search(text)
    return Find("a path", path.start(), path.end()) if path else None


def _start_of_file(text: str, at: int) -> int:
    """Go back to where the name of a file begins, 300 characters at most."""
    lowest = max(0, at - 300)
    while at > lowest and _IN_FILE.match(text, at - 1):
        at -= 1
    return at


def _kept(text: str, keep: Iterable[str]) -> Find | None:
    folded = text.casefold()
    for secret in keep:
        if _is_telling(secret) and (start := folded.find(secret.casefold())) >= 0:
            return Find("a text that this run keeps", start, start + len(secret))
    return None


def _is_telling(secret: str) -> bool:
    """Return whether a text is a path, an id or long, and so would not stand in a prompt by chance."""
    has_sign = bool(re.search(r"[/\\\d_]", secret.strip("./\\")))
    return (len(secret) >= 4 and has_sign) or len(secret) >= LONG_TEXT
