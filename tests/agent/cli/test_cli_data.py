"""`scafe data check` tells the owner of the data what would fool a run."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from scafe.agent.cli.main import main


def scafe(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes of six patients; the first picture of each class is the same."""
    random = np.random.default_rng(0)
    twin = random.integers(0, 255, (48, 48, 3), np.uint8)
    for label in ("pale", "dark"):
        (tmp_path / label).mkdir()
        for number in range(6):
            picture = twin if number == 0 else random.integers(0, 255, (48, 48, 3), np.uint8)
            cv2.imwrite(str(tmp_path / label / f"{number}.png"), picture)
    return tmp_path


def test_what_would_fool_a_run_is_told_and_exits_with_1(photos: Path) -> None:
    told = scafe("data", "check", photos, "--labels", "pale,dark")
    assert told.exit_code == 1
    assert "pale: 6 images of 6 patients" in told.stdout
    assert "exact duplicate" in told.stdout
    assert "warning: " in told.stdout


def test_the_same_is_had_as_one_document(photos: Path) -> None:
    told = scafe("data", "check", photos, "--labels", "pale,dark", "--json")
    found = json.loads(told.stdout)
    assert [(one["label"], one["patients"]) for one in found["classes"]] == [("pale", 6), ("dark", 6)]
    assert found["ok"] is False


def test_data_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    told = scafe("data", "check", tmp_path / "nowhere")
    assert (told.exit_code, told.stdout) == (2, "")
    assert len(told.stderr.splitlines()) == 1


def test_the_rows_of_the_formats_page_that_apply_are_told(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    random = np.random.default_rng(0)
    for number in range(12):
        one = pydicom.dataset.Dataset()
        one.file_meta = pydicom.dataset.FileMetaDataset()
        one.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number + 1}"
        one.PatientID, one.Rows, one.Columns, one.SamplesPerPixel = f"P{number}", 32, 32, 1
        one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 12, 11, 0
        one.PhotometricInterpretation = "MONOCHROME2" if number else "MONOCHROME1"
        one.PixelData = random.integers(0, 4096, (32, 32)).astype("<u2").tobytes()
        if number % 2:
            one.WindowCenter, one.WindowWidth = 2000, 1000
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        one.save_as(tmp_path / "ab"[number % 2] / f"{number}.dcm", enforce_file_format=True)
    told = scafe("data", "check", tmp_path, "--labels", "a,b")
    assert (
        "DICOM, honoured: WindowCenter, WindowWidth (0028,1050–1051) of a grey image in 6 images"
        in told.stdout
    )
    found = json.loads(scafe("data", "check", tmp_path, "--labels", "a,b", "--json").stdout)
    counts = {one["name"]: one["images"] for one in found["formats"]}
    assert counts["PixelData (7FE0,0010)"] == 12
    assert counts["PhotometricInterpretation (0028,0004) = MONOCHROME1 or MONOCHROME2"] == 12
    assert {one["standing"] for one in found["formats"]} <= {"honoured", "irrelevant"}
