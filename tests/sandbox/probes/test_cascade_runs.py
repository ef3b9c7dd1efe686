"""The cascade decides of every revision of the reference runs what a look at the whole panel decides."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from twin_verdicts import agree

from scafe.sandbox.pool.pool import Pool

ROOT = Path(__file__).parents[3]
REFERENCE = sorted((ROOT / "runs" / "reference").glob("*/revisions/*/*.py"))


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(workers=2) as open_pool:
        yield open_pool


def pack_of_run(path: Path) -> str:
    found = re.search(r"^id: (\S+)$", (path.parents[2] / "pack.yaml").read_text(), re.MULTILINE)
    assert found, "a run names its pack"
    return found[1]


@pytest.mark.slow
@pytest.mark.parametrize("path", REFERENCE, ids=lambda path: "/".join(path.parts[-4:]))
def test_cascade_and_whole_panel_decide_alike_over_the_reference_runs(path: Path, pool: Pool) -> None:
    agree(path.read_text(), pool, pack_of_run(path))
