"""Measures and locators called as plain functions, without the sandbox: to time them and to look at them."""

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

HOME = Path(str(resources.files("scafe.knowledge")))
"""Folder that holds the toolkit, on whose path an artefact finds it, as in a bundle."""


def function_of(source: str, name: str, called: str = "artefact") -> Callable[..., Any]:
    """Return the function of an artefact's source, ready to be called on arrays; profiles show `called`."""
    if str(HOME) not in sys.path:
        sys.path.insert(0, str(HOME))
    space: dict[str, Any] = {"__name__": "artefact"}
    exec(compile(source, called, "exec"), space)
    found: Callable[..., Any] = space[name]
    return found


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep OpenCV and BLAS to one thread: threads that spin while they wait count as processor time."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        cv2.setNumThreads(threads)


@contextlib.contextmanager
def one_image(*arrays: NDArray[np.generic]) -> Iterator[None]:
    """Let the toolkit keep what it computes while one image is looked at, as a cell does."""
    if not (HOME / "toolkit").is_dir():
        yield
        return
    for array in arrays:
        array.setflags(write=False)
    with importlib.import_module("toolkit.memo").remembering(*arrays):
        yield
