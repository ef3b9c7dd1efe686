"""Turn the records of a cell into rows and faults; every field is hostile until it is checked."""

import hashlib
import math
import os
import signal
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite

from scafe.knowledge.contract.extractor import FEATURE_NAME, MAX_FEATURES, MAX_LINES
from scafe.sandbox.language import policy
from scafe.sandbox.pool import wire
from scafe.sandbox.pool.extraction import Fault

KEPT_HEADS = 4096
KINDS = {
    wire.EXCEPTION: "exception",
    wire.CONTRACT: "contract",
    wire.MEMORY: "memory",
    wire.STATE: "state",
}
CRASHES = {signal.SIGSYS: "a forbidden system call", signal.SIGSEGV: "a memory error in C code"}


class BrokenRecord(Exception):  # noqa: N818
    """A cell sent something that is not a record of the protocol."""


@dataclass(frozen=True)
class Head:
    """What a cell said about the extractor it loaded."""

    names: tuple[str, ...]
    """Feature names; empty if the extractor was refused."""
    refusal: Fault | None
    breaches: int
    """Bits of the self-attacks that went through."""


class Heads:
    """What was said about the sources read last, so that each is read once."""

    def __init__(self) -> None:
        self._kept: dict[str, Head | Fault] = {}

    def of(self, source: str, review: Callable[[str], Head | Fault]) -> Head | Fault:
        """Return what is known of a source, or have it reviewed."""
        key = hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()
        if key not in self._kept:
            self._kept[key] = review(source)
            if len(self._kept) > KEPT_HEADS:
                del self._kept[next(iter(self._kept))]
        return self._kept[key]


def read_head(record: bytes, serial: int) -> Head:
    """Check and read the answer to a load.

    Raises
    ------
    BrokenRecord
        If any field is not what the protocol allows.
    """
    if len(record) != wire.LOADED.size:
        raise BrokenRecord
    answered, status, breaches, line, count, fields, words = wire.LOADED.unpack(record)
    if answered != serial or status not in (wire.PASSED, wire.REFUSED) or count > MAX_FEATURES:
        raise BrokenRecord
    if status == wire.REFUSED:
        return Head((), Fault("refused", "", _line(line), wire.text_of(words)), breaches)
    names = read_names(fields, count)
    if not names:
        raise BrokenRecord
    return Head(names, None, breaches)


def read_names(fields: bytes, count: int) -> tuple[str, ...]:
    """Check and read `count` feature names from their padded fields.

    Raises
    ------
    BrokenRecord
        If a name is none that an extractor could have, or stands there twice.
    """
    names = tuple(_name(fields[at * wire.NAME_BYTES : (at + 1) * wire.NAME_BYTES]) for at in range(count))
    if len(set(names)) != len(names):
        raise BrokenRecord
    return names


def _name(field: bytes) -> str:
    name = field.rstrip(b"\0").decode("ascii", "replace")
    if not FEATURE_NAME.fullmatch(name):
        raise BrokenRecord
    return name


def _line(line: int) -> int | None:
    return line if 0 < line <= MAX_LINES + 1 else None


def read_rows(
    rows: bytes, layout: struct.Struct, serial: int, first: int, *, talkative: bool
) -> Iterator[tuple[float, ...] | Fault]:
    """Check and read one row after another, as far as they are good.

    Values are rounded to six significant digits here: bits below the sixth digit are a channel, and the
    cell's word that it rounded would be worth nothing.

    Parameters
    ----------
    rows : bytes
        Whole records, one behind the other.
    layout : struct.Struct
        Of one record with as many values as the extractor has features.
    serial : int
        Of the request.
    first : int
        Image that the first record must be about; the next ones follow.
    talkative : bool
        Whether words may be read.

    Raises
    ------
    BrokenRecord
        At the first record with a field that is not what the protocol allows.
    """
    due = first
    for answered, image, status, exception, line, *values in layout.iter_unpack(rows):
        if answered != serial or image != due:
            raise BrokenRecord
        if status == wire.FINE:
            # adding zero makes -0.0 plain
            yield tuple(
                [float(f"{value:.6g}") + 0.0 if isfinite(value) else _missing(value) for value in values]
            )
        else:
            words = _words(rows, due - first) if talkative else ""
            yield fault_of(status, exception, line, words)
        due += 1


def _words(rows: bytes, place: int) -> str:
    end = (place + 1) * wire.TALKING_ROW.size
    return wire.text_of(rows[end - wire.TALK_BYTES : end])


def fault_of(status: int, exception: int, line: int, words: str) -> Fault:
    """Return what a failed row says; BrokenRecord if no cell of ours could say so."""
    if status not in KINDS or exception >= len(policy.EXCEPTIONS):
        raise BrokenRecord
    named = "" if status in (wire.CONTRACT, wire.STATE) else policy.EXCEPTIONS[exception]
    return Fault(KINDS[status], named, _line(line), words)  # type: ignore[arg-type]


def _missing(value: float) -> float:
    """Return one NaN for all: their payload is a channel."""
    if math.isinf(value):
        raise BrokenRecord
    return math.nan


def fault_of_death(status: int, *, overdue: bool, talkative: bool) -> Fault:
    """Say why a cell is gone, from its wait status.

    Parameters
    ----------
    status : int
        As `os.waitpid` gives it.
    overdue : bool
        Whether the host ended it because an image took too long.
    talkative : bool
        Whether words may come back.
    """
    if overdue:
        return Fault("timeout", "", None, "one image took longer than the limit" if talkative else "")
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number in (signal.SIGXCPU, signal.SIGKILL):
        return Fault("timeout", "", None, "the CPU time of the extractor is used up" if talkative else "")
    why = CRASHES.get(signal.Signals(number), f"signal {number}") if number else "the process ended itself"
    return Fault("killed", "", None, f"the operating system ended it: {why}" if talkative else "")
