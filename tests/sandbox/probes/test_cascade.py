"""The cascade ends early and never decides otherwise than a look at the whole panel."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from twin_verdicts import agree, pack_of

from scafe.knowledge.criteria.pack import load_pack
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.probes.cascade import judge
from scafe.sandbox.probes.panel import build_panel

ZOO = sorted((Path(__file__).parent / "zoo").glob("*.py"))


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(workers=2) as open_pool:
        yield open_pool


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_cascade_and_whole_panel_decide_alike_over_the_zoo(path: Path, pool: Pool) -> None:
    agree(path.read_text(), pool)


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
