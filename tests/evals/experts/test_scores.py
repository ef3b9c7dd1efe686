"""Columns named after criteria are experts' scores; what cannot be one is a sentence with its row."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scafe.evals.data.manifest import open_dataset
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.evals.experts.scores import read_scores
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.criteria.pack import load_pack

PACK = load_pack("photo.skin_lesion")


def manifest(folder: Path, head: str, *rows: str) -> Path:
    for number in range(len(rows)):
        Image.fromarray(np.full((16, 16, 3), 40 + number, np.uint8)).save(folder / f"{number}.png")
    path = folder / "scored.csv"
    path.write_text("\n".join([f"path,{head}", *(f"{n}.png,{row}" for n, row in enumerate(rows))]) + "\n")
    return path


def test_two_raters_and_an_empty_cell(tmp_path: Path) -> None:
    path = manifest(tmp_path, "Elevation@R1,elevation @ r2,patient_id", "1,0,a", "0,,b", "1,1,c")
    scored = read_scores(path, PACK)
    (one,) = scored.criteria
    assert (one.criterion, one.raters) == ("elevation", ("r1", "r2"))
    assert np.array_equal(one.mean, [0.5, 0.0, 1.0])
    assert scored.patients == ("a", "b", "c")


@pytest.mark.parametrize(
    ("head", "rows", "told"),
    [
        ("elevation", ("flat", "raised"), r"row 2.*'elevation' is 'flat'; write numbers.*0, 1"),
        ("elevation", ("0", "3"), r"row 3.*is 3, but its levels are 0, 1"),
        ("elevation", ("1", "1"), r"holds 1 alone.*--ignore-columns elevation"),
        ("elevation", ("", ""), r"is empty.*--ignore-columns elevation"),
        ("evolution", ("0", "1"), r"'evolution', which no image shows"),
        ("label", ("a", "b"), r"no column is named after a criterion.*asymmetry.*height@r1"),
        ("height", ("0", "1"), r"the column 'height' is not known"),
        ("asymmetry", ("1", "nan"), r"holds 1 alone"),
        ("asymmetry", ("1", "inf"), r"is inf, but its levels"),
    ],
)
def test_what_is_no_score_is_refused(tmp_path: Path, head: str, rows: tuple[str, ...], told: str) -> None:
    with pytest.raises(DatasetError, match=told):
        read_scores(manifest(tmp_path, head, *rows), PACK)


def test_a_folder_holds_no_scores(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="columns of a CSV or Parquet manifest"):
        read_scores(tmp_path, PACK)


def test_a_column_of_scores_is_no_column_that_is_passed_over(tmp_path: Path) -> None:
    path = manifest(tmp_path, "label,elevation@r1", *5 * ("benign,0", "malignant,1"))
    found = open_dataset(path, expected=PACK.classes, columns=ColumnChoice(criteria=PACK.ids))
    assert found.passed_over == ()
