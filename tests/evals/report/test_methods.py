"""The methods paragraph says what the run recorded, and names what no run can know."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scafe.agent.cli.auditing.reporting import facts_of
from scafe.agent.cli.main import main
from scafe.agent.record.run_folder import load_run
from scafe.evals.companion.note import CompanionNote
from scafe.evals.disclosure.bench import Opened
from scafe.evals.frozen.bundle import open_bundle
from scafe.evals.frozen.records import FrozenCompanion, FrozenEnsemble, Gain
from scafe.evals.report.blocks import report_body, to_markdown
from scafe.evals.report.methods import TABLES, UNKNOWN, RunFacts, methods_report

ROOT = Path(__file__).parents[3]
RUN = ROOT / "runs/reference/played-dermoscopy"
"""A run of before: its bytes stay as they are."""
GOLDEN = Path(__file__).parent / "golden" / "methods.md"


def facts(**changes: Any) -> RunFacts:
    return RunFacts.model_validate(facts_of(load_run(RUN)) | changes)


def written(told: RunFacts, report: dict[str, Any] | None = None) -> str:
    found = json.loads((RUN / "report.json").read_text(encoding="utf-8")) if report is None else report
    return report_body(to_markdown(methods_report(open_bundle(RUN / "frozen").manifest, told, found), ""))


def test_the_methods_of_a_run_of_before_are_as_they_were() -> None:
    assert written(facts()) == GOLDEN.read_text(encoding="utf-8")


def test_every_number_of_the_result_is_the_one_that_the_trace_recorded() -> None:
    opened = facts().opened
    assert opened is not None
    text = written(facts())
    for value in (opened.auc, opened.low, opened.high, opened.baseline_auc):
        assert value is not None
    assert (
        f"AUC on the held-out test set {opened.auc:.3f} (95 % CI {opened.low:.3f} to {opened.high:.3f})"
        in text
    )
    assert f"{opened.permuted_auc:.3f}" in text


def test_rounds_that_a_run_did_not_have_are_not_claimed() -> None:
    """Named fault: the methods of a run that drafted, repaired and ended told of "a few adaptive rounds"."""
    assert facts().rounds > 0
    assert "a few adaptive rounds" in written(facts())
    assert "repairs from findings) without adaptive rounds" in written(facts(rounds=0))


def test_a_forest_that_decides_and_a_companion_are_told() -> None:
    gain = Gain(mean=0.05, low=0.01, high=0.09)
    forest = FrozenEnsemble(
        trees=200, leaf=7, auc=0.8, ridge_auc=0.75, gain=gain, decides=True, why="it leads"
    )
    note = CompanionNote(kind="colour_texture", where="mask")
    companion = FrozenCompanion(note=note, numbers=33, penalty=0.1)
    manifest = open_bundle(RUN / "frozen").manifest.model_copy(
        update={"ensemble": forest, "companion": companion}
    )
    found = json.loads((RUN / "report.json").read_text(encoding="utf-8"))
    text = report_body(to_markdown(methods_report(manifest, facts(), found), ""))
    assert "a random forest fitted (200 trees, at least 7 images in a leaf)" in text
    assert "33 numbers of appearance (colour and texture, inside the mask)" in text
    assert "the result below is that of the criteria features alone" in text


def test_a_run_without_a_held_out_set_does_not_claim_one() -> None:
    opened = Opened.model_validate(facts().opened) if facts().opened else None
    assert opened is not None
    text = written(facts(opened=opened.model_copy(update={"sealed": False}).model_dump()))
    assert "AUC in cross-validation" in text
    assert "AUC on the held-out test set" not in text
    assert "too few patients to hold any out" in text


def test_a_run_that_scored_nothing_has_no_result() -> None:
    assert f"a result is {UNKNOWN}" in written(facts(opened=None))


def test_a_language_model_is_named_with_where_the_words_went() -> None:
    text = written(facts(drafter="openai:qwen3-coder", endpoint="http://localhost:11434/v1"))
    assert "by the language model qwen3-coder (http://localhost:11434/v1)" in text


def test_what_the_author_owes_is_said_to_be_unknown_and_no_row_is_lost() -> None:
    told = json.loads((RUN / "report.json").read_text(encoding="utf-8"))
    rows = [
        row
        for section in told["sections"]
        for block in section["blocks"]
        if block.get("caption") in TABLES
        for row in block["rows"]
    ]
    text = written(facts())
    assert len(re.findall(r"^\| ", text, re.MULTILINE)) == len(rows) + len(TABLES)
    assert text.count(UNKNOWN) > 10
    assert "TO BE WRITTEN" not in text


def test_a_report_without_the_tables_is_said_to_have_none() -> None:
    assert written(facts(), {"sections": []}).count("has no such table") == len(TABLES)


@pytest.mark.parametrize("form", ["", "--json"])
def test_the_command_prints_the_same(form: str) -> None:
    told = CliRunner().invoke(main, ["report", str(RUN), "--methods", *form.split()])
    assert told.exit_code == 0, told.output
    if form:
        assert json.loads(told.stdout)["title"].startswith("Methods of run")
    else:
        assert told.stdout.strip() == written(facts()).strip()


def test_methods_have_one_form() -> None:
    told = CliRunner().invoke(main, ["report", str(RUN), "--methods", "--format", "html"])
    assert told.exit_code == 2
    assert "Markdown alone" in told.output
