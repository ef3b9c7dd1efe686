"""Walk over everything the language hands out, and tell what none of it may be.

The walk is made from the policy and the members themselves, so a name that is added is walked too. Every
function is called in a forked child: one that crashes or hangs is the operating-system wall's business.
"""

import builtins
import json
import os
import resource
import signal
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np

from scafe.sandbox.language import guards, kinds, policy
from scafe.sandbox.language.facades import FacadeType, facades
from scafe.sandbox.language.members import MEMBERS, members_of

NAMES = sorted(policy.METHODS | {"mro", "register", "type", "base", "from_iterable"})
WALK_SECONDS = 20.0
DEPTH = 3
"""Levels of containers and results that are looked into."""
NEVER = (
    types.ModuleType,
    types.CodeType,
    types.FrameType,
    types.TracebackType,
    types.CellType,
    types.MappingProxyType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
    types.MethodWrapperType,
    memoryview,
    property,
    staticmethod,
    classmethod,
    super,
)


OPAQUE_SEEN: set[type] = set()
"""Kinds of functions and the like of which one was asked for every name; each takes a millisecond."""


def own_function(*values: object, **options: object) -> float:
    """Stand in for a function of the extractor."""
    return 1.0


def samples() -> dict[str, object]:
    """One value of each basic type that an extractor can make."""
    own = guards.own_class("Own", (), {"size": 3, "helper": own_function})
    return {
        "image": np.arange(48, dtype=np.uint8).reshape(6, 8),
        "floats": np.linspace(0.1, 0.9, 30).reshape(5, 6),
        "colour": np.linspace(0, 1, 75).reshape(5, 5, 3),
        "mask": np.eye(6, dtype=bool),
        "row": np.array([3.0, 1.0, 2.0, 5.0, 4.0, 6.0]),
        "objects": np.array([own_function, int, None], dtype=object),
        "scalar": np.float64(0.5),
        "int": 3,
        "float": 0.5,
        "text": "ab",
        "list": [1.0, 2.0, 3.0],
        "tuple": (2, 3),
        "dict": {"a": 1.0},
        "set": {1, 2},
        "class": float,
        "dtype class": np.float64,
        "own": own(),
        "own class": own,
        "function": own_function,
        "exception": ValueError("a"),
    }


@cache
def handed_out() -> dict[int, str]:
    """Identity of everything that facades, builtins and faces hold -> its name; each holds it on purpose."""
    found: dict[int, str] = {}
    for module, face in facades().items():
        for name in dir(face):
            if not name.startswith("_"):
                found[id(getattr(face, name))] = f"{module}.{name}"
    for name, value in guards.fresh_namespace()["__builtins__"].items():  # type: ignore[attr-defined]
        found[id(value)] = name
    for kind, face in kinds.FACES.items():
        found |= {id(getattr(face, name)): f"{kind}.{name}" for name in dir(face) if name[:1] != "_"}
    return found


def leak(value: object) -> str:
    """Say what a value is that must not come out; '' if it may."""
    if isinstance(value, type):
        return "" if _is_offered(value) else f"the class {value!r}"
    if isinstance(value, NEVER):
        return f"a {type(value).__name__}"
    if isinstance(value, types.MethodType):
        return leak(value.__self__)
    if isinstance(value, types.BuiltinFunctionType) and _is_bound(value):
        return leak(value.__self__)
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType)):
        ours = str(getattr(value, "__module__", "")).startswith("scafe.sandbox.language")
        is_known = ours or value is own_function or id(value) in handed_out()
        return "" if is_known else f"the function {value!r}"
    return ""


def _is_offered(value: type) -> bool:
    plain = value in vars(builtins).values() and value.__name__ in (*policy.BUILTINS, *policy.EXCEPTIONS)
    library = issubclass(value, (np.generic, Exception)) and id(value) in handed_out()
    return plain or library or type(value).__name__ in ("TokenType", "OwnType")


def _is_bound(value: types.BuiltinFunctionType) -> bool:
    owner = value.__self__
    return owner is not None and not isinstance(owner, types.ModuleType)


def read(value: object, name: str) -> object:
    """Read an attribute as compiled code does, by the guard and plainly.

    Raises
    ------
    AttributeError
        Or any other error, if nothing comes out.
    """
    found = guards.read_attribute(value, name)
    if name in policy.METHODS and name not in policy.JUDGED:
        getattr(kinds.readable(value), name)
    return found


def attributes(value: object) -> Iterator[tuple[str, object]]:
    """Every listed name that answers on a value."""
    for name in NAMES:
        try:
            found = read(value, name)
        except Exception:
            continue
        yield name, found


def leaks(value: object, where: str, depth: int = DEPTH) -> Iterator[str]:
    """Look at a value, what it holds, its listed attributes, and what they hold."""
    found = leak(value)
    if found:
        yield f"{where} gives {found}"
    elif depth and not _is_end(value):
        for place, part in _parts(value):
            yield from leaks(part, f"{where}{place}", depth - 1)
        if not isinstance(value, type) or type(value).__name__ != "OwnType":
            for name, part in attributes(value):
                yield from leaks(part, f"{where}.{name}", depth - 1)


def _is_end(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return not value.dtype.hasobject
    if isinstance(value, kinds.OPAQUE) and not isinstance(value, type):
        seen, _ = type(value) in OPAQUE_SEEN, OPAQUE_SEEN.add(type(value))
        return seen
    return value is None or type(type(value)) is FacadeType or type(value) in kinds.NUMBERS | {str}


def _parts(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, np.ndarray):
        yield from ((f"[{place}]", part) for place, part in enumerate(value.ravel().tolist()[:6]))
    elif isinstance(value, dict):
        yield from (("[…]", part) for part in (*value.keys(), *value.values()))
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from ((f"[{place}]", part) for place, part in enumerate(list(value)[:6]))
    elif isinstance(value, Iterator):
        yield from (("[…]", next(value)) for _ in range(3))


def calls(function: Callable[..., Any], where: str, groups: list[tuple[str, ...]]) -> Iterator[str]:
    """Call a function with each group of samples and look at what comes out, errors included."""
    for names in groups:
        given = samples()
        said = f"{where}({', '.join(names)})"
        try:
            result = function(*(given[name] for name in names))
        except Exception as error:
            yield from leaks(guards.read_attribute(error, "args"), f"{said} raises with args")
            continue
        try:
            yield from leaks(result, said)
        except StopIteration:
            pass
        except RuntimeError:  # an iterator of the result ended or failed
            pass


def groups(*, quick: bool) -> list[tuple[str, ...]]:
    """Which samples a function is called with: none, each, each behind an array, each before a number."""
    names = list(samples())
    if quick:
        return [(), ("image",), ("text",), ("class",), ("objects", "int")]
    pairs = [("image", name) for name in names] + [(name, "int") for name in names]
    return [(), *((name,) for name in names), *pairs]


def functions(module: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every callable that a facade offers."""
    face = facades()[module]
    for name in members_of(module):
        value = getattr(face, name, None)
        if callable(value):
            yield f"{module}.{name}", value


def in_child(work: Callable[[], Iterator[str]]) -> list[str]:
    """Run a walk in a forked child with bounds; return what it found until it ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _work_as_child(work, writer)
    os.close(writer)
    with os.fdopen(reader) as lines:
        found = [json.loads(line) for line in lines]
    os.waitpid(child, 0)
    return found


def _work_as_child(work: Callable[[], Iterator[str]], writer: int) -> None:
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
        signal.setitimer(signal.ITIMER_REAL, WALK_SECONDS)
        sys.setrecursionlimit(300)
        warnings.simplefilter("ignore")
        for found in work():
            os.write(writer, (json.dumps(found) + "\n").encode())
    finally:
        os._exit(0)


def walk_module(module: str, *, quick: bool) -> list[str]:
    """Call every function of a facade, each in a child of its own (quick: all in one), and collect leaks."""
    chosen = groups(quick=quick)
    if quick:
        return in_child(
            lambda: (one for name, call in functions(module) for one in calls(call, name, chosen))
        )
    walks = [partial(calls, call, name, chosen) for name, call in functions(module)]
    return [one for walk in walks for one in in_child(walk)]


def main(speed: str) -> None:
    """Walk every module and print what leaked, by module; meant for a process of its own."""
    os.dup2(os.open(os.devnull, os.O_RDWR), 2)
    report = {module: walk_module(module, quick=speed == "quick") for module in MODULES}
    json.dump(report, sys.stdout)


MODULES = sorted(name for name in MEMBERS if name not in ("__future__", "typing"))

if __name__ == "__main__":
    main(sys.argv[1])
