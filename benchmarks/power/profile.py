"""Where the time of a set's measures goes: by measure's own code and by function of the toolkit."""

import cProfile
import pstats
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.artefacts import HOME, function_of, one_core, one_image
from benchmarks.power.costs import IMAGES, decoding
from benchmarks.power.sets import PowerSet, measures_of
from scafe.evals.data.dataset import Dataset
from scafe.knowledge.locators.reference import locator_source
from scafe.sandbox.pool.pool import ImageAndMask

Called = tuple[str, int, str]
OWN = "own:"
"""Begins the file name under which an artefact is compiled."""


def parts_of(one: PowerSet, dataset: Dataset) -> dict[str, float]:
    """Return what each part costs, in decodes of the same images, dearest first.

    A part is the code of one measure or locator with the libraries it calls, or one function of the toolkit
    with the libraries it calls. Processor time on one core; the profiler adds to code that makes many calls.
    """
    with one_core():
        return _parts(one, dataset)


def _parts(one: PowerSet, dataset: Dataset) -> dict[str, float]:
    extract = [
        function_of(source, "extract", OWN + name) for name, source in measures_of(one.modality).items()
    ]
    locate = function_of(locator_source(one.locator), "locate", OWN + one.locator) if one.locator else None
    profile, decodes = cProfile.Profile(time.process_time), 0.0
    for index in range(0, len(dataset), max(1, len(dataset) // IMAGES)):
        pair = dataset.load(index)
        decodes += decoding(dataset.items[index])
        profile.runcall(_look, extract, locate, pair)
    spent = time_of_parts(pstats.Stats(profile).stats)  # type: ignore[attr-defined]
    return {name: round(seconds / decodes, 2) for name, seconds in spent.most_common()}


def _look(extract: list[Any], locate: Any, pair: ImageAndMask) -> None:
    mask = pair.mask if locate is None else np.asarray(locate(pair.image)[0], dtype=bool)
    mask.setflags(write=False)
    with one_image(pair.image, mask):
        for one in extract:
            one(pair.image, mask)


def time_of_parts(stats: dict[Called, Any]) -> Counter[str]:
    """Add to each part the whole time of what it calls outside: libraries are no parts."""
    spent: Counter[str] = Counter()
    for called, (_, _, own, _, callers) in stats.items():
        if (name := _part(called)) is not None:
            spent[name] += own
            continue
        for caller, (_, _, _, whole) in callers.items():
            if (name := _part(caller)) is not None:
                spent[name] += whole
    return spent


def _part(called: Called) -> str | None:
    file, _, function = called
    if file.startswith(OWN):
        return file.removeprefix(OWN)
    path = Path(file)
    return f"toolkit {path.stem}.{function}" if path.parent == HOME / "toolkit" else None
