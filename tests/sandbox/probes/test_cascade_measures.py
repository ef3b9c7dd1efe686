"""The cascade decides of every reference measure what a look at the whole panel decides."""

from collections.abc import Iterator

import pytest
from twin_verdicts import agree

from scafe.knowledge.measures import measure_names, measure_source
from scafe.sandbox.pool.pool import Pool


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(workers=2) as open_pool:
        yield open_pool


@pytest.mark.slow
@pytest.mark.parametrize("name", measure_names())
def test_cascade_and_whole_panel_decide_alike_over_every_measure(name: str, pool: Pool) -> None:
    agree(measure_source(name), pool)
