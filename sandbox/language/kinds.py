"""What an object is decides which of its attributes may be read: instances by one list, classes by another.

An attribute name that is harmless on an array may be a descriptor on its class, and a method that is
harmless on its own object may hand out the type of a foreign one. So classes answer to the few names of
`policy.CLASS_ATTRIBUTES` only, and functions, modules, frames and the like to none.
"""

import functools
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from scafe.sandbox.language import policy
from scafe.sandbox.language.facades import FacadeType, face
from scafe.sandbox.language.standins import Region, Text
from scafe.sandbox.language.text import NUMBERS

OPAQUE: Final = (
    type,
    types.GenericAlias,
    types.UnionType,
    types.ModuleType,
    types.CodeType,
    types.FrameType,
    types.TracebackType,
    types.CellType,
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.MappingProxyType,
    types.SimpleNamespace,
    types.GeneratorType,
    types.CoroutineType,
    types.AsyncGeneratorType,
    property,
    staticmethod,
    classmethod,
    functools.partial,
    functools.partialmethod,
    memoryview,
    super,
)
"""Objects that no attribute is read of: each leads to a class, a frame, a module or raw memory.
`list[int]` is here since a GenericAlias passes attributes on to its class."""

ROOMS: Final = ("builtins", "collections", "numpy", "scipy", "skimage", "cv2", "scafe")
"""Top packages whose instances may be read by the list; itertools, io, weakref and the rest have nothing."""

PLAIN: Final = NUMBERS | {
    *(str, list, tuple, dict, set, frozenset, range, slice, Counter, OrderedDict, defaultdict, deque),
    *(np.ndarray, np.ufunc, np.random.Generator, Region),
}  # fmt: skip
"""Types whose instances compiled code reads without a call (15 ns instead of 40)."""


class OwnType(type):
    """Metaclass of the classes that an extractor defines."""


def readable(target: Any) -> Any:
    """Return an object whose listed attributes may be read plainly: itself, or the face of a class.

    Raises
    ------
    AttributeError
        If the object is a class, a function or anything else that leads on.
    """
    kind = type(target)
    if kind in PLAIN or type(kind) is OwnType or type(kind) is FacadeType:
        return target
    if isinstance(target, OPAQUE):
        return _face_of(target)
    if kind.__module__.partition(".")[0] not in ROOMS:
        raise AttributeError(f"a {kind.__name__} has no attributes here")
    return target


def _face_of(target: object) -> object:
    found = FACES.get(target) if isinstance(target, type) else None
    if found is None:
        raise AttributeError("classes and functions have no attributes here; read it of an instance")
    return found


def _only_for(kind: type, method: Callable[..., Any]) -> Callable[..., Any]:
    """Bind an unbound method to its own type: a foreign `self` is refused."""

    def call(*values: Any, **options: Any) -> Any:
        if not values or type(values[0]) is not kind:
            raise TypeError(f"this method of {kind.__name__} takes a {kind.__name__} first")
        return method(*values, **options)

    return call


def from_keys(keys: Any, value: Any = None) -> dict[Any, Any]:
    """Stand in for dict.fromkeys."""
    return dict.fromkeys(keys, value)


def _faces() -> dict[type, object]:
    texts = {name: _only_for(str, getattr(str, name)) for name in policy.CLASS_ATTRIBUTES["str"].split()}
    return {dict: face("dict", {"fromkeys": from_keys}), Text: face("str", texts)}


FACES: Final = _faces()
"""Class -> what may be read of it."""
