"""Frozen faces of numpy, scipy, scikit-image, OpenCV and the toolkit: explicit names, never a real module.

What they do *not* do: check the arguments of the functions behind the names. Functions whose
arguments or results could lead further are replaced in `standins`.
"""

import importlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeGuard

import numpy as np

from scafe.sandbox.language.members import MEMBERS, library_of, members_of
from scafe.sandbox.language.review import CONSTANT_NAME
from scafe.sandbox.language.standins import STANDINS, with_copies
from scafe.sandbox.language.tokens import token

OFFERED = (np.generic, Exception)
"""Classes that are handed out themselves: dtypes are named by them, handlers catch by them. Neither has a
public attribute that is read of the class (`kinds.readable`)."""


class FacadeType(type):
    """Metaclass of every facade; the guards know a facade by it."""


def face(name: str, members: Mapping[str, object]) -> object:
    """Return a frozen object with these members and no other attribute.

    Parameters
    ----------
    name : str
        What messages call it: a module, or a class of which a few names may be read.
    """

    def missing(self: object, wanted: str) -> object:
        raise AttributeError(f"{name}.{wanted} is not on the list of allowed names")

    def frozen(self: object, *change: object) -> None:
        raise AttributeError("the facades of libraries are frozen")

    body: dict[str, object] = {
        "__slots__": (),
        "__getattr__": missing,
        "__setattr__": frozen,
        "__delattr__": frozen,
        "__repr__": lambda self: f"<facade of {name}>",
    }
    # np._ArrayFunctionDispatcher binds like a method: np.dot(a, b) would get the facade first
    body.update((key, staticmethod(value) if _binds(value) else value) for key, value in members.items())
    kind = FacadeType("facade_" + name.replace(".", "_"), (), body)
    return kind()


def _binds(value: object) -> TypeGuard[Callable[..., object]]:
    return hasattr(type(value), "__get__")


@cache
def facades() -> dict[str, object]:
    """Build every facade once, children before parents; touching each name loads lazy modules."""
    built: dict[str, object] = {}
    for module in sorted(MEMBERS, key=lambda name: -name.count(".")):
        built[module] = face(module, _members(module, built))
    return built


def _members(module: str, built: dict[str, object]) -> dict[str, object]:
    library = importlib.import_module(library_of(module))
    found: dict[str, object] = {}
    for name in members_of(module):
        getattr(library, name, None)  # a lazy module fills its namespace now, not while images are measured
        dotted = f"{module}.{name}"
        if dotted in built:
            found[name] = built[dotted]
        elif dotted in STANDINS:
            found[name] = STANDINS[dotted]
        elif hasattr(library, name):
            found[name] = _vetted(dotted, getattr(library, name))
    return found | _constants(module, library)


def _vetted(dotted: str, value: Any) -> object:
    if type(value).__name__ == "module":
        raise TypeError(f"{dotted} is a module; a facade holds functions, types and numbers only")
    if isinstance(value, type):
        return value if issubclass(value, OFFERED) else token(dotted, value)
    return with_copies(value) if dotted.startswith("skimage.") and callable(value) else value


def _constants(module: str, library: object) -> dict[str, object]:
    if module != "cv2":
        return {}
    names = [name for name in dir(library) if CONSTANT_NAME.fullmatch(name)]
    return {name: getattr(library, name) for name in names if type(getattr(library, name)) is int}


def missing_members() -> tuple[str, ...]:
    """Names in `members` that the installed versions do not have."""
    built = facades()
    return tuple(
        f"{module}.{name}"
        for module in MEMBERS
        for name in members_of(module)
        if name not in dir(built[module])
    )
