"""The trial with a small model: few patients, every reply kept, and what was unreadable counted."""

import csv
import json
from pathlib import Path

from benchmarks.small_model.drafting import Draft, drafted
from benchmarks.small_model.trial import LABELS, PER_CLASS, ROWS, Exchange, few, page


def exchange(row: str, failure: str = "") -> Exchange:
    return Exchange(row, "Classes: bacteria, virus.", "- 0.3", failure, None, None, 100, 0)


def test_few_patients_of_each_class_are_taken_once(tmp_path: Path) -> None:
    lines = ["path,label,patient_id"]
    lines += [f"{label}{n}.jpg,{label},{label}{n // 2}" for label in (*LABELS, "normal") for n in range(40)]
    (tmp_path / "manifest.csv").write_text("\n".join(lines))
    with few(tmp_path / "manifest.csv", tmp_path).open() as file:
        rows = list(csv.DictReader(file))
    assert {row["label"] for row in rows} == set(LABELS)
    assert len({row["patient_id"] for row in rows}) == len(rows) == 2 * PER_CLASS
    assert all(Path(row["path"]).is_absolute() for row in rows)


def test_the_page_counts_what_could_not_be_read_and_shows_a_reply_as_it_came() -> None:
    kept = [exchange("llm-features"), exchange("llm-features", "no JSON object")]
    auc = {"value": 0.5, "low": 0.4, "high": 0.6}
    rows = [{"name": name, "points": [] if name == "llm-reading" else [{"auc": auc}]} for name in ROWS]
    drafts = [Draft("draft", "heart", "hello", "no module"), Draft("draft", "heart", "def", "")]
    told = page(rows, kept, drafts)
    assert "| llm-features | 2 | 1 | no JSON object: 1 | 200 | 0 | 0.50 (0.40 to 0.60) |" in told
    assert "| llm-reading | 0 | 0 | – | 0 | 0 | waits for answers |" in told
    assert "```text\n- 0.3\n```" in told
    assert "| draft | 2 | 1 | no module: 1 |" in told


def test_a_run_that_is_there_is_read_and_not_paid_again(tmp_path: Path) -> None:
    run = tmp_path / "20261128T000000Z"
    (run / "replies").mkdir(parents=True)
    (run / "run.json").write_text("{}")
    (run / "replies" / "abc.md").write_text("I can not")
    reply = {"kind": "replied", "operator": "draft", "criterion": "heart", "reply": "abc", "complaint": "no"}
    (run / "events.jsonl").write_text(json.dumps({"kind": "run_started"}) + "\n" + json.dumps(reply) + "\n")
    found = drafted(tmp_path / "no.csv", LABELS, tmp_path, port=1)
    assert found == [Draft("draft", "heart", "I can not", "no")]
