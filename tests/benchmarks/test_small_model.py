"""The trial with a small model: few patients, every reply kept, and what was unreadable counted."""

import csv
from pathlib import Path

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
    told = page(rows, kept)
    assert "| llm-features | 2 | 1 | no JSON object: 1 | 200 | 0 | 0.50 (0.40 to 0.60) |" in told
    assert "| llm-reading | 0 | 0 | – | 0 | 0 | waits for answers |" in told
    assert "```text\n- 0.3\n```" in told
