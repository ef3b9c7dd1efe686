"""The commands about a bundle, and the process that they start."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scafe.agent.cli.bundle import _predicted, _write_table
from scafe.agent.cli.main import main
from scafe.agent.terminal.offline import ask_offline
from scafe.agent.terminal.terminal import Terminal
from scafe.knowledge.contract.errors import IntegrityError, SandboxError

PREDICTION: dict[str, Any] = {
    "image": "a/1.png",
    "label": "keloid",
    "probability": {"keloid": 0.8, "hypertrophic": 0.2},
    "criteria": [
        {
            "criterion": "height",
            "log_odds": 0.5,
            "features": [
                {"feature": "rim", "value": 1.25, "unit": "log10", "log_odds": 0.5},
                {"feature": "flank", "value": None, "unit": "log10", "log_odds": 0.0},
            ],
        }
    ],
}


def scafe(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize("command", [("verify",), ("predict", "--data", ".")])
def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    told = scafe(*command, tmp_path)
    assert (told.exit_code, told.stdout) == (4, "")
    assert "is not a bundle" in told.stderr
    assert json.loads(scafe(*command, tmp_path, "--json").stdout)["error"]["exit_code"] == 4


def test_data_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert scafe("predict", tmp_path, "--data", tmp_path / "nowhere").exit_code == 2


def test_a_process_that_ends_without_an_answer_is_the_sandbox_s_fault() -> None:
    with pytest.raises(SandboxError, match="No module named"):
        ask_offline(Terminal(), "scafe.evals.nosuch")


def test_a_fault_of_the_process_keeps_its_kind(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError):
        ask_offline(Terminal(), "scafe.evals.processes.bundle", "verify", str(tmp_path))


def test_the_process_is_given_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    from scafe.agent.terminal.offline import PASSED_ON

    assert [name for name in PASSED_ON if "KEY" in name or "PROXY" in name or "TOKEN" in name] == []


def test_a_prediction_says_what_each_feature_added() -> None:
    assert _predicted(PREDICTION) == [
        "a/1.png: keloid (keloid 0.800, hypertrophic 0.200)",
        "  +0.50 height: rim 1.25 log10, flank not measurable",
    ]


def test_the_table_has_one_row_for_each_image(tmp_path: Path) -> None:
    path = tmp_path / "new" / "predictions.csv"
    _write_table(path, [PREDICTION, {**PREDICTION, "image": "a/2.png"}])
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["image"] for row in rows] == ["a/1.png", "a/2.png"]
    assert rows[0]["scafe__rim"] == "1.25"
    assert rows[0]["scafe__flank"] == ""
    assert rows[0]["probability__keloid"] == "0.8"
