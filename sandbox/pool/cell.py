"""The jailed process in which one extractor runs: close the wall, load, measure, reply.

What it does *not* do: trust itself. Whatever it sends, the host checks again.
"""

import builtins
import contextvars
import math
import mmap
import os
import types
from dataclasses import dataclass
from math import isfinite
from typing import NoReturn

import cv2
import numpy as np

from scafe.knowledge.contract.errors import ContractError
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.toolkit import memo
from scafe.sandbox.language import compilation, guards, policy
from scafe.sandbox.language.review import review
from scafe.sandbox.language.text import without_addresses
from scafe.sandbox.pool import wire
from scafe.sandbox.pool.arena import views
from scafe.sandbox.pool.extraction import ImageAndMask
from scafe.sandbox.system import jail
from scafe.sandbox.system.fingerprint import Fingerprint, Held
from scafe.sandbox.system.memory import poison_small_blocks
from scafe.sandbox.system.selfattack import attack

NUMBERS = (float, int, np.float64, np.float32, np.float16)


@dataclass(frozen=True)
class Orders:
    """What the zygote gives one cell."""

    requests: int
    """Descriptor to read requests from."""
    replies: int
    """Descriptor to write replies to."""
    board: int
    """Descriptor of the shared memory for progress and rows."""
    arena: int
    """Descriptor of the sealed images."""
    arena_size: int
    talkative: bool
    address_bytes: int
    cpu_seconds: int
    perturb: int
    """Byte that fresh memory is filled with; 0: as the allocator likes."""
    fingerprint: Fingerprint
    """Of builtins and libraries before the fork."""


@dataclass(frozen=True)
class Failure:
    """Why an image has no row."""

    status: int
    exception: int
    """Place in `policy.EXCEPTIONS`."""
    line: int
    """1-based; 0 if unknown."""
    message: str


class BrokenContract(Exception):  # noqa: N818
    """The extractor returned something else than it promised."""


class Loaded:
    """One extractor, reviewed and compiled."""

    uses_opencv = True
    uses_scipy = True
    uses_toolkit = True

    def __init__(self, code: types.CodeType, names: tuple[str, ...]) -> None:
        self.code = code
        self.names = names
        self.namespace = guards.fresh_namespace()

    @property
    def builtins(self) -> dict[str, object]:
        """What every image's namespace shares: the functions that Python knows by itself."""
        return self.namespace.get("__builtins__", {})  # type: ignore[return-value]

    def measure(self, one: ImageAndMask) -> object:
        """Run the extractor on one image, in a namespace and a context that nothing else sees."""
        namespace = dict(self.namespace)
        try:
            exec(self.code, namespace)  # noqa: S102  the jail is closed and the text reviewed
            function = namespace["extract"]
            return function(one.image, one.mask)  # type: ignore[operator]
        finally:
            namespace.clear()  # functions and their globals are a cycle; the collector need not find it


def run(orders: Orders, kind: type["Cell"] | None = None) -> NoReturn:
    """Close the jail around this freshly forked process and serve until the host is gone."""
    images = views(orders.arena, orders.arena_size)
    board = mmap.mmap(orders.board, wire.BOARD_BYTES)
    jail.close_descriptors((0, 1, 2, orders.requests, orders.replies))
    jail.perturb_memory(orders.perturb)
    jail.enter(orders.address_bytes, orders.cpu_seconds)
    cell = (kind or Cell)(orders, images, board, attack())
    try:
        while cell.serve_one():
            pass
    finally:
        os._exit(0)


class Cell:
    """The serving side of one worker."""

    def __init__(self, orders: Orders, images: list[ImageAndMask], board: mmap.mmap, breaches: int) -> None:
        self.orders = orders
        self.images = images
        self.board = board
        self.breaches = breaches
        self.loaded: Loaded | None = None
        self.kept: tuple[Held, ...] = (Held.of(vars(builtins)),)
        """Looked at every 16 images (2 us); of everything else, see `Fingerprint`."""
        self.unlooked = 0
        """Images since."""
        self.record = wire.TALKING_ROW if orders.talkative else wire.ROW
        self.layout = wire.row_layout(0, self.record.size)
        """Of a good row of the loaded extractor; looked up once, not for every image."""

    def serve_one(self) -> bool:
        """Answer one request; False when the host is gone."""
        head = wire.read_exactly(self.orders.requests, wire.REQUEST.size)
        if len(head) < wire.REQUEST.size:
            return False
        operation, first, count, serial = wire.REQUEST.unpack(head)
        if operation == wire.LOAD:
            source = wire.read_exactly(self.orders.requests, first).decode("utf-8", "replace")
            self.reply(self.load(source, serial))
        elif operation == wire.CHECK:
            self.reply(wire.CHECKED.pack(serial, int(self.orders.fingerprint.is_same())))
        else:
            self.run_batch(first, count, serial)
            os.write(self.orders.replies, wire.DOORBELL.pack(serial, count))  # a pipe takes it whole
        return True

    def reply(self, record: bytes) -> None:
        """Send one record to the host."""
        wire.write_all(self.orders.replies, record)

    def run_batch(self, first: int, count: int, serial: int) -> None:
        """Measure images and put each row on the board before counting it as done."""
        for done in range(count):
            if self.orders.perturb:
                poison_small_blocks(self.orders.perturb)
            self.write_row(wire.COUNTER.size + done * self.record.size, first + done, serial)
            wire.COUNTER.pack_into(self.board, 0, done + 1)
        self.unlooked += count
        if self.unlooked >= wire.BATCH:
            self.look(first, count, serial)

    def look(self, first: int, count: int, serial: int) -> None:
        """Compare builtins with what they were, and take the rows of this request back if they changed."""
        self.unlooked = 0
        if all(held.looks_same() for held in self.kept):
            return
        for done in range(count):
            place = wire.COUNTER.size + done * self.record.size
            self._write_failure(place, first + done, serial, Failure(wire.STATE, 0, 0, ""))

    def load(self, source: str, serial: int) -> bytes:
        """Review, compile and run the module once without an image; pack what came of it."""
        try:
            self.loaded = self.loaded_from(source)
        except Refused as refused:
            return self._loaded(serial, wire.REFUSED, refused.line, (), str(refused))
        self.layout = wire.row_layout(len(self.loaded.names), self.record.size)
        self.kept = (Held.of(vars(builtins)), Held.of(self.loaded.builtins))
        return self._loaded(serial, wire.PASSED, 0, self.loaded.names, "")

    def loaded_from(self, source: str) -> Loaded:
        """Take the text of what this cell runs through the language wall."""
        return load_extractor(source)

    def _loaded(self, serial: int, status: int, line: int, names: tuple[str, ...], message: str) -> bytes:
        fields = b"".join(name.encode().ljust(wire.NAME_BYTES, b"\0") for name in names)
        words = wire.field_of(message, wire.MESSAGE_BYTES)
        return wire.LOADED.pack(serial, status, self.breaches, line, len(names), fields, words)

    def write_row(self, at: int, index: int, serial: int) -> None:
        """Measure one image and write its row at a place of the board."""
        found = measure(self.loaded, self.images[index])
        if isinstance(found, Failure):
            self._write_failure(at, index, serial, found)
        else:
            self.layout.pack_into(self.board, at, serial, index, wire.FINE, 0, 0, *found)

    def _write_failure(self, at: int, index: int, serial: int, failure: Failure) -> None:
        layout = wire.row_layout(0, self.record.size)
        layout.pack_into(self.board, at, serial, index, failure.status, failure.exception, failure.line)
        if self.orders.talkative:
            words = wire.field_of(failure.message, wire.TALK_BYTES).ljust(wire.TALK_BYTES, b"\0")
            self.board[at + wire.ROW.size : at + wire.TALKING_ROW.size] = words


class Refused(Exception):  # noqa: N818
    """The extractor may not run; the words are for whoever repairs it."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def load_extractor(source: str) -> Loaded:
    """Take a text through the language wall.

    Raises
    ------
    Refused
        With line, construct, why and what to write instead.
    """
    seen = review(source)
    if seen.refusals:
        raise Refused("\n".join(map(str, seen.refusals)), seen.refusals[0].line)
    try:
        names = parse_extractor(source).names
        loaded = Loaded(compilation.compile_reviewed(seen), names)
    except ContractError as error:
        raise Refused(str(error), error.line or 0) from None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Refused(f"cannot be compiled: {type(error).__name__}: {error}"[:800]) from None
    loaded.uses_opencv = "cv2" in source
    loaded.uses_scipy = "scipy" in source or "skimage" in source
    loaded.uses_toolkit = "toolkit" in source
    run_module_once(loaded, "extract(image, mask)")
    return loaded


def run_module_once(loaded: Loaded, wanted: str) -> None:
    """Run a module without an image; Refused if it raises, or lacks the function `wanted`."""
    namespace = dict(loaded.namespace)
    try:
        exec(loaded.code, namespace)  # noqa: S102  the jail is closed and the text reviewed
    except BaseException as error:
        line = line_of(error)
        raise Refused(f"line {line}: the module raises {words_of(error)} while it loads", line) from None
    if not isinstance(namespace.get(wanted.partition("(")[0]), types.FunctionType):
        raise Refused(f"the module needs a function def {wanted}")


def measure(loaded: Loaded | None, one: ImageAndMask) -> tuple[float, ...] | Failure:
    """Run one extractor on one image and judge what it returned."""
    if loaded is None:
        return Failure(wire.CONTRACT, 0, 0, "no extractor was loaded")
    if loaded.uses_toolkit:
        memo.remember(one.image, one.mask)
    try:
        return measure_kept(loaded, one)
    finally:
        memo.forget()


def measure_kept(loaded: Loaded, one: ImageAndMask) -> tuple[float, ...] | Failure:
    """Do the same, and leave it to the caller what the toolkit keeps."""
    if loaded.uses_opencv:
        cv2.setRNGSeed(0)  # its random state outlives a call; k-means and RANSAC read it
    if loaded.uses_scipy:
        np.random.seed(0)  # noqa: NPY002  numpy's own state, which functions of scipy draw from by default
    try:
        # numpy keeps its error settings in a context variable: a suspended `with np.errstate` stays behind
        return judged(contextvars.Context().run(loaded.measure, one), loaded.names)
    except BrokenContract as error:
        return Failure(wire.CONTRACT, 0, 0, str(error))
    except BaseException as error:
        status = wire.MEMORY if isinstance(error, MemoryError) else wire.EXCEPTION
        return Failure(status, exception_number(error), line_of(error), words_of(error))


def judged(returned: object, names: tuple[str, ...]) -> tuple[float, ...]:
    """Check what an extractor returned against its own FEATURES.

    Raises
    ------
    BrokenContract
        If it is not exactly a dict of the declared names with plain numbers.
    """
    if type(returned) is not dict:
        raise BrokenContract(f"extract() returned a {type(returned).__name__}; return a dict of floats")
    if tuple(returned) != names:
        if not _same_keys(returned, names):
            raise BrokenContract(f"extract() must return exactly the keys of FEATURES: {', '.join(names)}")
        returned = {name: returned[name] for name in names}
    values = tuple(returned.values())  # the host rounds them
    for value in values:
        if type(value) is not float or not isfinite(value):
            return tuple([_number(name, returned[name]) for name in names])
    return values


def _same_keys(returned: dict[object, object], names: tuple[str, ...]) -> bool:
    plain = all(type(key) is str for key in returned)
    return plain and len(returned) == len(names) and set(returned) == set(names)


def _number(name: str, value: object) -> float:
    if type(value) not in NUMBERS:
        kind = type(value).__name__
        raise BrokenContract(f"{name} is a {kind}; return float(...) of one number, or float('nan')")
    try:
        plain = float(value)  # type: ignore[arg-type]
    except OverflowError:
        plain = math.inf
    if math.isinf(plain):
        raise BrokenContract(f"{name} is infinite; return float('nan') where it cannot be measured")
    return plain


def exception_number(error: BaseException) -> int:
    """Place of the error's class in the fixed list; any other class counts as Exception."""
    known = policy.EXCEPTIONS
    for kind in type(error).__mro__:
        if kind.__name__ in known and kind.__module__ != "extractor":
            return known.index(kind.__name__)
    return known.index("Exception")


def line_of(error: BaseException) -> int:
    """Line of the extractor in which an error arose; 0 if unknown."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == compilation.FILENAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def words_of(error: BaseException) -> str:
    """Say an error as a model may read it on phantoms: without addresses, at most 400 characters."""
    try:
        return without_addresses(f"{type(error).__name__}: {error}")[:400]
    except Exception:
        return type(error).__name__
