"""Pictures that occur twice, found without holding any: by thumbnails that lie in a file without a name."""

import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

THUMBNAIL = 32
SAME_PICTURE = 0.995
"""Correlation of grey thumbnails from which two images are taken for one. Measured: the same image at JPEG
quality 50, at half the size or 10 % brighter stays above .996; the most alike of 160 dermoscopies: .95."""
BLOCK = 1024
"""Thumbnails that are compared with as many others at a time: 4 MB each."""
TURNED = 64
"""Thumbnails of which all eight views are held at a time: 4 MB."""
SLACK = 1e-4
"""Of a squared distance, for single precision."""


@dataclass(frozen=True)
class Pair:
    """Two images that show the same picture."""

    first: int
    second: int
    is_exact: bool
    """Whether every pixel is the same."""


@dataclass(frozen=True)
class Thumbnail:
    """A small grey picture of an image, ready to be kept."""

    unit: bytes
    """At unit length, in single precision."""
    symmetric: bytes
    """What it has in common with its turns."""
    pixels: bytes
    """A hash of the image's pixels, 16 bytes."""


class Thumbnails:
    """A small grey picture of each image, in the order in which they were added.

    Two of them are compared in eight ways, turned and mirrored: eight products of 1024 numbers. Most pairs
    are told apart before, by the 136 numbers that a thumbnail has in common with all its turns: their
    distance is never larger than any of the eight.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()
        """A thumbnail an image, at unit length."""
        self._symmetric = tempfile.TemporaryFile()
        """What a thumbnail has in common with its turns."""
        for file in (self._file, self._symmetric):
            weakref.finalize(self, file.close)
        self._pixels = bytearray()
        """A hash of each image's pixels, 16 bytes."""
        self._fold, self._weight = _folding()

    def __len__(self) -> int:
        return len(self._pixels) // 16

    def of(self, image: NDArray[np.uint8]) -> Thumbnail:
        """Look at one (h, w, c) image, without keeping anything."""
        unit = _unit(_thumbnail(image))
        symmetric = np.mean([view.ravel() for view in _views(unit.reshape(THUMBNAIL, THUMBNAIL))], axis=0)
        pixels = hashlib.blake2b(repr(image.shape).encode(), digest_size=16)
        pixels.update(np.ascontiguousarray(image).data.cast("B"))
        return Thumbnail(
            unit.astype(np.float32).tobytes(),
            (symmetric[self._fold] * self._weight).astype(np.float32).tobytes(),
            pixels.digest(),
        )

    def add(self, one: Thumbnail) -> None:
        """Keep the thumbnail of the next image."""
        self._file.write(one.unit)
        self._symmetric.write(one.symmetric)
        self._pixels += one.pixels

    def pairs(self) -> list[Pair]:
        """Return the pairs of one picture, also after a turn, a mirror, a recoding or a resize."""
        for file in (self._file, self._symmetric):
            file.flush()
        starts = range(0, len(self), BLOCK)
        found = [pair for one in starts for pair in self._from_block(one)]
        return sorted(found, key=lambda pair: (pair.first, pair.second))

    def _from_block(self, one: int) -> Iterator[Pair]:
        some = self._folded(one)
        for other in range(one, len(self), BLOCK):
            others = some if other == one else self._folded(other)
            yield from self._in_block(one, some, other, others)

    def _in_block(self, one: int, some: Singles, other: int, others: Singles) -> Iterator[Pair]:
        near = _squared(some, others) <= 2 - 2 * SAME_PICTURE + SLACK
        if one == other:
            near = np.triu(near, k=1)
        rows, columns = np.nonzero(near.any(axis=1))[0], np.nonzero(near.any(axis=0))[0]
        if not len(rows):
            return
        likeness = self._likeness(one + rows, other + columns)
        alike = near[np.ix_(rows, columns)] & (likeness >= SAME_PICTURE)
        for row, column in zip(*np.nonzero(alike), strict=True):
            first, second = int(one + rows[row]), int(other + columns[column])
            yield Pair(first, second, self._hash(first) == self._hash(second))

    def _likeness(self, some: NDArray[np.intp], others: NDArray[np.intp]) -> Floats:
        """Return the largest correlation over the eight views of the second."""
        first = np.stack([self._unit_of(int(place)) for place in some])
        parts = [others[start : start + TURNED] for start in range(0, len(others), TURNED)]
        return np.concatenate([np.max(first @ self._turned(part), axis=0) for part in parts], axis=1)

    def _turned(self, places: NDArray[np.intp]) -> Floats:
        """Return the eight views of some thumbnails as (8, 1024, n_thumbnails)."""
        units = [self._unit_of(int(place)).reshape(THUMBNAIL, THUMBNAIL) for place in places]
        return np.stack([[view.ravel() for view in _views(one)] for one in units]).transpose(1, 2, 0)

    def _folded(self, start: int) -> Singles:
        """Return the (n, 136) numbers of a block, before a turn."""
        size = 4 * len(self._fold)
        data = os.pread(self._symmetric.fileno(), BLOCK * size, start * size)
        return np.frombuffer(data, np.float32).reshape(-1, len(self._fold))

    def _unit_of(self, place: int) -> Floats:
        size = 4 * THUMBNAIL**2
        data = os.pread(self._file.fileno(), size, place * size)
        return np.frombuffer(data, np.float32).astype(np.float64)

    def _hash(self, place: int) -> bytes:
        return bytes(self._pixels[16 * place : 16 * place + 16])


def _squared(some: Singles, others: Singles) -> Singles:
    lengths = (some**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None, :]
    return np.asarray(lengths - 2 * some @ others.T)


def _folding() -> tuple[NDArray[np.intp], Floats]:
    """Return one place of each set of places that turns and mirrors exchange, and the root of its size."""
    places = np.arange(THUMBNAIL**2).reshape(THUMBNAIL, THUMBNAIL)
    least = np.min([view.ravel() for view in _views(places.astype(np.float64))], axis=0).astype(np.intp)
    fold, size = np.unique(least, return_counts=True)
    return fold, np.sqrt(size)


def _thumbnail(image: NDArray[np.uint8]) -> Floats:
    grey = np.ascontiguousarray(image.mean(axis=2), dtype=np.float32)
    return np.asarray(
        cv2.resize(grey, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA), dtype=np.float64
    )


def _views(thumbnail: Floats) -> list[Floats]:
    turns = [np.rot90(thumbnail, quarter) for quarter in range(4)]
    return [*turns, *(np.fliplr(turn) for turn in turns)]


def _unit(thumbnail: Floats) -> Floats:
    flat = thumbnail.ravel() - thumbnail.mean()
    return np.asarray(flat / max(float(np.linalg.norm(flat)), 1e-9))
