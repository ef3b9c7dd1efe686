"""Packs and probes from Python."""

from pathlib import Path

import pytest

import scafe
from scafe.knowledge.contract.errors import ContractError, PackError
from scafe.knowledge.criteria.pack import pack_path
from scafe.knowledge.measures import measure_source

GLOSS = measure_source("scar_gloss")


def test_a_pack_is_loaded_by_id_by_text_and_by_path() -> None:
    path = pack_path("scar.vss")
    assert scafe.load_pack("scar.vss") == scafe.load_pack(str(path)) == scafe.load_pack(path)


def test_a_measure_passes_where_its_criterion_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "gloss.py"
    file.write_text(GLOSS)
    pack = scafe.load_pack("scar.keloid_vs_hypertrophic")
    verdict = scafe.probe(file, pack, "gloss")
    assert verdict.is_acceptable
    assert verdict == scafe.probe(GLOSS, pack.id)


def test_what_does_not_fit_together_is_told_before_the_sandbox_starts(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="claims 'gloss', and 'relief' was asked for"):
        scafe.probe(GLOSS, "scar.keloid_vs_hypertrophic", "relief")
    with pytest.raises(PackError, match="has no criterion 'gloss'"):
        scafe.probe(GLOSS, "scar.vss", "gloss")
    with pytest.raises(ContractError, match="cannot be read"):
        scafe.probe(tmp_path / "nothing.py", "scar.vss")
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe")
    with pytest.raises(ContractError, match="not UTF-8 text"):
        scafe.probe(tmp_path / "bytes.py", "scar.vss")
