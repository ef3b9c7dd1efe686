"""A whole pool behind a command that passes bytes only: `docker run -i …`, `runsc … do …`.

Inside, `python -m scafe.sandbox.pool.container` opens an ordinary local pool and answers fixed records over
standard input and output; outside, `RemotePool` sends images and sources. What it does *not* do:
trust the answers. Every field is checked here as if a cell had sent it.
"""

import contextlib
import math
import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.contract.errors import SandboxError
from scafe.knowledge.contract.extractor import MAX_FEATURES, MAX_LINES
from scafe.sandbox.language.policy import EXCEPTIONS
from scafe.sandbox.pool import wire
from scafe.sandbox.pool.arena import Arena
from scafe.sandbox.pool.extraction import Extraction, Fault, FaultKind, ImageAndMask, Limits
from scafe.sandbox.pool.rows import BrokenRecord, read_names

IMAGES, EXTRACT, RERUN = 1, 2, 3
REQUEST: Final = struct.Struct("<IIQdI")
"""op, flags, bytes that follow, seconds per image, MiB. Flag 1: talkative, or for RERUN the other process;
from bit 8 on, for RERUN, the byte that fresh memory is filled with."""
ORDER: Final = struct.Struct("<I")
"""A number of images, or the place of one; RERUN sends them before the source."""
HEAD: Final = struct.Struct(f"<IIId{MAX_FEATURES * wire.NAME_BYTES}s{wire.MESSAGE_BYTES}s")
"""magic, names, images, seconds, names, words of a refusal."""
ROW: Final = struct.Struct(f"<IIi{MAX_FEATURES}d{wire.TALK_BYTES}s")
"""kind of fault (0: none), exception, line, values, words."""
MAGIC = 0x5CAF
KINDS: Final[tuple[FaultKind | None, ...]] = (
    None,
    "refused",
    "exception",
    "contract",
    "timeout",
    "memory",
    "killed",
    "state",
)
START_SECONDS = 300.0


class RemotePool:
    """The host's side: one process of a container, one conversation at a time."""

    def __init__(self, prefix: Sequence[str], *, workers: int, hash_seed: int) -> None:
        command = [*prefix, sys.executable, "-P", "-s", "-m", "scafe.sandbox.pool.container", str(workers)]
        try:
            self._process = subprocess.Popen(
                [*command, str(hash_seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/"
            )
        except OSError as error:
            raise SandboxError(f"the container could not be started: {error}") from error
        self._sent: Arena | None = None
        self._read(4, START_SECONDS)

    def _read(self, size: int, seconds: float) -> bytes:
        assert self._process.stdout is not None  # noqa: S101  PIPE was asked for
        try:
            data = wire.read_exactly(self._process.stdout.fileno(), size, seconds)
        except TimeoutError:
            raise SandboxError("the container does not answer") from None
        if len(data) != size:
            raise SandboxError(
                f"the container ended (exit code {self._process.poll()}); see its own messages"
            )
        return data

    def _write(self, data: bytes | memoryview) -> None:
        assert self._process.stdin is not None  # noqa: S101  PIPE was asked for
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except OSError as error:
            raise SandboxError(f"the container is gone ({error})") from None

    def extract(
        self, source: str, images: Sequence[ImageAndMask], limits: Limits, *, talkative: bool
    ) -> Extraction:
        """Run one extractor inside; as `Pool.extract`."""
        data = source[:65_537].encode("utf-8", "replace")
        self._show(images)
        found = self._answer(EXTRACT, int(talkative), data, len(images), limits)
        places = list(self._places)
        faults = tuple(found.faults[place] for place in places)
        return Extraction(found.names, found.rows[places], faults, found.seconds)

    def rerun(
        self,
        source: str,
        images: Sequence[ImageAndMask],
        order: Sequence[int],
        limits: Limits,
        twin: bool,
        perturb_memory: int,
    ) -> tuple[tuple[float, ...] | Fault, ...]:
        """Measure phantoms again in one fresh cell inside; as `Pool.rerun`."""
        self._show(images)
        places = [self._places[index] for index in order]  # inside, images stand in the order of their hash
        head = b"".join(map(ORDER.pack, (len(order), *places)))
        data = head + source[:65_537].encode("utf-8", "replace")
        flags = int(twin) | perturb_memory << wire.PERTURB_SHIFT
        found = self._answer(RERUN, flags, data, len(order), limits)
        pairs = zip(found.faults, found.rows, strict=True)
        return tuple(fault if fault is not None else tuple(map(float, row)) for fault, row in pairs)

    def _answer(self, operation: int, flags: int, data: bytes, count: int, limits: Limits) -> Extraction:
        self._write(REQUEST.pack(operation, flags, len(data), limits.image_seconds, limits.memory_mb) + data)
        patience = 60.0 + (limits.image_seconds + 1) * (count + 2)
        head = self._read(HEAD.size, patience)
        body = self._read(ROW.size * count, patience)
        try:
            return read_answer(head, body, count, talkative=operation == RERUN or bool(flags & 1))
        except BrokenRecord:
            raise SandboxError("the container broke its protocol; it was ended") from None

    def _show(self, images: Sequence[ImageAndMask]) -> None:
        if self._sent is None or not self._sent.holds(images):
            self._send(Arena(images))

    @property
    def _places(self) -> tuple[int, ...]:
        return self._sent.places if self._sent is not None else ()

    def _send(self, arena: Arena) -> None:
        if self._sent is not None:
            self._sent.close()
        self._sent = arena
        self._write(REQUEST.pack(IMAGES, 0, arena.size, 0.0, 0))
        for start in range(0, arena.size, 1 << 20):
            self._write(os.pread(arena.descriptor, 1 << 20, start))

    def close(self) -> None:
        """End the container: it ends when its input does."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        if self._sent is not None:
            self._sent.close()
            self._sent = None


def pack_answer(found: Extraction, *, talkative: bool) -> bytes:
    """Pack an extraction as seen from inside the container."""
    names = b"".join(name.encode().ljust(wire.NAME_BYTES, b"\0") for name in found.names)
    refused = next((fault.message for fault in found.faults if fault and fault.kind == "refused"), "")
    words = wire.field_of(refused, wire.MESSAGE_BYTES)
    head = HEAD.pack(MAGIC, len(found.names), len(found.faults), found.seconds, names, words)
    return head + b"".join(
        _pack_row(found.rows[index], fault, talkative) for index, fault in enumerate(found.faults)
    )


def _pack_row(values: NDArray[np.float64], fault: Fault | None, talkative: bool) -> bytes:
    padded = (*map(float, values), *(math.nan for _ in range(MAX_FEATURES - len(values))))
    if fault is None:
        return ROW.pack(0, 0, 0, *padded, b"")
    named = EXCEPTIONS.index(fault.exception) + 1 if fault.exception in EXCEPTIONS else 0
    words = fault.message if talkative and fault.kind != "refused" else ""
    said = wire.field_of(words, wire.TALK_BYTES)
    return ROW.pack(KINDS.index(fault.kind), named, fault.line or 0, *padded, said)


def read_answer(head: bytes, body: bytes, count: int, *, talkative: bool) -> Extraction:
    """Check and read an answer.

    Raises
    ------
    BrokenRecord
        If any field is not what the protocol allows.
    """
    magic, width, images, seconds, fields, words = HEAD.unpack(head)
    if magic != MAGIC or width > MAX_FEATURES or images != count or not 0 <= seconds < math.inf:
        raise BrokenRecord
    names = read_names(fields, width)
    rows, faults = np.full((count, width), math.nan), []
    for index in range(count):
        kind, exception, line, *rest = ROW.unpack_from(body, index * ROW.size)
        if kind >= len(KINDS) or exception > len(EXCEPTIONS):
            raise BrokenRecord
        if KINDS[kind] is None:
            rows[index] = [_value(value) for value in rest[:width]]
        said = words if KINDS[kind] == "refused" else rest[MAX_FEATURES] if talkative else b""
        faults.append(_fault(KINDS[kind], exception, line, wire.text_of(said)))
    return Extraction(names, rows, tuple(faults), seconds)


def _value(value: float) -> float:
    if math.isinf(value):
        raise BrokenRecord
    return math.nan if math.isnan(value) else float(f"{value:.6g}") + 0.0


def _fault(kind: FaultKind | None, exception: int, line: int, words: str) -> Fault | None:
    if kind is None:
        return None
    named = EXCEPTIONS[exception - 1] if exception else ""
    return Fault(kind, named, line if 0 < line <= MAX_LINES + 1 else None, words)
