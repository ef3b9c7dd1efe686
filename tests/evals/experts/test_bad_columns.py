"""Columns of experts' scores that cannot be used: one sentence with the row and the way out, in a run too."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scafe.evals.disclosure.bench import BenchSpec
from scafe.evals.disclosure.opening import columns_of, open_data
from scafe.evals.experts.rated import open_rated
from scafe.evals.processes.check import main
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.criteria.pack import load_pack

PACK = load_pack("photo.skin_lesion")


def study(folder: Path, column: str, scores: list[str]) -> Path:
    lines = [f"path,label,{column}"]
    for number, score in enumerate(scores):
        pixels = np.random.default_rng(number).integers(0, 255, (32, 32, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        lines.append(f"{number}.png,{PACK.classes[number % 2]},{score}")
    path = folder / "study.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("column", "scores", "told"),
    [
        ("elevation", ["0", "1", "raised"] + ["1"] * 17, r"row 4.*is 'raised'; write numbers"),
        (
            "elevation",
            ["0", "1", "2"] + ["1"] * 17,
            r"row 4.*is 2, but its levels are 0, 1; correct",
        ),
        ("elevation", ["1"] * 20, r"holds 1 alone.*--ignore-columns elevation"),
        ("evolution", ["0", "1"] * 10, r"which no image shows.*--ignore-columns evolution"),
    ],
)
def test_a_run_names_the_row_and_the_way_out(
    tmp_path: Path, column: str, scores: list[str], told: str
) -> None:
    spec = BenchSpec(pack=PACK.id, data=str(study(tmp_path, column, scores)), folder=str(tmp_path / "b"))
    dataset = open_data(spec, PACK)
    with pytest.raises(DatasetError, match=told):
        open_rated(spec.data, PACK, columns_of(spec, PACK), dataset)


def test_the_way_out_is_one(tmp_path: Path) -> None:
    data = str(study(tmp_path, "elevation", ["raised"] * 20))
    spec = BenchSpec(pack=PACK.id, data=data, folder=str(tmp_path / "b"), ignore_columns=("elevation",))
    assert open_rated(spec.data, PACK, columns_of(spec, PACK), open_data(spec, PACK)) is None


def test_raters_who_disagree_by_more_than_chance_are_named_before_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crossed = ["0,1", "1,0"] * 10
    path = study(tmp_path, "elevation@a,elevation@b", crossed)
    assert main(["data", str(path), "--pack", PACK.id, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["experts"] == ["elevation (2)"]
    assert any("raters of elevation agree no better than chance (kappa -1.00)" in w for w in told["warnings"])


def test_rows_of_other_classes_take_no_score_with_them(tmp_path: Path) -> None:
    path = study(tmp_path, "elevation", ["0", "1"] * 10)
    first, *rest = path.read_text().splitlines()
    extra = "0_other.png,scar,1"
    Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(tmp_path / "0_other.png")
    path.write_text("\n".join([first, extra, *rest]) + "\n")
    spec = BenchSpec(pack=PACK.id, data=str(path), labels=PACK.classes, folder=str(tmp_path / "b"))
    rated = open_rated(spec.data, PACK, columns_of(spec, PACK), open_data(spec, PACK))
    assert rated is not None
    assert rated.of("elevation").mean.tolist() == [0.0, 1.0] * 10
