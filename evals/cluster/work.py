"""A worker's side: it opens walls of its own, once, and answers orders one after the other.

A worker that cannot hold the walls, or that is made of other versions, refuses; what it raises goes back as
words, never as an object.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scafe.evals.cluster.likeness import Likeness, difference, likeness
from scafe.knowledge.contract import errors
from scafe.sandbox.pool.pool import Pool


@dataclass(frozen=True)
class Walls:
    """How a worker runs extractors."""

    backend: str = "local"
    allow_weaker: bool = False
    workers: int = 1
    """Cells of one worker that measure at a time."""


@dataclass(frozen=True)
class Order:
    """What is asked of a worker, whichever takes it."""

    work: Callable[[Pool, Any], Any]
    """A function of a module, which the worker imports by its name; gives something JSON can hold."""
    given: Any
    """Frozen records and plain values: sources, and where images lie."""
    walls: Walls
    made_of: tuple[tuple[str, str], ...]
    """What the machine that asks is made of."""


_open: dict[Walls, Pool] = {}
_lock = threading.Lock()


def pool_of(walls: Walls) -> Pool:
    """Return this process's sandbox, opened at the first call; the kernel ends it with the process.

    Raises
    ------
    SandboxError
        This machine cannot hold the walls.
    """
    with _lock:
        if walls not in _open:
            pool = Pool(walls.workers, allow_weaker=walls.allow_weaker, backend=walls.backend)
            pool.__enter__()
            _open[walls] = pool
        return _open[walls]


def fill(order: Order) -> bytes:
    """Answer an order: JSON of what the work gave, or of the error it met."""
    try:
        if said := difference(likeness(), dict(order.made_of), "there"):
            raise errors.InputError(
                f"a worker has {said}; its values could differ: install the same versions on all machines"
            )
        answer = {"found": order.work(pool_of(order.walls), order.given)}
    except errors.SandboxError as error:
        _open.pop(order.walls, None)  # a pool whose sandbox failed has stopped itself
        answer = told(error)
    except errors.ScafeError as error:
        answer = told(error)
    return json.dumps(answer, separators=(",", ":")).encode()


def told(error: errors.ScafeError) -> dict[str, str]:
    """Put an error into words."""
    return {"error": type(error).__name__, "message": str(error)}


def found_in(answer: bytes) -> Any:
    """Read an answer; raise what the worker met, as the same kind of error."""
    one = json.loads(answer)
    if "error" not in one:
        return one["found"]
    kind = getattr(errors, str(one["error"]), errors.ScafeError)
    raise kind(str(one["message"]))


def introduce(walls: Walls) -> tuple[Likeness, str]:
    """Say what this worker is made of, and why it refuses; '' if it does not."""
    try:
        pool_of(walls)
    except errors.ScafeError as error:
        return likeness(), str(error)
    return likeness(), ""
