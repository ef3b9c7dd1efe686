"""What the graph may keep between two steps: plain values that come back as they went in.

LangGraph's serialiser does not tell what it loses: an array of objects comes back as None, a masked array
without its mask, a tuple as a list. So the values are looked at before they are written, and
anything but plain ones and LangGraph's own is an error at the place where it was put.
"""

import os
from typing import Any

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"  # read when langgraph is imported, so it stands before that

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from scafe.knowledge.contract.errors import IntegrityError

PLAIN = (bool, int, float, str, bytes, type(None))
MOST_INT = 2**63
"""Larger integers do not fit the format."""
KINDS = ("msgpack", "null", "bytes", "bytearray", "empty")
WAY_OUT = "Checkpoints are a cache: delete checkpoints.sqlite, and the run goes on from its trace"
OWN = ("langgraph.", "langchain_core.")
"""Packages whose records (Send, Interrupt, Command) the serialiser knows."""


class PlainSerializer(JsonPlusSerializer):
    """LangGraph's serialiser for plain values alone."""

    def __init__(self) -> None:
        super().__init__(pickle_fallback=False, allowed_msgpack_modules=None)

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Write a value.

        Raises
        ------
        IntegrityError
            If something in it would not come back as it is; the message says where it stands.
        """
        require_plain(obj)
        return super().dumps_typed(obj)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Read a value back.

        Raises
        ------
        IntegrityError
            It is of a kind that `dumps_typed` does not write (LangChain's JSON can name constructors), is
            damaged, or is not plain.
        """
        kind, _ = data
        if kind not in KINDS:
            raise IntegrityError(f"a checkpoint holds a value of kind {kind!a}. {WAY_OUT}")
        try:
            found = super().loads_typed(data)
        except (ValueError, TypeError, KeyError, NotImplementedError) as error:
            raise IntegrityError(f"a checkpoint holds a damaged value ({error}). {WAY_OUT}") from None
        require_plain(found)
        return found


def require_plain(value: Any, where: str = "state") -> None:
    """Raise IntegrityError unless a value is made of plain ones.

    Examples
    --------
    >>> require_plain({"pool": [["a1", "red"]], "round": 2})
    """
    waiting: list[tuple[Any, str]] = [(value, where)]
    while waiting:
        one, place = waiting.pop()
        if type(one) in PLAIN:
            if type(one) is int and not -MOST_INT <= one < MOST_INT:
                raise IntegrityError(f"{place} is an integer of more than 64 bits; keep it as text")
        elif type(one) is dict:
            waiting += [(key, f"a key of {place}") for key in one]
            waiting += [(item, f"{place}[{str(key)[:60]!r}]") for key, item in one.items()]
        elif type(one) is list or _is_interrupts(one):
            waiting += [(item, f"{place}[{index}]") for index, item in enumerate(one)]
        elif not (type(one).__module__.startswith(OWN) or isinstance(one, BaseException)):
            raise IntegrityError(
                f"{place} is a {type(one).__module__}.{type(one).__qualname__}; a checkpoint would not bring "
                "it back as it is: keep text, numbers, lists and dicts in the state, and files beside it"
            )


def _is_interrupts(value: Any) -> bool:
    """Whether a tuple is LangGraph's own: the interrupts of a step, which it takes back as a list too."""
    return type(value) is tuple and all(type(one).__module__.startswith(OWN) for one in value)
