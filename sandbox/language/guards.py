"""The few names that a compiled extractor calls instead of Python's own.

What they do *not* do: bound time or memory; that is the other wall's work.
"""

import builtins
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scafe.sandbox.language import policy
from scafe.sandbox.language.facades import FacadeType, facades
from scafe.sandbox.language.kinds import PLAIN, OwnType, readable
from scafe.sandbox.language.standins import Text
from scafe.sandbox.language.text import TEXT_KINDS, arguments_of, percent, repr_of, shown

WRITABLE = (dict, list, np.ndarray, defaultdict, Counter, OrderedDict, deque)
MAX_EXPONENT = 4096


def own_class(name: str, bases: tuple[type, ...], namespace: Mapping[str, Any]) -> type:
    """Make a class of the extractor; bases are judged as objects, since names can be shadowed."""
    kept = tuple(base for base in bases if base is not object)
    allowed = tuple(getattr(builtins, base) for base in policy.EXCEPTION_BASES)
    if any(base not in allowed for base in kept):
        raise TypeError("a class of an extractor has no base class but an exception")
    body = {**namespace, "__module__": "extractor"}
    return type(name, kept, body) if kept else OwnType(name, (), body)


def write_item(target: object) -> object:
    """Let items be stored in arrays, lists and dicts only."""
    if type(target) in WRITABLE:
        if type(target) is np.ndarray and target.dtype.kind in TEXT_KINDS:
            raise TypeError("cannot assign into an array of text; keep a list")
        return target
    raise TypeError(f"cannot assign into a {type(target).__name__}")


def write_attribute(target: object) -> object:
    """Let attributes be stored on instances of the extractor's own classes only."""
    if type(type(target)) is OwnType:
        return target
    raise TypeError(f"cannot set an attribute of a {type(target).__name__}; keep it in a variable")


def read_attribute(target: Any, name: str, *default: Any) -> Any:
    """Read an attribute of a facade, of an own object, or one that is listed for instances."""
    if type(name) is not str or name[:1] == "_":
        raise AttributeError("attributes with leading underscores belong to Python")
    kind = type(target)
    if type(kind) is FacadeType or type(kind) is OwnType:
        return getattr(target, name, *default)
    if kind is OwnType and name in vars(target):
        return getattr(target, name)
    if name not in policy.METHODS:
        raise AttributeError(f".{name} is not on the list of allowed attributes")
    try:
        return _judged_attribute(target, name) if name in policy.JUDGED else getattr(readable(target), name)
    except AttributeError:
        if default:
            return default[0]
        raise


def _judged_attribute(target: Any, name: str) -> Any:
    if isinstance(target, BaseException) and name == "args":
        return arguments_of(target)
    if name == "fromkeys" and not isinstance(target, type):
        raise AttributeError("fromkeys belongs to the class; write dict.fromkeys(...)")
    if not isinstance(target, (np.ndarray, np.generic)):
        return getattr(readable(target), name)
    if target.dtype.kind in TEXT_KINDS and name != "astype":
        raise TypeError(f"an array of text cannot be changed by .{name}; keep a list")
    found = getattr(target, name)
    return _as_numbers(found) if target.dtype.hasobject else found


def _as_numbers(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let an array of objects become numbers, and no text: numpy would write their addresses."""

    def call(*values: Any, **options: Any) -> Any:
        wanted = options.get("dtype", values[0] if values else object)
        if np.dtype(wanted).kind in TEXT_KINDS:
            raise TypeError("an array of objects cannot become text; keep a list")
        return method(*values, **options)

    return call


def has_attribute(target: Any, name: str) -> bool:
    """Whether `read_attribute` would find something."""
    try:
        read_attribute(target, name)
    except AttributeError:
        return False
    return True


def import_facade(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: tuple[str, ...] | list[str] | None = (),
    level: int = 0,
) -> object:
    """Stand in for `__import__`: a facade, or nothing.

    numpy's C code imports helpers through the calling frame's `__import__` (PyImport_Import, which
    passes an empty *list*) and takes the module from `sys.modules`; what we return is ignored.
    """
    if type(fromlist) is list and not fromlist:
        if name in sys.modules:
            return None
        raise ImportError(f"{name} was not loaded before the sandbox closed")
    known = facades()
    if level or name not in known:
        raise ImportError(f"{name} is not an allowed module")
    return known[name] if fromlist else known[name.split(".")[0]]


def bounded_pow(base: Any, exponent: Any, *modulus: Any) -> Any:
    """Raise to a power without filling memory with one integer."""
    if isinstance(base, int) and isinstance(exponent, int) and abs(exponent) > MAX_EXPONENT:
        raise OverflowError(f"an integer exponent above {MAX_EXPONENT}")
    return pow(base, exponent, *modulus)


def safe_casting(rule: object) -> object:
    """Let a casting rule through unless it makes anything of anything, as text of objects."""
    if rule == "unsafe":
        raise TypeError('casting="unsafe" is not available; convert with .astype(...) first')
    return rule


def safe_options(options: Mapping[str, object]) -> Mapping[str, object]:
    """Judge what `**options` passes on like the keyword it becomes."""
    if isinstance(options, Mapping) and "casting" in options:
        safe_casting(options["casting"])
    return options


def print_nothing(*values: object, **options: object) -> None:
    """Stand in for `print`: nothing an extractor says leaves the worker."""


def _builtins() -> dict[str, object]:
    special = {"getattr", "hasattr", "pow", "print", "object", "str", "repr"}
    known = {name: getattr(builtins, name) for name in policy.BUILTINS if name not in special}
    exceptions = {name: getattr(builtins, name) for name in policy.CATCHABLE if hasattr(builtins, name)}
    guarded: dict[str, Callable[..., object]] = {
        "getattr": read_attribute,
        "hasattr": has_attribute,
        "pow": bounded_pow,
        "str": Text,
        "repr": repr_of,
        "print_nothing": print_nothing,
        "__import__": import_facade,
        "__build_class__": builtins.__build_class__,
        "object": object,
    }
    return {**known, **exceptions, **guarded}


def fresh_namespace() -> dict[str, object]:
    """Return the globals of one execution of one extractor; nothing in them is shared but functions."""
    return {
        "__builtins__": _builtins(),
        "__name__": "extractor",
        "__metaclass__": own_class,
        "_getattr_": read_attribute,
        "_write_": write_item,
        "_own_": write_attribute,
        "_type_": type,
        "_plain_": PLAIN,
        "_readable_": readable,
        "_shown_": shown,
        "_percent_": percent,
        "_casting_": safe_casting,
        "_options_": safe_options,
    }
