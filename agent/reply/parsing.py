"""The one way in which a reply's text becomes a syntax tree: bounded, metered, one thread at a time.

Reading a reply tries many pieces of it. What all tries together may parse is counted in characters, so a
reply that would take minutes is turned away at the same character on every machine.

CPython keeps the depth of the tree under construction per interpreter, so threads that parse at once end
now and then in `SystemError: AST constructor recursion depth mismatch` (python/cpython issue 106905; met
on 3.11.7). What is slow in a draft is waiting for an endpoint, never parsing.
"""

import ast
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from scafe.knowledge.contract.bounds import UnfitError, parse_bounded

MOST_PARSED = 2_000_000
"""Characters parsed for one reply, in all tries together: ten times what the hardest kept one takes."""
TOO_MUCH = (
    "the reply takes too much time or memory to be read; answer with one fenced Python block, a short module "
    "without nested or repeated structures"
)
one_at_a_time = threading.RLock()


class TooMuchError(Exception):
    """A reply asks for more work than reading one may take."""


@dataclass
class _Meter:
    parsed: int = 0


_meter: ContextVar[_Meter | None] = ContextVar("scafe_reply_meter", default=None)


@contextmanager
def metered() -> Iterator[None]:
    """Count what is parsed inside; `TooMuchError` past the bound."""
    token = _meter.set(_Meter())
    try:
        yield
    finally:
        _meter.reset(token)


def parse(source: str) -> ast.Module:
    """Parse a module; raises as `parse_bounded` does, and TooMuchError."""
    _count(source)
    with one_at_a_time:
        return parse_bounded(source)


def syntax_of(source: str) -> Literal["fits", "broken", "too much"]:
    """Say whether a text is Python of a size that is read; what is too much is not mended, only told."""
    try:
        parse(source)
    except UnfitError as error:
        return "too much" if error.is_python else "broken"
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "broken"
    return "fits"


def parses(source: str) -> bool:
    """Return whether the text is Python of a size that is read."""
    return syntax_of(source) == "fits"


def literal(text: str) -> object:
    """Evaluate a literal; ValueError if it is none or too much."""
    tree = parse(f"({text.strip()})")
    (statement,) = tree.body if len(tree.body) == 1 else (None,)
    if not isinstance(statement, ast.Expr):
        raise ValueError("not a literal")
    found: object = ast.literal_eval(statement.value)
    return found


def _count(source: str) -> None:
    meter = _meter.get()
    if meter is not None:
        meter.parsed += len(source)
        if meter.parsed > MOST_PARSED:
            raise TooMuchError
