"""Stand-ins for classes: they make instances and answer isinstance(), and hold nothing else.

A real class leads on: its descriptors give classes, its methods take a foreign `self`. A token keeps
the real class in a closure that no attribute reaches.
"""

from collections.abc import Callable
from typing import Any


def token(name: str, real: type, build: Callable[..., Any] | None = None) -> type:
    """Return a stand-in for a class.

    Parameters
    ----------
    name : str
        What messages call it.
    real : type
        What isinstance() asks about.
    build : callable, optional
        What a call does; by default it makes an instance of `real`.

    Examples
    --------
    >>> fraction = token("Fraction", __import__("fractions").Fraction)
    >>> isinstance(fraction(1, 2), fraction), hasattr(fraction, "numerator")
    (True, False)
    """
    make = build or real

    def call(cls: type, *values: Any, **options: Any) -> Any:
        return make(*values, **options)

    def is_instance(cls: type, value: object) -> bool:
        return isinstance(value, real)

    def is_subclass(cls: type, other: type) -> bool:
        return other is cls or issubclass(other, real)

    def frozen(cls: type, *change: object) -> None:
        raise AttributeError("the classes of libraries are frozen")

    body: dict[str, Any] = {
        "__call__": call,
        "__instancecheck__": is_instance,
        "__subclasscheck__": is_subclass,
        "__setattr__": frozen,
        "__delattr__": frozen,
        "__repr__": lambda cls: f"<class {name}>",
    }
    made: type = type("TokenType", (type,), body)(name, (), {"__slots__": (), "__module__": "extractor"})
    return made


def no_instance(name: str, instead: str) -> Callable[..., Any]:
    """Return a `build` for a class whose instances are not made by a call."""

    def refuse(*values: object, **options: object) -> None:
        raise TypeError(f"{name}(...) is not available; write {instead}")

    return refuse
