"""The process of a comparison: one document, exit codes, and faults as sentences."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from scafe.evals.compare import comparison
from scafe.evals.peers.criteria import CriteriaPeer
from scafe.evals.processes.compare import main


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    lines = ["path,label"]
    for place, label in enumerate(("keloid", "hypertrophic")):
        for number in range(8):
            image = rng.integers(60 + 60 * place, 160, (24, 24, 3)).astype(np.uint8)
            cv2.imwrite(str(tmp_path / f"{label}{number}.png"), image)
            lines.append(f"{label}{number}.png,{label}")
    (tmp_path / "m.csv").write_text("\n".join(lines))
    return tmp_path / "m.csv"


@pytest.fixture(autouse=True)
def without_sandbox(monkeypatch: pytest.MonkeyPatch, ours: CriteriaPeer) -> None:
    """Put features of these tests where the sandbox would measure: its start takes seconds."""
    monkeypatch.setattr(comparison, "one_shot_peer", lambda pack, dataset, sandbox: ours)


def words(manifest: Path, *more: str) -> list[str]:
    out = manifest.parent / "out"
    return [
        str(manifest),
        "--pack",
        "scar.vss",
        "--out",
        str(out),
        "--draws=2",
        "--workers=1",
        "--locator=none",
        *more,
    ]


def test_one_json_document_and_progress_beside_it(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(words(manifest, "--sizes=3", "--peers=classical-ridge-whole,radiomics", "--json"))
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert code == (0 if all(one["held"] for one in document["table"]["controls"]) else 1)
    rows = {row["name"]: row["status"] for row in document["table"]["rows"]}
    assert (rows["classical-ridge-whole"], rows["radiomics"]) == ("ok", "unavailable")
    assert all("step" in json.loads(line) for line in told.err.splitlines())
    assert json.loads((manifest.parent / "out" / "comparison.json").read_text()) == document["table"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--peers=nobody",), "no peer is named 'nobody'"),
        (("--sizes=1",), "sizes of at least 2 patients"),
        (("--labels=keloid,scar",), "no image has the label 'scar'"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_exit_code_2(
    manifest: Path, more: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(manifest, *more, "--json")) == 2
    told = capsys.readouterr()
    assert said in json.loads(told.out)["message"]
    assert said in told.err


def test_rows_that_could_not_be_made_stand_with_their_reason(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(words(manifest, "--sizes=3", "--peers=prevalence", "--absent=scafe-best-of-n=no feature passed"))
    assert "| scafe-best-of-n | unavailable: no feature passed |" in capsys.readouterr().out
