"""The cascade ends early and never decides otherwise than a look at the whole panel."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.criteria.pack import load_pack, pack_names
from scafe.knowledge.measures import measure_names, measure_source
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.probes.cascade import judge
from scafe.sandbox.probes.panel import build_panel
from scafe.sandbox.probes.verdict import Verdict

ROOT = Path(__file__).parents[3]
ZOO = sorted((Path(__file__).parent / "zoo").glob("*.py"))
REFERENCE = sorted((ROOT / "runs" / "reference").glob("*/revisions/*/*.py"))


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(workers=2) as open_pool:
        yield open_pool


def pack_of(source: str) -> str:
    """Name a shipped pack that has the criterion which the source claims and lets an image show it."""
    claimed = parse_extractor(source).criterion
    names = [name for name in pack_names() if claimed in {c.id for c in load_pack(name).observable_criteria}]
    return names[0] if names else "scar.vss"


def reasons(verdict: Verdict) -> set[tuple[str, str | None]]:
    return {(one.code, one.feature) for one in verdict.findings if one.severity == "reject"}


def pack_of_run(path: Path) -> str:
    found = re.search(r"^id: (\S+)$", (path.parents[2] / "pack.yaml").read_text(), re.MULTILINE)
    assert found, "a run names its pack"
    return found[1]


def agree(source: str, pool: Pool, named: str | None = None) -> None:
    pack = load_pack(named or pack_of(source))
    whole = judge(source, pack, pool, depth="whole")
    found = judge(source, pack, pool)
    assert found.accepted_names == whole.accepted_names
    if whole.is_acceptable:
        assert found == whole
    else:
        assert reasons(found), "a rejection says why"
        assert {code for code, _ in reasons(found)} <= {code for code, _ in reasons(whole)}


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_cascade_and_whole_panel_decide_alike_over_the_zoo(path: Path, pool: Pool) -> None:
    agree(path.read_text(), pool)


@pytest.mark.slow
@pytest.mark.parametrize("name", measure_names())
def test_cascade_and_whole_panel_decide_alike_over_every_measure(name: str, pool: Pool) -> None:
    agree(measure_source(name), pool)


@pytest.mark.slow
@pytest.mark.parametrize("path", REFERENCE, ids=lambda path: "/".join(path.parts[-4:]))
def test_cascade_and_whole_panel_decide_alike_over_the_reference_runs(path: Path, pool: Pool) -> None:
    agree(path.read_text(), pool, pack_of_run(path))


def test_what_was_not_looked_at_is_said(pool: Pool) -> None:
    source = next(path for path in ZOO if path.stem == "sign_flipped").read_text()
    verdict = judge(source, load_pack(pack_of(source)), pool)
    (note,) = [one for one in verdict.findings if one.code == "not_looked"]
    assert note.severity == "note"
    assert "the nuisances" in note.message
    assert "its own dial" not in note.message
    (feature,) = verdict.features
    assert feature.stability is None
    assert not feature.nuisance_shifts
    assert len(feature.responses) == 1
    assert json.loads(verdict.model_dump_json())["features"][0]["stability"] is None


def test_a_panel_renders_and_measures_the_neutral_scene_once() -> None:
    panel = build_panel("scar")
    neutral = {int(place) for one in panel.nuisances if one.name != "skin_tone" for place in one.where[:, 0]}
    assert len(neutral) == len(panel.nuisances[0].where), "one neutral scene a setting serves every nuisance"
    assert len(panel.images) < len(panel.looks)
