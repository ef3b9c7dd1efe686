"""The jailed side: a cell that loads a locator and sends a packed mask and one number for an image.

What it does *not* do: choose a length. The host knows the size of the image and reads that many bits.
"""

import contextvars
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.contract.errors import ContractError
from scafe.knowledge.contract.locator import parse_locator
from scafe.knowledge.toolkit import memo
from scafe.sandbox.language import compilation
from scafe.sandbox.language.review import review
from scafe.sandbox.pool import wire
from scafe.sandbox.pool.cell import (
    NUMBERS,
    BrokenContract,
    Cell,
    Failure,
    Loaded,
    Refused,
    exception_number,
    line_of,
    run_module_once,
    words_of,
)
from scafe.sandbox.pool.extraction import ImageAndMask
from scafe.sandbox.system.memory import poison_small_blocks


@dataclass(frozen=True)
class Answer:
    """What a locator said of one image, checked."""

    mask: NDArray[np.bool_]
    confidence: float


class LocatorCell(Cell):
    """A cell whose module has `locate(image)`; it is asked and answered as any other, but for the rows."""

    def loaded_from(self, source: str) -> Loaded:
        """Take the text of a locator through the language wall."""
        return load_locator(source)

    def run_batch(self, first: int, count: int, serial: int) -> None:
        """Locate on images one by one, and send each answer before the next is begun."""
        for index in range(first, first + count):
            if self.orders.perturb:
                poison_small_blocks(self.orders.perturb)
            self.reply(self._packed(index, serial))
        self.unlooked += count
        if self.unlooked >= wire.BATCH and not all(held.looks_same() for held in self.kept):
            self.loaded = None  # every later answer is a fault; the host's own check takes the earlier ones

    def _packed(self, index: int, serial: int) -> bytes:
        found = located(self.loaded, self.images[index])
        if isinstance(found, Answer):
            head = wire.REGION.pack(serial, index, wire.FINE, 0, 0, found.confidence, b"")
            return head + np.packbits(found.mask).tobytes()
        talkative = self.orders.talkative
        words = wire.field_of(found.message, wire.TALK_BYTES) if talkative else b""
        return wire.REGION.pack(serial, index, found.status, found.exception, found.line, 0.0, words)


class LoadedLocator(Loaded):
    """One locator, reviewed and compiled."""

    def measure(self, one: ImageAndMask) -> object:
        """Run the locator on one image, in a namespace that nothing else sees; it gets no mask."""
        namespace = dict(self.namespace)
        try:
            exec(self.code, namespace)  # noqa: S102  the jail is closed and the text reviewed
            return namespace["locate"](one.image)  # type: ignore[operator]
        finally:
            namespace.clear()


def load_locator(source: str) -> LoadedLocator:
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
        region = parse_locator(source).region
        loaded = LoadedLocator(compilation.compile_reviewed(seen), (region,))
    except ContractError as error:
        raise Refused(str(error), error.line or 0) from None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Refused(f"cannot be compiled: {type(error).__name__}: {error}"[:800]) from None
    run_module_once(loaded, "locate(image)")
    return loaded


def located(loaded: Loaded | None, one: ImageAndMask) -> Answer | Failure:
    """Run one locator on one image and judge what it returned."""
    if loaded is None:
        return Failure(wire.STATE, 0, 0, "")
    cv2.setRNGSeed(0)  # its random state outlives a call; k-means and RANSAC read it
    np.random.seed(0)  # noqa: NPY002  numpy's own state, which functions of scipy draw from by default
    memo.remember(one.image)
    try:
        # numpy keeps its error settings in a context variable: a suspended `with np.errstate` stays behind
        return judged(contextvars.Context().run(loaded.measure, one), one.image.shape)
    except BrokenContract as error:
        return Failure(wire.CONTRACT, 0, 0, str(error))
    except BaseException as error:
        status = wire.MEMORY if isinstance(error, MemoryError) else wire.EXCEPTION
        return Failure(status, exception_number(error), line_of(error), words_of(error))
    finally:
        memo.forget()


def judged(returned: object, shape: tuple[int, ...]) -> Answer:
    """Check what a locator returned against the image.

    Raises
    ------
    BrokenContract
        If it is not exactly a bool mask of the image's height and width, and one number from 0 to 1.
    """
    if type(returned) is not tuple or len(returned) != 2:
        raise BrokenContract("locate() must return two things: return mask, confidence")
    mask, confidence = returned
    if type(mask) is not np.ndarray or mask.dtype != np.bool_:
        kind = f"an array of {mask.dtype}" if type(mask) is np.ndarray else f"a {type(mask).__name__}"
        raise BrokenContract(f"the mask is {kind}; return a bool array, for example values > level")
    if mask.shape != shape[:2]:
        raise BrokenContract(f"the mask has shape {mask.shape}; the image has {shape[:2]}: resize it back")
    return Answer(mask, _confidence(confidence))


def _confidence(value: object) -> float:
    if type(value) not in NUMBERS:
        kind = type(value).__name__
        raise BrokenContract(f"the confidence is a {kind}; return float(...) of one number from 0 to 1")
    plain = float(value)  # type: ignore[arg-type]
    if math.isnan(plain) or not 0 <= plain <= 1:
        raise BrokenContract("the confidence is not from 0 to 1; return 0.0 where nothing is found")
    return plain
