"""What features cost, in decodes of the same image's JPEG: one process, one core, no sandbox around them."""

import time
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.artefacts import function_of, one_image
from benchmarks.power.sets import PowerSet, measures_of
from scafe.evals.data.dataset import Dataset, ImageFile, Item
from scafe.evals.peers.colour_texture import describe
from scafe.knowledge.locators.reference import locator_source
from scafe.sandbox.pool.pool import ImageAndMask

Extract = Callable[..., dict[str, float]]
Locate = Callable[..., tuple[NDArray[np.bool_], float]]
IMAGES = 12
TIMES = 3
"""The fastest of so many counts, in processor time: a busy machine slows the others more."""


def costs(one: PowerSet, dataset: Dataset) -> dict[str, float]:
    """Return the median cost of the measures and of colour and texture, and of one decode in ms."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return _costs(measures_of(one.modality), _locating(one), dataset)
    finally:
        cv2.setNumThreads(threads)


def _locating(one: PowerSet) -> Locate | None:
    return function_of(locator_source(one.locator), "locate") if one.locator else None


def _costs(sources: dict[str, str], locate: Locate | None, dataset: Dataset) -> dict[str, float]:
    extract = [function_of(source, "extract") for source in sources.values()]
    ratios: dict[str, list[float]] = {"measures": [], "colour_texture": []}
    decodes = []
    for index in range(0, len(dataset), max(1, len(dataset) // IMAGES)):
        pair = dataset.load(index)
        decode = _decoding(dataset.items[index])
        decodes.append(decode)
        ratios["measures"].append(_fastest(partial(_measure, extract, locate, pair)) / decode)
        ratios["colour_texture"].append(_fastest(partial(describe, pair)) / decode)
    found = {name: round(float(np.median(one)), 1) for name, one in ratios.items()}
    return {**found, "decode_ms": round(1000 * float(np.median(decodes)), 2)}


def _decoding(item: Item) -> float:
    held = cast(ImageFile, item.pixels).image.read_bytes()
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
