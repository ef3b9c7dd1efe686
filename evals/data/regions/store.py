"""Masks of one locator, computed in the sandbox once and kept by what they depend on.

A mask depends on the locator's source, on the image's bytes and on the libraries. It is kept as packed bits,
one file an image, in the private folder of the bench or in the cache.
"""

import struct
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.decoding.waves import Images
from scafe.evals.data.features import Located, library_versions, write_atomically
from scafe.evals.data.regions.counts import Origin
from scafe.evals.data.sources import digest
from scafe.knowledge.contract.errors import DatasetError, InputError
from scafe.sandbox.language.toolkit_text import toolkit_sha256
from scafe.sandbox.pool.pool import Fault, ImageAndMask, Pool
from scafe.sandbox.pool.regions.finding import locate
from scafe.sandbox.pool.regions.located import Region

BATCH = 64
"""Images held in memory at once."""
HEAD: Final = struct.Struct("<IId?")
"""height, width, confidence, whether the locator failed."""


@dataclass(frozen=True)
class KeptRegion:
    """What a locator said of one image."""

    mask: NDArray[np.bool_]
    """(H, W) bool, read-only; all False where nothing was found or the locator failed."""
    confidence: float
    failed: bool = False

    @property
    def origin(self) -> Origin:
        """How the mask counts."""
        if self.failed:
            return "failed"
        return "found" if self.mask.any() else "empty"


class RegionStore:
    """Runs one locator through the sandbox and remembers every mask below `folder`.

    Parameters
    ----------
    folder : Path
        Private folder of masks.
    pool : Pool
        Open sandbox.
    source : str
        The locator.
    """

    def __init__(self, folder: Path, pool: Pool, source: str) -> None:
        self._pool, self._source = pool, source
        identity = digest(source.encode(), library_versions().encode(), toolkit_sha256().encode())
        self._folder = folder / identity[:32]

    def prepare(self, keys: Sequence[str], images: Images) -> None:
        """Locate on the images whose key is new, some at a time.

        Parameters
        ----------
        keys : sequence of str
            One per image: a hash of its bytes and of what was done to it.
        images : sequence of ImageAndMask
            Loaded when a mask is missing; their masks are not looked at.

        Raises
        ------
        InputError
            The language wall refuses the locator here.
        SandboxError
            If the sandbox itself fails.
        """
        # by their hash: batches in the order of the data set, a folder per class, would tell a cell the label
        missing = sorted(
            (i for i, key in enumerate(keys) if not self._path(key).exists()), key=keys.__getitem__
        )
        for start in range(0, len(missing), BATCH):
            places = missing[start : start + BATCH]
            shown = [images[place].image for place in places]
            located = locate(self._pool, self._source, shown)
            for place, image, found in zip(places, shown, located.found, strict=True):
                self._write(keys[place], as_kept(found, image))

    def region(self, key: str) -> KeptRegion:
        """Return what was located under a key that was prepared."""
        return read_region(self._path(key))

    def file_of(self, key: str) -> Path:
        """Return where the mask under a key that was prepared lies."""
        return self._path(key).resolve()

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.mask"

    def _write(self, key: str, one: KeptRegion) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        head = HEAD.pack(*one.mask.shape, one.confidence, one.failed)
        write_atomically(self._path(key), head + zlib.compress(np.packbits(one.mask).tobytes(), 1))


@dataclass(frozen=True, slots=True)
class OutlinedWhereabouts:
    """Where an image lies, and the mask that a locator found on it."""

    image: Any
    """Says where the image lies, and loads it."""
    mask: Path
    """File of the store."""

    def load(self) -> ImageAndMask:
        """Decode the image and read the mask."""
        return ImageAndMask(self.image.load().image, read_region(self.mask).mask)


class Filled:
    """Images whose missing masks a locator fills, once the first of them is asked for.

    Parameters
    ----------
    images : Images
    keys : sequence of str
        One per image, for the store.
    lacking : sequence of bool
        Whether the image came without a mask; given masks are left as they are.
    regions : RegionStore
    """

    def __init__(
        self, images: Images, keys: Sequence[str], lacking: Sequence[bool], regions: RegionStore
    ) -> None:
        self._images, self._keys, self._lacking, self._regions = images, keys, lacking, regions
        self._is_prepared = False
        self._turn = threading.Lock()

    def __getitem__(self, place: int) -> ImageAndMask:
        one = self._images[place]
        if not self._lacking[place]:
            return one
        self._prepare()
        return ImageAndMask(one.image, self._regions.region(self._keys[place]).mask)

    def where(self, place: int) -> Any:
        """Say where an image and its mask lie; None if the image stands in memory alone."""
        one = self._images.where(place) if isinstance(self._images, Located) else None
        if one is None or not self._lacking[place]:
            return one
        self._prepare()
        return OutlinedWhereabouts(one, self._regions.file_of(self._keys[place]))

    def _prepare(self) -> None:
        with self._turn:  # threads that decode side by side may all find masks missing
            if not self._is_prepared:
                places = [place for place, lacks in enumerate(self._lacking) if lacks]
                self._regions.prepare([self._keys[one] for one in places], _Some(self._images, places))
                self._is_prepared = True


class _Some:
    """Images at some places of others, loaded when they are asked for."""

    def __init__(self, images: Images, places: Sequence[int]) -> None:
        self._images, self._places = images, places

    def __getitem__(self, place: int) -> ImageAndMask:
        return self._images[self._places[place]]


def read_region(path: Path) -> KeptRegion:
    """Read a file of the store; DatasetError if it is not there, as on a machine that does not share it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError(
            f"{path}: the mask that a locator found cannot be read ({error.strerror}); give --cache a folder "
            "that all machines share"
        ) from None
    height, width, confidence, failed = HEAD.unpack_from(data)
    bits = np.frombuffer(zlib.decompress(data[HEAD.size :]), np.uint8)
    mask = np.unpackbits(bits, count=height * width).astype(np.bool_).reshape(height, width)
    mask.setflags(write=False)
    return KeptRegion(mask, confidence, failed)


def as_kept(found: Region | Fault, image: NDArray[np.uint8]) -> KeptRegion:
    """Return what is kept of one answer; InputError if the language wall refuses the locator."""
    if isinstance(found, Region):
        return KeptRegion(found.mask, found.confidence)
    if found.kind == "refused":
        raise InputError(f"the locator does not run here: {found.message or found.kind}")
    return KeptRegion(np.zeros(image.shape[:2], np.bool_), 0.0, failed=True)
