"""Deliberately wrong locators: each is caught by name; the reference ones pass."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scafe.knowledge.contract.errors import PackError
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.locators.reference import reference_locator
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.probes.regions.cases import build_cases
from scafe.sandbox.probes.regions.evidence import dice
from scafe.sandbox.probes.regions.judging import judge_locator

ZOO = sorted((Path(__file__).parent / "zoo").glob("*.py"))
REFERENCES = (
    "dermoscopy.abcd",
    "mri.glioma_idh",
    "photo.skin_lesion",
    "radiograph.chest",
    "scar.vss",
    "ultrasound.birads",
)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(workers=2) as open_pool:
        yield open_pool


def expectation(source: str, key: str) -> str:
    found = re.search(rf"^# {key}: (.+)$", source, re.MULTILINE)
    assert found, f"the zoo file must say '# {key}: …'"
    return found[1]


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_a_wrong_locator_is_caught_by_name_and_told_why(path: Path, pool: Pool) -> None:
    source = path.read_text()
    verdict = judge_locator(source, load_pack(expectation(source, "pack")), pool)
    told = [one for one in verdict.findings if one.code == expectation(source, "expects")]
    assert told, [f"{one.code}: {one.message}" for one in verdict.findings]
    assert any(expectation(source, "says") in one.message for one in told), told
    if told[0].code != "exception":  # of an edge case, which is a warning
        assert not verdict.is_acceptable


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_locator_passes_every_probe(name: str, pool: Pool) -> None:
    pack = load_pack(name)
    verdict = judge_locator(reference_locator(pack).source, pack, pool)
    assert verdict.is_acceptable, verdict.findings
    assert (verdict.found_in_bare or 0) <= 0.2


def test_the_same_source_gives_the_same_verdict_twice(pool: Pool) -> None:
    pack = load_pack("ultrasound.birads")
    source = reference_locator(pack).source
    first, second = (judge_locator(source, pack, pool).model_dump_json() for _ in range(2))
    assert first == second


def test_hostile_text_is_a_finding_and_never_an_exception(pool: Pool) -> None:
    pack = load_pack("scar.vss")
    for text in ("", "\0", "def locate(image):", "(" * 5000, "import os\n" * 3, "é" * 200_000):
        assert [one.severity for one in judge_locator(text, pack, pool).findings] == ["reject"]


def test_a_pack_without_a_region_has_nothing_to_judge(pool: Pool) -> None:
    with pytest.raises(PackError, match="nothing to locate"):
        judge_locator("", load_pack("histology.crc_tissue"), pool)


def test_cases_are_the_same_bytes_each_time() -> None:
    first = build_cases("ultrasound")
    build_cases.cache_clear()
    second = build_cases("ultrasound")
    pairs = zip(first.images, second.images, strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


def test_scenes_without_the_region_are_there_for_every_kind_of_lesion() -> None:
    # A film without lungs is none; photographs of bare skin are not drawn yet.
    kinds = {load_pack(name).phantom for name in REFERENCES} - {"radiograph", "skin_lesion"}
    assert all(build_cases(kind).bare for kind in sorted(kinds))


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1))
def test_dice_is_symmetric_and_one_only_for_equal_masks(first: int, second: int) -> None:
    one, other = (
        np.array([bits >> at & 1 for at in range(16)], np.bool_).reshape(4, 4) for bits in (first, second)
    )
    assert dice(one, other) == dice(other, one)
    assert 0 <= dice(one, other) <= 1
    assert (dice(one, other) == 1) == (first == second)
