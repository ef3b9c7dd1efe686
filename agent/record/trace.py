"""The trace: an append-only `events.jsonl` whose lines are chained by hash, and what may be asked of it.

Each line's last key `prev` is the SHA-256 of the bytes of the line before (without its newline), so an
edited line is found at its successor and an edited or missing last line by the seal. A chain shows
tampering to someone who kept its head; it does not stop the owner of the disk from writing a new one.

**Killed anywhere.** A node of the graph starts again from its first line after a kill. Its checkpoint
carries a *cursor*: how many events of the body stood in the trace when it began. Recording event k
again with the same body is a no-op; with another body it is an `IntegrityError`.
"""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

from scafe.agent.record.events import OUTSIDE_BODY, VOLATILE, AnyEvent, Event, Format, TornLine
from scafe.knowledge.contract.errors import IntegrityError
from scafe.knowledge.contract.inside import read_inside
from scafe.knowledge.contract.plain_json import read_json

EVENTS = "events.jsonl"
TORN = "events.torn"
FIRST_PREV = "0" * 64
MOST_EVENT_BYTES: Final = 256 << 20
Line = dict[str, Any]
Listener = Callable[[Line], None]


def utc_now() -> str:
    """Return the time in UTC, to the millisecond, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Trace:
    """Writer of one run's events; one process at a time (the run folder holds the lock).

    Parameters
    ----------
    folder : Path
        The run folder.
    listener : callable, optional
        Is told each line after it reached the disk.

    Raises
    ------
    IntegrityError
        If the events on disk are not a chain.
    """

    def __init__(self, folder: Path, listener: Listener | None = None) -> None:
        self.path = folder / EVENTS
        self.position = 0
        self._listener = listener
        self._lock = threading.RLock()
        torn = _set_torn_line_aside(self.path, folder / TORN)
        lines = list(read_lines(self.path)) if self.path.exists() else []
        self._bodies = [_body(line) for line in lines if line["kind"] not in OUTSIDE_BODY]
        self._count = len(lines)
        self._prev = _head(self.path)
        if torn is not None:
            self.note(torn)

    def __len__(self) -> int:
        """Return how many events the body holds."""
        return len(self._bodies)

    def seek(self, cursor: int) -> None:
        """Go back to where a node began."""
        if cursor > len(self._bodies):
            raise IntegrityError(
                f"{self.path}: the checkpoint knows {cursor} events, the trace only {len(self._bodies)}; "
                "events were removed, so this run cannot go on"
            )
        self.position = cursor

    def peek(self) -> Line | None:
        """Return the event that stands at the position, if it was recorded before a kill."""
        if self.position == len(self._bodies):
            return None
        line: Line = json.loads(self._bodies[self.position])
        return line

    def record(self, event: AnyEvent) -> None:
        """Record one event of the body, or find it recorded already."""
        body = _body(event.model_dump(mode="json"))
        if self.position < len(self._bodies):
            self._require_same(body)
        else:
            self._append(event)
            self._bodies.append(body)
        self.position += 1

    def note(self, event: AnyEvent) -> None:
        """Append an event outside the body: something that concerns this sitting only. From any thread."""
        self._append(event)

    def _require_same(self, body: str) -> None:
        before = self._bodies[self.position]
        if before != body:
            raise IntegrityError(
                f"{self.path}: event {self.position} was recorded as {before[:300]} and came out as "
                f"{body[:300]} when its step was repeated; the run was not deterministic or a file changed"
            )

    def _append(self, event: Event) -> None:
        with self._lock:
            self._append_alone(event)

    def _append_alone(self, event: Event) -> None:
        line = {"n": self._count, "ts": utc_now(), **event.model_dump(mode="json"), "prev": self._prev}
        data = json.dumps(line, ensure_ascii=False).encode()
        with self.path.open("ab") as file:
            file.write(data + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._prev = hashlib.sha256(data).hexdigest()
        self._count += 1
        if self._listener is not None:
            self._listener(line)


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the parsed lines of a trace, checking the chain on the way.

    Raises
    ------
    IntegrityError
        At the first line that is not JSON, or that does not carry the hash of the line before.
    """
    return chained(bytes_of(path), path)


def bytes_of(path: Path) -> bytes:
    """Read a trace whole; IntegrityError if it is a link or a pipe, or has more than `MOST_EVENT_BYTES`."""
    return read_inside(path.parent, path.name, MOST_EVENT_BYTES)


def chained(data: bytes, path: Path) -> Iterator[Line]:
    """Do the same with the bytes of a trace; `path` names it."""
    prev = FIRST_PREV
    for number, raw in enumerate(data.split(b"\n")[:-1], start=1):
        line = parse_line(raw, f"{path}, line {number}")
        if line.get("prev") != prev:
            raise IntegrityError(
                f"{path}, line {number}: carries another hash than that of line {number - 1}; "
                "one of the two was edited or a line was removed"
            )
        if line.get("n") != number - 1:
            raise IntegrityError(f"{path}, line {number}: numbered {line.get('n')!a}, not {number - 1}")
        prev = hashlib.sha256(raw).hexdigest()
        yield line


def format_of(path: Path) -> Format | None:
    """Return the format under which a run was begun; None if no run has begun there."""
    lines = read_lines(path) if path.is_file() else iter(())
    begun = next((line["format"] for line in lines if line["kind"] == "run_started"), None)
    return next((known for known in get_args(Format) if known == begun), None)


def trace_body(path: Path) -> str:
    """Return what two equal runs have in common: events without clock, chain, durations and machine."""
    return "".join(_body(line) + "\n" for line in read_lines(path) if line["kind"] not in OUTSIDE_BODY)


def head_of(path: Path) -> tuple[int, str]:
    """Return how many lines a trace has and the hash of its last one."""
    return len(_complete_lines(path)), _head(path)


def head_in(data: bytes) -> str:
    """Return the hash of the last complete line of a trace's bytes."""
    lines = data.split(b"\n")[:-1]
    return hashlib.sha256(lines[-1]).hexdigest() if lines else FIRST_PREV


def _body(line: Line) -> str:
    kept = {key: line[key] for key in line if key not in VOLATILE}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def parse_line(data: bytes, where: str) -> Line:
    """Parse one line of a trace; IntegrityError if it is no plain JSON object with a kind."""
    try:
        line = read_json(data, where)
    except IntegrityError as error:
        raise IntegrityError(f"{where}: not an event; the file was edited ({error})") from None
    if not isinstance(line, dict) or not isinstance(line.get("kind"), str):
        raise IntegrityError(f"{where}: not an event; the file was edited")
    return line


def _complete_lines(path: Path) -> list[bytes]:
    return bytes_of(path).split(b"\n")[:-1]


def _head(path: Path) -> str:
    return head_in(bytes_of(path) if path.exists() else b"")


def _set_torn_line_aside(path: Path, torn_path: Path) -> TornLine | None:
    """Move an incomplete last line out of the trace; the copy reaches the disk before the cut."""
    data = bytes_of(path) if path.exists() else b""
    rest = data[data.rfind(b"\n") + 1 :]
    if not rest:
        return None
    with torn_path.open("ab") as file:
        file.write(rest + b"\n")
        file.flush()
        os.fsync(file.fileno())
    with path.open("r+b") as file:
        file.truncate(len(data) - len(rest))
        os.fsync(file.fileno())
    return TornLine(bytes=len(rest), sha256=hashlib.sha256(rest).hexdigest())
