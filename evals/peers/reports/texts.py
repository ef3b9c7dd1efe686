"""Reports as a peer may read them: without names of classes, refused where they are nothing else."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence

from scafe.evals.peers.peer import Setting, UnavailableError

BLANK = "[finding]"
"""Stands where a class was named."""
WAY_OUT = "name the column of reports or notes with --text-column"


def readable_texts(setting: Setting) -> dict[str, str]:
    """Return hash of an image -> its report, the names of the classes blanked.

    Raises
    ------
    UnavailableError
        An image has no report, or reports say the class and nothing else.
    """
    if not any(setting.texts.values()):
        raise UnavailableError(
            f"no image of this data has a text; names of classes never stand for one: {WAY_OUT}"
        )
    blanked = {image: blank(text, setting.classes) for image, text in setting.texts.items()}
    lacking = sum(not _words(text) for text in blanked.values())
    if lacking == len(blanked):
        raise UnavailableError(
            "the texts of this data are names of classes, and these never stand for a report"
        )
    if lacking:
        raise UnavailableError(f"{lacking} of {len(blanked)} images have no text beside a class's name")
    if len(set(blanked.values())) <= len(setting.classes):
        raise UnavailableError(
            f"the texts of this data are {len(set(blanked.values()))} sentences for {len(blanked)} images: "
            "labels in other words, and these never stand for a report"
        )
    return blanked


def blank(text: str, classes: Sequence[str]) -> str:
    """Replace the names of the classes, whatever their case; words around them stay.

    >>> blank("Benign naevus, NV-like network", ("mel", "nv"))
    'Benign naevus, [finding]-like network'
    """
    names = "|".join(re.escape(name) for name in sorted(classes, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{names})(?!\w)", BLANK, text, flags=re.IGNORECASE)


def texts_digest(texts: Mapping[str, str]) -> str:
    """Hash which image has which report."""
    return hashlib.sha256(json.dumps(sorted(texts.items())).encode()).hexdigest()


def _words(text: str) -> bool:
    return bool(re.search(r"\w", text.replace(BLANK, "")))
