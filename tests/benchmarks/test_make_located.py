"""The frames of the located reference run: few, one a patient, of both classes, the same ones every time."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.make_located import PER_CLASS, few


def test_a_few_frames_one_a_patient_are_chosen_alike_every_time(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "images").mkdir(parents=True)
    rows = ["path,label,patient_id"]
    for number in range(100):
        name = f"images/{number:03d}.png"
        Image.fromarray(np.full((8, 8), number, np.uint8)).save(source / name)
        rows.append(f"{name},{'malignant' if number % 2 else 'benign'},p{number // 4 * 4 + number % 2}")
    (source / "manifest.csv").write_text("\n".join(rows) + "\n")
    first, again = (few(source, tmp_path / folder).read_text() for folder in ("one", "two"))
    assert first == again
    kept = list(csv.DictReader(first.splitlines()))
    assert len({row["patient_id"] for row in kept}) == len(kept) <= 2 * PER_CLASS
    assert {row["label"] for row in kept} == {"benign", "malignant"}
    assert all((tmp_path / "one" / "breast_ultrasound" / row["path"]).is_file() for row in kept)
