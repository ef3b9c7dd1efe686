"""Ordinary extractors, as people and models write them, pass unchanged and give bit-identical values."""

import math
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from scafe.knowledge.measures import measure_names, measure_source
from scafe.sandbox.pool.pool import ImageAndMask, Pool

HERE = Path(__file__).parent
BENIGN = sorted((HERE / "benign").rglob("*.py"))
SOURCES = {path.stem: path.read_text() for path in BENIGN} | {n: measure_source(n) for n in measure_names()}


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1) as opened:
        yield opened


def one_image() -> ImageAndMask:
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[:96, :112]
    mask = ((rows - 50) / 1.3) ** 2 + (columns - 55) ** 2 < 900
    image = rng.normal(160, 14, (96, 112, 3))
    image[mask] -= [35, 70, 60]
    return ImageAndMask(np.clip(image, 0, 255).astype(np.uint8), mask)


def plainly(source: str, one: ImageAndMask) -> dict[str, float]:
    namespace: dict[str, object] = {"__name__": "extractor"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(source, namespace)
        return namespace["extract"](one.image, one.mask)  # type: ignore[operator,no-any-return]


def with_head(source: str, names: list[str]) -> str:
    if "FEATURES" in source:
        return source
    heads = ", ".join(
        f'"{name}": {{"unit": "ratio", "range": [0, 1], "direction": "up", "meaning": "m"}}' for name in names
    )
    return f'{source}\nCRITERION = "c"\nFEATURES = {{{heads}}}\n'


def rounded(value: float) -> float:
    return math.nan if math.isnan(value) else float(f"{value:.6g}")


@pytest.mark.parametrize("name", SOURCES)
def test_an_ordinary_extractor_passes_with_identical_values(pool: Pool, name: str) -> None:
    one = one_image()
    source = SOURCES[name]
    plain = plainly(source, one)
    found = pool.extract(with_head(source, list(plain)), [one])  # as patient images: with a second look
    assert found.faults == (None,)
    wanted = [rounded(float(plain[name])) for name in found.names]
    np.testing.assert_array_equal(found.rows[0], wanted)


def test_the_benign_set_holds_at_least_forty() -> None:
    assert len(BENIGN) >= 40
