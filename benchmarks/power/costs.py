"""What features cost, in decodes of the same image's JPEG: one core, in this process and in the sandbox."""

import os
import time
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.artefacts import function_of, one_core, one_image
from benchmarks.power.sets import PowerSet, measures_of
from scafe.evals.data.dataset import Dataset, ImageFile, Item
from scafe.evals.peers.colour_texture import describe
from scafe.knowledge.locators.reference import locator_source
from scafe.sandbox.pool.pool import ImageAndMask, Pool
from scafe.sandbox.pool.together.extracting import extract_together

Extract = Callable[..., dict[str, float]]
Locate = Callable[..., tuple[NDArray[np.bool_], float]]
IMAGES = 12
FEW, MANY = 16, 80
"""Images of the two extractions in the sandbox, whose difference is an image's cost."""
FROZEN = {"mel/nv": "played-dermoscopy-toolkit", "breast": "located-played"}
"""Reference runs on the images of a set, whose frozen features are timed as well."""
TIMES = 3
"""The fastest of so many counts, in processor time: a busy machine slows the others more."""


def costs(one: PowerSet, dataset: Dataset) -> dict[str, float]:
    """Return the median cost of the measures and of colour and texture, and of one decode in ms."""
    with one_core():
        return costs_of(measures_of(one.modality), _locating(one), dataset)


def frozen_cost(one: PowerSet, dataset: Dataset, runs: Path) -> dict[str, Any]:
    """Return the run, the number of features and the cost in decodes of a frozen set; of none, nothing."""
    if one.name not in FROZEN:
        return {}
    bundle = runs / FROZEN[one.name] / "frozen"
    sources = [path.read_text(encoding="utf-8") for path in sorted((bundle / "extractors").glob("*.py"))]
    found = bundle / "locator.py"
    locate = function_of(found.read_text(encoding="utf-8"), "locate") if found.exists() else None
    with one_core():
        extract = [function_of(source, "extract") for source in sources]
        whole = _in_decodes(partial(_measure, extract, locate), dataset)
        alone = _in_decodes(partial(_measure, [], locate), dataset) if locate else 0.0
    return {"run": FROZEN[one.name], "features": len(sources), "whole": whole, "locator": alone}


def _in_decodes(call: Callable[[ImageAndMask], None], dataset: Dataset) -> float:
    took = [
        _fastest(partial(call, dataset.load(index))) / decoding(dataset.items[index])
        for index in range(0, len(dataset), max(1, len(dataset) // IMAGES))
    ]
    return round(float(np.median(took)), 1)


def _locating(one: PowerSet) -> Locate | None:
    return function_of(locator_source(one.locator), "locate") if one.locator else None


def costs_of(sources: dict[str, str], locate: Locate | None, dataset: Dataset) -> dict[str, float]:
    """Return the median cost of some extractors, after a locator or with the masks that are given."""
    extract = [function_of(source, "extract") for source in sources.values()]
    ratios: dict[str, list[float]] = {"measures": [], "colour_texture": []}
    decodes = []
    for index in range(0, len(dataset), max(1, len(dataset) // IMAGES)):
        pair = dataset.load(index)
        decode = decoding(dataset.items[index])
        decodes.append(decode)
        ratios["measures"].append(_fastest(partial(_measure, extract, locate, pair)) / decode)
        ratios["colour_texture"].append(_fastest(partial(describe, pair)) / decode)
    found = {name: round(float(np.median(one)), 1) for name, one in ratios.items()}
    decode = float(np.median(decodes))
    inside = round(_in_sandbox(list(sources.values()), locate, dataset) / decode, 1)
    return {**found, "sandbox": inside, "decode_ms": round(1000 * decode, 2)}


def _in_sandbox(sources: list[str], locate: Locate | None, dataset: Dataset) -> float:
    """Return the CPU time of one image more, of all processes; looking twice counts, starting does not."""
    few, many = (_of_processes(sources, locate, dataset, count) for count in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def _of_processes(sources: list[str], locate: Locate | None, dataset: Dataset, count: int) -> float:
    pairs = [dataset.load(index) for index in np.linspace(0, len(dataset) - 1, count).astype(int)]
    if locate is not None:
        pairs = [ImageAndMask(one.image, np.asarray(locate(one.image)[0], dtype=bool)) for one in pairs]
    begun = sum(os.times()[:4])
    with Pool(1) as pool:
        extract_together(pool, sources, pairs)
    return sum(os.times()[:4]) - begun


def decoding(item: Item) -> float:
    """Return the seconds that one decode of an image's file takes."""
    held = Path(cast(ImageFile, item.pixels).image).read_bytes()
    return _fastest(lambda: np.asarray(Image.open(BytesIO(held)).convert("RGB")))


def _measure(extract: list[Extract], locate: Locate | None, pair: ImageAndMask) -> None:
    """Find the region if no mask is given, then measure; both are what a user waits for."""
    mask = pair.mask if locate is None else np.asarray(locate(pair.image)[0], dtype=bool)
    mask.setflags(write=False)
    with one_image(pair.image, mask):
        for one in extract:
            one(pair.image, mask)


def _fastest(call: Callable[[], object]) -> float:
    took = []
    for _ in range(TIMES):
        begun = time.process_time()
        call()
        took.append(time.process_time() - begun)
    return min(took)
