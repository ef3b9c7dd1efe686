"""What lies in a folder of images: pictures with their masks, and what else was met; for run and predict.

Hidden files and what file managers leave behind are passed over and counted; pipes and devices are
refused unopened; a file that looks like a mask is one, or is refused.
"""

import os
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scafe.evals.data.formats import is_known, stem_of
from scafe.evals.data.sources import FilePath
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.contract.inert import inert

LEFT_BEHIND = ("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "$recycle.bin")
"""What file managers write by themselves, in lower case; names that begin with a dot are hidden too, among
them `.DS_Store` and macOS's `._x.jpg`, which ends like a picture and is none."""
MASK_WORDS = r"masks?|seg|segm|segmentations?|labels?|labelmap|gt|ground[\s_.\-]?truth"
MASK_NAME = re.compile(rf"(?P<stem>.+?)[\s_.\-]+(?:{MASK_WORDS})(?:[\s_.\-]*\d+)?", re.IGNORECASE)
"""`x_mask`, `x-seg`, `x_mask_1`: a mask of x, whatever lies beside it."""
MASK_FIRST = re.compile(r"masks?(?:[\s_.\-]+(?P<stem>.+))?", re.IGNORECASE)
"""`mask_x`, or `mask` alone."""
PERHAPS_MASK = re.compile(r"(?P<stem>.+?)[\s_.\-]+(?:roi|lesion|outline|contour|annotation)", re.IGNORECASE)
"""A mask of x if there is an image x beside it, as in PH2; else a picture of its own."""
MASK_FOLDER = re.compile(MASK_WORDS, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PictureFile:
    """An image, and the mask beside it."""

    image: Path
    mask: Path | None


@dataclass(frozen=True)
class Entries:
    """What one folder holds, by kind, each sorted by the bytes of its name."""

    folder: Path
    folders: tuple[Path, ...]
    known: tuple[Path, ...]
    """Files of a format that can be read."""
    unknown: tuple[Path, ...]
    """Any other file."""
    hidden: int
    """Hidden files and folders, and what file managers leave behind."""


def entries_of(folder: Path) -> Entries:
    """List a folder.

    Raises
    ------
    DatasetError
        It cannot be listed; a link leads nowhere; a pipe or device lies in it.
    """
    everything = _listed(folder)
    seen = [one for one in everything if not _is_hidden(one.name)]
    folders, files = _parted(seen, _is_folder)
    known, unknown = _parted(files, is_known)
    return Entries(folder, tuple(folders), tuple(known), tuple(unknown), len(everything) - len(seen))


def walk(root: Path) -> Iterator[Entries]:
    """List a folder and all below it; a link that leads back into the way is a DatasetError."""
    yield from _walk(root, ())


def paired(files: Sequence[Path], where: str) -> tuple[PictureFile, ...]:
    """Give each image of one folder its mask.

    Parameters
    ----------
    files : sequence of Path
        Files of known formats in one folder.
    where : str
        Names the folder in errors.

    Raises
    ------
    DatasetError
        A mask without its image, two masks of one image, or a mask that could be of two images.
    """
    stems = {_compared(stem_of(one)) for one in files}
    masks = {one: stem for one in files if (stem := _image_stem(stem_of(one), stems)) is not None}
    images = [one for one in files if one not in masks]
    return tuple(PictureFile(one, mask) for one, mask in _matched(images, masks, where))


def mask_beside(image: Path) -> Path | None:
    """Return the mask that lies beside one image; DatasetError if two do, or if it is a mask itself."""
    found = [
        one for one in paired(entries_of(image.parent).known, inert(image.parent.name)) if one.image == image
    ]
    if not found:
        raise DatasetError(f"{inert(image.name)}: by its name a mask; name the image it belongs to")
    return found[0].mask


def is_mask_folder(folder: Path) -> bool:
    """Whether a folder's name says that it holds masks, not a class."""
    return MASK_FOLDER.fullmatch(folder.name) is not None


def require_file(path: FilePath, where: str) -> None:
    """Refuse what would hang or never end when it is opened: a pipe, a socket, a device."""
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise DatasetError(f"{where}: a pipe, socket or device, not a file; remove it")


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir(), key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        raise DatasetError(
            f"{inert(str(folder))}: cannot be listed ({error.strerror}); check permissions"
        ) from None


def _parted(entries: Sequence[Path], is_first: Callable[[Path], bool]) -> tuple[list[Path], list[Path]]:
    """Part entries in two, each asked about once: a folder may hold 20,000."""
    first: list[Path] = []
    others: list[Path] = []
    for one in entries:
        (first if is_first(one) else others).append(one)
    return first, others


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in LEFT_BEHIND


def _is_folder(entry: Path) -> bool:
    where = inert(entry.name)
    try:
        require_file(entry, where)
        return entry.is_dir()
    except OSError as error:
        raise DatasetError(f"{where}: a link that leads nowhere ({error.strerror}); mend it") from None


def _walk(folder: Path, above: tuple[tuple[int, int], ...]) -> Iterator[Entries]:
    found = folder.stat()
    place = (found.st_dev, found.st_ino)
    if place in above:
        raise DatasetError(
            f"{inert(str(folder))}: a link that leads back to a folder above it; remove the link"
        )
    entries = entries_of(folder)
    yield entries
    for one in entries.folders:
        yield from _walk(one, (*above, place))


def _image_stem(stem: str, stems: set[str]) -> str | None:
    """Return the stem of the image that a file is the mask of; None if it is an image itself."""
    name = _compared(stem)
    if perhaps := PERHAPS_MASK.fullmatch(name):
        return perhaps["stem"] if perhaps["stem"] in stems else None
    found = MASK_NAME.fullmatch(name) or MASK_FIRST.fullmatch(name)
    return (found["stem"] or "") if found else None


def _compared(stem: str) -> str:
    # macOS writes ü as u and a diaeresis into file names; other systems keep one character.
    return unicodedata.normalize("NFC", stem)


def _matched(
    images: Sequence[Path], masks: dict[Path, str], folder: str
) -> Iterator[tuple[Path, Path | None]]:
    stems = [_compared(stem_of(one)) for one in images]
    images_of = Counter(stems)
    of_stem: dict[str, Path] = {}
    for mask, stem in masks.items():
        where = f"{folder}/{inert(mask.name)}"
        _require_one_image(stem, images_of, where)
        if stem in of_stem:
            raise DatasetError(
                f"{where}: {inert(stem)} has another mask, {inert(of_stem[stem].name)}; draw "
                "both into one file"
            )
        of_stem[stem] = mask
    for image, stem in zip(images, stems, strict=True):
        yield image, of_stem.get(stem)


def _require_one_image(stem: str, images_of: Mapping[str, int], where: str) -> None:
    if stem not in images_of:
        raise DatasetError(
            f"{where}: a mask without its image {inert(stem)}.*; add it, remove the mask, or rename the file "
            "if it is no mask"
        )
    if images_of[stem] > 1:
        raise DatasetError(f"{where}: two images are called {inert(stem)}; rename one and its mask")
