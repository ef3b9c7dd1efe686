import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


@pytest.mark.slow
def test_files_that_pydicom_ships_read_as_pydicom_reads_them_or_are_refused() -> None:
    pytest.importorskip("pydicom")
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.conformance", "dicom"], cwd=ROOT, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stdout[-3000:]
    assert " alike" in told.stdout


@pytest.mark.slow
def test_damaged_files_give_a_picture_or_one_sentence() -> None:
    pytest.importorskip("pydicom")
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.fuzz_readers", "dicom", "--n", "400", "--seed", "11"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-3000:]
    assert "DatasetError" in told.stdout
