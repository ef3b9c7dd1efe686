"""The process that reads damaged files: one by one, each told before the next."""

import importlib
import os
import resource
import signal
import sys
import time
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.fuzz_readers.damage import damaged
from scafe.knowledge.contract.errors import DatasetError

SECONDS = 10
MEGABYTES = 600
"""By which the process may grow for one file of a few kilobytes."""


@dataclass(frozen=True)
class Told:
    """What came of one file."""

    outcome: str
    """picture, DatasetError, or what was wrong."""
    why: str = ""


def work(name: str, seed: int, numbers: list[int], to: Connection) -> None:
    """Read damaged files and tell of each."""
    _quiet()
    module: Any = importlib.import_module(f"benchmarks.fuzz_readers.{name}")
    seeds = module.seeds()
    for data in seeds.values():  # what libraries take for good is taken before anything is measured
        module.read(data)
    for number in numbers:
        to.send(_told(module, damaged(seeds, seed, number)))
    to.close()


def _quiet() -> None:
    # Decoders in C write to the descriptor itself.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.stderr = open(2, "w", closefd=False)
    warnings.simplefilter("error")  # a warning that leaves a reader counts as a fault
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _told(module: Any, data: bytes) -> Told:
    before, begun = _peak(), time.perf_counter()
    signal.alarm(3 * SECONDS)
    try:
        module.read(data)
        told = Told("picture")
    except DatasetError as error:
        one = str(error).isprintable() and str(error).startswith("row 2")
        told = Told("DatasetError") if one else Told("not one sentence", repr(str(error)))
    except BaseException as error:  # this is what is looked for
        told = Told(type(error).__name__, repr(error))
    signal.alarm(0)
    took, grew = time.perf_counter() - begun, _peak() - before
    if took > SECONDS:
        return Told("slow", f"{took:.1f} s")
    return Told("large", f"{grew:.0f} MB") if grew > MEGABYTES else told


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
