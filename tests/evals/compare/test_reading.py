"""A reading by template is complete, true to what was measured, and follows the declared signs."""

import json
from pathlib import Path

import numpy as np
import pytest

from scafe.agent.peers.question import Question, Shown
from scafe.agent.peers.replies import read_reply
from scafe.evals.compare.reading import NOT_MEASURED, ReadingPeer, reading, write_readings
from scafe.evals.peers.criteria import Column, CriteriaPeer
from scafe.evals.peers.peer import Setting, UnavailableError

COLUMNS = (Column("focal_opacity", "consolidation", 1), Column("heart_over_chest", "heart", 0))
ROWS = np.array([[0.1, 0.5], [0.9, np.nan], [0.5, 0.52]])


def test_every_section_is_there_and_what_was_not_measured_says_so() -> None:
    told = reading(COLUMNS, ROWS, 1, 0.7)
    assert list(told) == ["quality", "airway", "lungs", "mediastinum", "heart", "thorax", "summary"]
    assert told["heart"] == told["quality"] == NOT_MEASURED
    assert told["lungs"] == "focal_opacity is high [focal_opacity=0.9]."
    assert "heart_over_chest" not in told["summary"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_same_judge_that_reads_a_models_reading_finds_it_complete_and_true(place: int) -> None:
    told = reading(COLUMNS, ROWS, place, 0.7)
    values = {
        one.name: "not measured" if np.isnan(value) else f"{value:.3g}"
        for one, value in zip(COLUMNS, ROWS[place], strict=True)
    }
    question = Question(
        id="0" * 32,
        row="r",
        level="features",
        wording="reading",
        classes=("a", "b"),
        image=Shown(features=values),
    )
    line = read_reply(question, json.dumps({"sections": told, "answer": "a", "score": 0.7}))
    assert (line.completeness, line.agreement) == (1, 1)


def test_readings_are_written_without_a_file_name(tmp_path: Path) -> None:
    ours = CriteriaPeer("scafe", "ours", None, COLUMNS)
    write_readings(tmp_path, ["ab" * 32, "cd" * 32, "ef" * 32], ours, ROWS, np.array([0.2, 0.7, 0.5]))
    lines = [json.loads(line) for line in (tmp_path / "readings.jsonl").read_text().splitlines()]
    assert [line["image"] for line in lines] == ["abababababab", "cdcdcdcdcdcd", "efefefefefef"]
    assert len(lines[0]["sections"]) == 7


def test_other_films_than_of_the_chest_have_no_such_sections() -> None:
    with pytest.raises(UnavailableError, match="those of a chest film"):
        ReadingPeer(CriteriaPeer("s", "o", None, COLUMNS)).views(Setting(("a", "b"), False, "ultrasound"))
