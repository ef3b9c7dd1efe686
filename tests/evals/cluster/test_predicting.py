"""Predictions of a cluster are those of one machine."""

from pathlib import Path

import cv2
import pytest

from scafe.evals.processes import elsewhere
from scafe.evals.processes.bundle import main
from scafe.knowledge.phantoms import draw_cohort, load_phantom

BUNDLE = Path(__file__).parents[3] / "runs/reference/builtin/frozen"


@pytest.mark.slow
def test_workers_predict_what_one_machine_predicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "ORDER", 3)
    for number, one in enumerate(draw_cohort(load_phantom("scar"), 3, 4, "plain", 128)):
        cv2.imwrite(str(tmp_path / f"{number}.png"), one.phantom.image[:, :, ::-1])
        cv2.imwrite(str(tmp_path / f"{number}_mask.png"), one.phantom.mask.astype("u1") * 255)
    words = ["predict", str(BUNDLE), "--data", str(tmp_path), "--json"]
    assert main(words) == 0
    near = capsys.readouterr().out
    assert main([*words, "--cluster", "local:2"]) == 0
    assert capsys.readouterr().out == near
    assert near.count("\n") == 9
