"""Deliberately wrong extractors: each is caught, and the finding names the right cause."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.measures import measure_source
from scafe.sandbox.pool.pool import Extraction, ImageAndMask, Pool
from scafe.sandbox.probes.cascade import judge
from scafe.sandbox.probes.verdict import Verdict

ZOO = sorted((Path(__file__).parent / "zoo").glob("*.py"))


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(workers=2) as open_pool:
        yield open_pool


def expectation(source: str, key: str) -> str:
    found = re.search(rf"^# {key}: (.+)$", source, re.MULTILINE)
    assert found, f"the zoo file must say '# {key}: …'"
    return found[1]


def judged(source: str, pool: Pool) -> Verdict:
    pack = "scar.keloid_vs_hypertrophic" if "margin_overgrowth" in source else "scar.vss"
    return judge(source, load_pack(pack), pool, depth="whole")


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_a_wrong_extractor_is_caught_and_told_why(path: Path, pool: Pool) -> None:
    source = path.read_text()
    verdict = judged(source, pool)
    told = [one for one in verdict.findings if one.code in expectation(source, "expects").split()]
    assert told, [f"{one.code}: {one.message}" for one in verdict.findings]
    assert any(expectation(source, "says") in one.message for one in told), told
    assert not verdict.accepted_names


def test_an_honest_measure_passes_every_probe(pool: Pool) -> None:
    verdict = judged(measure_source("scar_vascularity"), pool)
    assert verdict.is_acceptable, verdict.findings


def test_the_same_source_gives_the_same_verdict_twice(pool: Pool) -> None:
    source = measure_source("scar_vascularity")
    assert judged(source, pool).model_dump_json() == judged(source, pool).model_dump_json()


def test_hostile_text_is_a_finding_and_never_an_exception(pool: Pool) -> None:
    for text in ("", "\0", "def extract(image, mask):", "(" * 5000, "import os\n" * 3, "é" * 200_000):
        verdict = judged(text, pool)
        assert [one.severity for one in verdict.findings] == ["reject"]


class Counting:
    """Passes everything on to a pool, and counts the images."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.images = 0

    def extract_part(self, source: str, images: Sequence[ImageAndMask], where: Sequence[int]) -> Extraction:
        self.images += len(where)
        return self.pool.extract_part(source, images, where)


def test_what_fails_on_every_phantom_is_not_run_on_hundreds(pool: Pool) -> None:
    """Named fault: an extractor that took two seconds to fail was run on all 444 phantoms."""
    counted = Counting(pool)
    source = measure_source("scar_vascularity")
    broken = source.replace("def extract(image, mask):", "def extract(image, mask):\n    return {}[0]", 1)
    verdict = judge(broken, load_pack("scar.vss"), counted)  # type: ignore[arg-type]
    assert [one.code for one in verdict.findings] == ["exception"]
    assert "on 6 of 6 phantoms" in verdict.findings[0].message
    assert counted.images == 6
