"""Results that are kept while one image is looked at, so that CIELAB is computed once for ten extractors.

Only what cannot change is kept: results of the image itself, and of results that were handed out read-only.
An array is known by where it lies; a kept array is held alive, so nothing else can lie there.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 192 * 2**20
"""What is kept for one image; a result that no longer fits is handed out and forgotten."""

PLAIN = (int, float, str, type(None))

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Memory:
    """What was computed for one image.

    Parameters
    ----------
    arrays : read-only numpy arrays
        The image and its mask.
    most_bytes : int
        Bound on the results that are kept.
    """

    def __init__(self, *arrays: NDArray[Any], most_bytes: int = MOST_BYTES) -> None:
        if any(array.flags.writeable for array in arrays):
            raise ValueError("memo: expected read-only arrays; call array.setflags(write=False) first")
        self.results: dict[tuple[Any, ...], Any] = {}
        self.held: list[NDArray[Any]] = []
        self.reach: list[tuple[int, int]] = []
        self.starts: dict[int, int] = {}
        """`id` of what is held -> its first byte; while it is held no other array has that `id`."""
        self.free = most_bytes
        for array in arrays:
            self._hold(array)

    def key_of(self, name: str, values: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...] | None:
        """Return what a call is known by; None where an argument could change or is not plain."""
        parts = [self._part(value) for value in (*values, *options.values())]
        return None if None in parts else (name, tuple(options), *parts)

    def _part(self, value: Any) -> tuple[Any, ...] | None:
        if type(value) is np.ndarray:
            return self._place(value)
        if type(value) is tuple:
            inside = [self._part(one) for one in value if type(one) in PLAIN]
            return (tuple, *inside) if len(inside) == len(value) else None
        return (type(value), value) if type(value) in PLAIN else None

    def _place(self, array: NDArray[Any]) -> tuple[Any, ...] | None:
        if array.flags.writeable:
            return None
        start = self.starts.get(id(array))
        if start is None:
            start = _start(array)
            if not any(low <= start < high for low, high in self.reach):
                return None
        return (start, array.shape, array.strides, array.dtype.str)

    def _hold(self, array: NDArray[Any]) -> None:
        self.held.append(array)
        self.reach.append(_reach(array))
        self.starts[id(array)] = _start(array)

    def keep(self, key: tuple[Any, ...], result: Any) -> None:
        """Keep a result and the arrays in it, if there is room."""
        arrays = list(_arrays(result))
        need = sum(array.nbytes for array in arrays) + 1000
        if need > self.free:
            return
        self.free -= need
        self.results[key] = result
        for array in arrays:
            self._hold(array)


class _Now:
    """The memory of the image that is looked at; none outside `remembering`."""

    memory: Memory | None = None


def forget() -> None:
    """Drop everything that is kept."""
    _Now.memory = None


def remember(*arrays: NDArray[Any]) -> None:
    """Drop what is kept and begin anew for one image and its mask, until `forget`; read-only ones count."""
    _Now.memory = Memory(*(array for array in arrays if not array.flags.writeable))


@contextlib.contextmanager
def remembering(*arrays: NDArray[Any]) -> Iterator[Memory]:
    """Keep results while one image is looked at.

    Parameters
    ----------
    arrays : read-only numpy arrays
        The image and its mask.

    Yields
    ------
    Memory

    Raises
    ------
    ValueError
        If an array can still be written to.
    """
    before, _Now.memory = _Now.memory, Memory(*arrays)
    try:
        yield _Now.memory
    finally:
        _Now.memory = before


def remembered(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Make a primitive hand out read-only arrays, and compute once for an image that is being remembered."""
    name = function.__name__

    @functools.wraps(function)
    def call(*values: Given.args, **options: Given.kwargs) -> Result:
        memory = _Now.memory
        key = memory.key_of(name, values, options) if memory is not None else None
        if memory is None or key is None:
            return cast(Result, _read_only(function(*values, **options)))
        if key not in memory.results:
            memory.keep(key, result := _read_only(function(*values, **options)))
            return cast(Result, _own(result))
        return cast(Result, _own(memory.results[key]))

    return call


def _own(result: Any) -> Any:
    """Give each caller a dict of its own; arrays and tuples cannot be changed."""
    return dict(result) if type(result) is dict else result


def _arrays(result: Any) -> Iterator[NDArray[Any]]:
    inside = result.values() if type(result) is dict else result if type(result) is tuple else (result,)
    return (one for one in inside if type(one) is np.ndarray)


def _read_only(result: Any) -> Any:
    for array in _arrays(result):
        array.setflags(write=False)
    return result


def _start(array: NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])


def _reach(array: NDArray[Any]) -> tuple[int, int]:
    """First and last byte + 1 of an array; a view of it begins in between."""
    start = _start(array)
    if array.flags.c_contiguous:
        return start, start + array.nbytes
    low = start + sum(
        min(0, step * (side - 1)) for step, side in zip(array.strides, array.shape, strict=True)
    )
    high = start + sum(
        max(0, step * (side - 1)) for step, side in zip(array.strides, array.shape, strict=True)
    )
    return low, high + array.itemsize
