"""Images in shared memory, written once by the host and sealed: nobody can write or resize them.

The layout is a table of fixed-size entries, then the bytes of each image and mask at 64-byte steps. Images
stand there in the order of a hash of each: their order in the data set, often a folder per class, would tell
a cell that counts what it must not know. Phantoms may stand
in the order they are looked at.
"""

import errno
import fcntl
import hashlib
import mmap
import os
import struct
import tempfile
import time
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.contract.errors import SandboxError
from scafe.sandbox.pool.extraction import ImageAndMask

HEAD: Final = struct.Struct("<Q")
ENTRY: Final = struct.Struct("<QQQQQ")
"""offset of the image, offset of the mask, height, width, channels."""
STEP = 64
KEPT_ARENAS = 6
KEPT_BYTES = 40_000_000
"""Sets of images that stay in shared memory: at most so many, and so much beyond those in use."""
IN_USE = 2
"""Images, and the empty set in which sources are reviewed."""
NO_ROOM: Final = (errno.ENOSPC, errno.ENOMEM, errno.EDQUOT, errno.EFBIG)
F_ADD_SEALS, SEAL_ALL = 1033, 0x1 | 0x2 | 0x4 | 0x8  # no more seals, shrinking, growing, writing


class Arena:
    """The host's side of one sealed set of images.

    Parameters
    ----------
    images : sequence of ImageAndMask
    as_given : bool
        Keep the order: for phantoms alone.
    """

    def __init__(self, images: Sequence[ImageAndMask], *, as_given: bool = False) -> None:
        self._known = tuple(one if _is_frozen(one) else None for one in images)
        """Held, so that their identity stays theirs; the others are compared by their bytes."""
        self.as_given = as_given
        shapes = [_shape(index, one) for index, one in enumerate(images)]
        order = list(range(len(shapes))) if as_given else _hash_order(images, shapes)
        self.places = _inverse(order)
        """Where the images stand in shared memory, in the caller's order."""
        stored = [images[index] for index in order]
        self.entries = _layout(stored)
        self.descriptor = _write(stored, self.entries)
        self.size = os.fstat(self.descriptor).st_size

    def holds(self, images: Sequence[ImageAndMask], *, as_given: bool = False) -> bool:
        """Whether these are the same images, byte by byte, in the same kind of order.

        The same array object that cannot be written to is not compared again.
        """
        if len(images) != len(self._known) or as_given != self.as_given:
            return False
        stored: list[ImageAndMask] | None = None
        for index, (one, other) in enumerate(zip(images, self._known, strict=True)):
            if other is not None and one.image is other.image and one.mask is other.mask and _is_frozen(one):
                continue
            stored = stored or views(self.descriptor, self.size)
            kept = stored[self.places[index]]
            if not _same(one.image, kept.image) or not _same(one.mask, kept.mask):
                return False
        return True

    def close(self) -> None:
        """Give the memory back once the workers are gone."""
        os.close(self.descriptor)


class Sharing(Protocol):
    """A process that can be given sets of images."""

    def share(self, number: int, arena: Arena, /) -> None:
        """Give it a sealed set of images under a number."""
        ...

    def unshare(self, number: int, /) -> None:
        """Take a set of images away."""
        ...


class Shelf:
    """The sets of images that stand in shared memory; the least recently used goes first."""

    def __init__(self) -> None:
        self._arenas: dict[int, Arena] = {}
        self._next = 0

    def __getitem__(self, number: int) -> Arena:
        return self._arenas[number]

    def number_of(
        self,
        images: Sequence[ImageAndMask],
        processes: Sequence[Sharing],
        *,
        as_given: bool = False,
    ) -> int:
        """Return the number under which each of the processes holds these images; share them if none does."""
        for number, arena in self._arenas.items():
            if arena.holds(images, as_given=as_given):
                self._arenas[number] = self._arenas.pop(number)  # most recently used stands last
                return number
        arena = Arena(images, as_given=as_given)
        number = self._next = self._next + 1
        for one in processes:
            one.share(number, arena)
        self._arenas[number] = arena
        while self._is_too_full():
            oldest = next(iter(self._arenas))
            for one in processes:
                one.unshare(oldest)
            self._arenas.pop(oldest).close()
        return number

    def _is_too_full(self) -> bool:
        held = sum(arena.size for arena in self._arenas.values())
        return len(self._arenas) > KEPT_ARENAS or (len(self._arenas) > IN_USE and held > KEPT_BYTES)

    def share_with(self, process: Sharing) -> None:
        """Give a process that came later everything that stands here."""
        for number, arena in self._arenas.items():
            process.share(number, arena)

    def close(self) -> None:
        """Give all memory back once the workers are gone."""
        arenas, self._arenas = self._arenas, {}
        for arena in arenas.values():
            arena.close()


def _is_frozen(one: ImageAndMask) -> bool:
    arrays: list[object] = [one.image, one.mask]
    return all(
        isinstance(array, np.ndarray) and array.base is None and not array.flags.writeable for array in arrays
    )


def _same(one: NDArray[np.generic], other: NDArray[np.generic]) -> bool:
    return one.shape == other.shape and bool(np.array_equal(one, other))


def _hash_order(images: Sequence[ImageAndMask], shapes: Sequence[tuple[int, int, int]]) -> list[int]:
    keys = [_key(shape, one) for shape, one in zip(shapes, images, strict=True)]
    return sorted(range(len(images)), key=lambda index: keys[index])


def _key(shape: tuple[int, int, int], one: ImageAndMask) -> bytes:
    """Hash one image and nothing else: copies of it stand side by side, whatever they are called."""
    key = hashlib.blake2b(repr(shape).encode(), digest_size=16)
    key.update(np.ascontiguousarray(one.image).data.cast("B") if one.image.size else b"")
    key.update(np.packbits(one.mask).data)
    return key.digest()


def _inverse(order: Sequence[int]) -> tuple[int, ...]:
    places = [0] * len(order)
    for place, index in enumerate(order):
        places[index] = place
    return tuple(places)


def _layout(images: Sequence[ImageAndMask]) -> list[tuple[int, int, int, int, int]]:
    offset = _aligned(HEAD.size + ENTRY.size * len(images))
    entries = []
    for one in images:
        height, width, channels = one.image.shape
        mask_at = _aligned(offset + height * width * channels)
        entries.append((offset, mask_at, height, width, channels))
        offset = _aligned(mask_at + height * width)
    return entries


def _aligned(offset: int) -> int:
    return -(-offset // STEP) * STEP


def _shape(index: int, one: ImageAndMask) -> tuple[int, int, int]:
    image, mask = one.image, one.mask
    if image.ndim != 3 or image.dtype != np.uint8 or mask.dtype != np.bool_ or mask.shape != image.shape[:2]:
        raise SandboxError(
            f"image {index} is {image.dtype} {image.shape} with a {mask.dtype} {mask.shape} mask; "
            "the sandbox takes (H, W, C) uint8 with an (H, W) bool mask"
        )
    return image.shape


def _seal(descriptor: int, patience_s: float = 5.0) -> None:
    """Seal the memory; a process that was forked while it was written maps it until its own program runs."""
    end = time.monotonic() + patience_s
    while True:
        try:
            fcntl.fcntl(descriptor, F_ADD_SEALS, SEAL_ALL)
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def _write(images: Sequence[ImageAndMask], entries: Sequence[tuple[int, int, int, int, int]]) -> int:
    descriptor = _memory()
    try:
        _fill(descriptor, images, entries)
    except OSError as error:
        os.close(descriptor)
        if error.errno not in NO_ROOM:
            raise
        raise SandboxError(
            f"no room in shared memory for {len(images)} images ({_end(entries) / 1e6:.0f} MB, "
            f"{os.strerror(error.errno)}); end other programs, raise the limit of the container, or give "
            "smaller images, and go on: what was computed is kept"
        ) from None
    if hasattr(os, "memfd_create"):
        _seal(descriptor)
    return descriptor


def _fill(
    descriptor: int,
    images: Sequence[ImageAndMask],
    entries: Sequence[tuple[int, int, int, int, int]],
) -> None:
    table = HEAD.pack(len(entries)) + b"".join(ENTRY.pack(*entry) for entry in entries)
    os.ftruncate(descriptor, _end(entries))
    _put(descriptor, memoryview(table), 0)
    for one, (image_at, mask_at, *_) in zip(images, entries, strict=True):
        _put(descriptor, np.ascontiguousarray(one.image).data.cast("B"), image_at)
        _put(descriptor, np.ascontiguousarray(one.mask).view(np.uint8).data.cast("B"), mask_at)


def _end(entries: Sequence[tuple[int, int, int, int, int]]) -> int:
    if not entries:
        return STEP
    _, mask_at, height, width, _ = entries[-1]
    return _aligned(mask_at + height * width) + STEP


def _put(descriptor: int, data: memoryview, offset: int) -> None:
    while data:
        written = os.pwrite(descriptor, data, offset)
        data, offset = data[written:], offset + written


def _memory() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("scafe-images", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    descriptor, name = tempfile.mkstemp(prefix="scafe-")  # no memfd outside Linux, hence no seal
    os.unlink(name)
    return descriptor


def views(descriptor: int, size: int) -> list[ImageAndMask]:
    """Map an arena read-only and return its images; the kernel refuses every write to them."""
    shared = mmap.mmap(descriptor, size, prot=mmap.PROT_READ)
    memory = np.frombuffer(shared, np.uint8)
    (count,) = HEAD.unpack_from(shared, 0)
    entries = (ENTRY.unpack_from(shared, HEAD.size + index * ENTRY.size) for index in range(count))
    return [_view(memory, entry) for entry in entries]


def _view(memory: NDArray[np.uint8], entry: tuple[int, ...]) -> ImageAndMask:
    image_at, mask_at, height, width, channels = entry
    image = memory[image_at : image_at + height * width * channels].reshape(height, width, channels)
    mask = memory[mask_at : mask_at + height * width].reshape(height, width).view(np.bool_)
    return ImageAndMask(image, mask)
