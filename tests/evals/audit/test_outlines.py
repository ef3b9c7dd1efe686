"""`data check` names inverted masks, masks of the whole frame, and lesions with hardly any grey level."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scafe.evals.audit.audit import audit_dataset
from scafe.evals.audit.outlines import has_few_levels, is_inverted, is_whole_frame
from scafe.evals.data.manifest import open_dataset
from scafe.sandbox.pool.pool import ImageAndMask

SHAPE = (60, 80)
Y, X = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
DISC = (Y - 30) ** 2 + (X - 40) ** 2 < 20**2


def study(root: Path, odd: np.ndarray | None = None, bits: int = 8) -> Path:
    rows = ["path,label,mask"]
    for n in range(12):
        values = (
            np.random.default_rng(n).integers(0, 2**bits, SHAPE).astype(np.uint16 if bits > 8 else np.uint8)
        )
        mask = DISC if odd is None or n != 7 else odd
        Image.fromarray(values).save(root / f"{n}.png")
        Image.fromarray(mask.astype(np.uint8) * (255 if mask.dtype == bool else 1)).save(root / f"{n}m.png")
        rows.append(f"{n}.png,{'ab'[n % 2]},{n}m.png")
    (root / "m.csv").write_text("\n".join(rows) + "\n")
    return root / "m.csv"


def warned(path: Path) -> str:
    return " | ".join(audit_dataset(open_dataset(path, ("a", "b"))).warnings)


def test_a_good_study_has_none_of_these_warnings(tmp_path: Path) -> None:
    said = warned(study(tmp_path))
    assert "inverted" not in said
    assert "whole frame" not in said
    assert "grey levels" not in said


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (~DISC, "inverted"),
        (np.ones(SHAPE, bool), "whole frame"),
        (np.pad(np.ones((59, 80), bool), ((0, 1), (0, 0))), "whole frame"),
    ],
)
def test_an_odd_mask_is_named_with_its_row(tmp_path: Path, odd: np.ndarray, words: str) -> None:
    said = warned(study(tmp_path, odd))
    assert words in said
    assert "row 9 (7.png)" in said


def test_twelve_bits_of_sixteen_leave_sixteen_levels_and_that_is_said(tmp_path: Path) -> None:
    said = warned(study(tmp_path, bits=12))
    assert "fewer than 32 grey levels are left inside the mask" in said
    assert "12 image(s)" in said


@given(st.integers(2, 27), st.integers(-8, 8), st.integers(-12, 12))
def test_a_lesion_inside_its_image_is_not_inverted_and_its_complement_is(
    radius: int, dy: int, dx: int
) -> None:
    disc = (Y - 30 - dy) ** 2 + (X - 40 - dx) ** 2 < radius**2
    assert not is_inverted(disc)
    assert not is_whole_frame(disc)
    wide = np.pad(DISC, 3)
    assert is_inverted(~wide)


@given(st.integers(1, 256))
def test_the_count_is_of_different_values(levels: int) -> None:
    values = np.resize(np.arange(levels, dtype=np.uint8), SHAPE)
    pair = ImageAndMask(np.repeat(values[..., None], 3, axis=2), np.ones(SHAPE, bool))
    assert has_few_levels(pair) is (levels < 32)


def test_the_command_reads_a_label_mask_with_its_option_and_refuses_it_without(tmp_path: Path) -> None:
    labels = DISC.astype(np.uint8)
    labels[25:35, 30:50] = 2
    path = study(tmp_path, labels)
    for n in range(12):
        Image.fromarray(labels).save(tmp_path / f"{n}m.png")
    command = [
        sys.executable,
        "-I",
        "-m",
        "scafe.evals.processes.check",
        "data",
        str(path),
        "--labels",
        "a,b",
        "--json",
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert "--mask-label N" in json.loads(told.stdout)["message"]
    told = subprocess.run([*command, "--mask-label", "2"], capture_output=True, text=True, check=False)
    assert told.returncode in (0, 1)
    assert json.loads(told.stdout)["has_masks"]
