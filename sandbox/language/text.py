"""Text of objects without their addresses: what `str`, `repr`, f-strings, `%` and `.args` give here.

An address says where an object lies: forged memory needs it, and it differs from run to run.
What this does *not* do: look into numpy's own conversion of objects to text arrays inside a ufunc.
"""

import re
from collections.abc import Callable
from types import NoneType
from typing import Any, Final

import numpy as np

ADDRESS: Final = re.compile(r"0[xX][0-9a-fA-F]{5,}")
"""Addresses as C's %p and Python's reprs write them; a colour such as 0xff is shorter."""
HIDDEN: Final = "0x"

NUMBERS: Final = frozenset({int, float, bool, complex, NoneType}) | frozenset(
    kind for kind in np.sctypeDict.values() if issubclass(kind, (np.number, np.bool_))
)
TEXT_KINDS: Final = "USTV"
"""numpy's kinds of text and of records, which may hold text: it writes any object there by its address."""
SAFE: Final = NUMBERS | {str}
"""Types whose text holds nothing but their value."""


def without_addresses(text: str) -> str:
    """Return a text with every address cut to '0x'."""
    return ADDRESS.sub(HIDDEN, text) if "0x" in text or "0X" in text else text


def text_of(*value: object) -> str:
    """Stand in for `str(value)`."""
    if len(value) != 1:
        if value:
            raise TypeError("str takes one value here")
        return ""
    return str(value[0]) if type(value[0]) in SAFE else without_addresses(str(value[0]))


def repr_of(value: object) -> str:
    """Stand in for `repr(value)`."""
    return repr(value) if type(value) in SAFE else without_addresses(repr(value))


def shown(value: object, conversion: int = -1) -> object:
    """Prepare a value that an f-string formats; its conversion (`!r`, `!s`, `!a`) is done here.

    Parameters
    ----------
    conversion : int
        As `ast.FormattedValue` holds it: -1 for none, else the letter's code.
    """
    if conversion == ord("r"):
        return repr_of(value)
    if conversion == ord("a"):
        return repr_of(value).encode("ascii", "backslashreplace").decode()
    if conversion == ord("s"):
        return text_of(value)
    if type(value) in SAFE:
        return value
    plain = str(value)
    return without_addresses(plain) if ADDRESS.search(plain) else value


def percent(value: object) -> object:
    """Let the right side of `%` through unless its text would hold an address.

    Raises
    ------
    TypeError
        If it would; a number or an array of numbers has none.
    """
    kind = type(value)
    if kind in SAFE or (kind is np.ndarray and not value.dtype.hasobject):  # type: ignore[attr-defined]
        return value
    if ADDRESS.search(repr(value)) or ADDRESS.search(str(value)):
        raise TypeError("% would write the address of an object; write its numbers")
    return value


def without_object_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse what would make numpy write an object as text: its text is its address.

    Only where an array of text or records is changed, or comes out, are the arguments looked at.
    """

    def call(*values: Any, **options: Any) -> Any:
        if any(map(_is_text, (*values[:1], options.get("out")))):
            _refuse_objects(values, options)
        found = function(*values, **options)
        if _is_text(found):
            _refuse_objects(values, options)
        return found

    return call


def without_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse an array of text as the result of a function that fills it with what a callback returns."""

    def call(*values: Any, **options: Any) -> Any:
        found = function(*values, **options)
        if _is_text(found):
            raise TypeError("an array of text cannot be filled by a function; keep a list")
        return found

    return call


def _is_text(value: object) -> bool:
    return type(value) is np.ndarray and value.dtype.kind in TEXT_KINDS


def _refuse_objects(values: tuple[object, ...], options: dict[str, object]) -> None:
    if not all(map(_is_plain, (*values, *options.values()))):
        raise TypeError("an array of text cannot be made of objects; keep a list")


def _is_plain(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return not value.dtype.hasobject
    if type(value) in (list, tuple):
        return all(map(_is_plain, value))  # type: ignore[call-overload]
    return isinstance(value, (str, type, np.dtype, np.generic)) or type(value) in SAFE


def arguments_of(error: BaseException) -> tuple[object, ...]:
    """Return the arguments of an exception as values; what is none is given as text.

    numpy puts a ufunc and dtype classes there (`_UFuncNoLoopError`), other libraries their own objects, and
    the words of a library name objects by their address.
    """
    return tuple(_as_value(one) for one in error.args)


def _as_value(one: object) -> object:
    if type(one) in (tuple, list):
        return type(one)(map(_as_value, one))  # type: ignore[call-arg, call-overload]
    if type(one) in NUMBERS or (type(one) is np.ndarray and not one.dtype.hasobject):
        return one
    return text_of(one) if not isinstance(one, str) else without_addresses(one)
