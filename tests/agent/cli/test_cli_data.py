"""`scafe data check` tells the owner of the data what would fool a run."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

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


class TestColumns:
    """Columns under a near name, and gaps spelt out, were dropped in silence: patients on both sides."""

    @pytest.fixture
    def study(self, tmp_path: Path) -> Path:
        rng = np.random.default_rng(0)
        for label, level in (("keloid", 90), ("hypertrophic", 140)):
            for n in range(12):
                picture = np.clip(rng.normal(level, 20, (48, 56, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(picture).save(tmp_path / f"{label}{n}.png")
                outline = np.zeros((48, 56), np.uint8)
                outline[12:30, 12:30] = 255
                Image.fromarray(outline).save(tmp_path / f"{label}{n}_m.png")
        return tmp_path

    def check(
        self, study: Path, mask: str, patient: str, *words: str, gap: str | None = None
    ) -> dict[str, Any]:
        who = [f"{n // 2}" if gap is None or n < 10 else None for n in range(12)]
        rows = [
            f"{label}{n}.png,{label},{label}{n}_m.png,{gap if one is None else f'{label}-{one}'}"
            for label in ("keloid", "hypertrophic")
            for n, one in enumerate(who)
        ]
        (study / "m.csv").write_text("\n".join([f"path,label,{mask},{patient}", *rows]) + "\n")
        told = CliRunner().invoke(
            main,
            ["data", "check", str(study / "m.csv"), "--labels", "keloid,hypertrophic", "--json", *words],
        )
        found: dict[str, Any] = json.loads(told.stdout)
        return found

    @pytest.mark.parametrize(
        ("mask", "patient", "words"),
        [
            ("mask", "patient_id", ()),
            ("Mask", "PatientID", ()),
            ("mask_path", " patientid", ()),
            ("mask", "lesion_id", ("--patient-column", "lesion_id")),
        ],
    )
    def test_what_is_understood_is_used(
        self, study: Path, mask: str, patient: str, words: tuple[str, ...]
    ) -> None:
        found = self.check(study, mask, patient, *words)
        assert [one["patients"] for one in found["classes"]] == [6, 6]
        assert found["has_masks"]

    @pytest.mark.parametrize(("mask", "patient"), [("mask", "lesion_id"), ("maske", "patient_id")])
    def test_what_is_not_understood_is_refused_by_name(self, study: Path, mask: str, patient: str) -> None:
        told = self.check(study, mask, patient)["error"]
        assert (mask if mask != "mask" else patient) in told["message"]
        assert told["exit_code"] == 2

    def test_what_is_passed_over_on_request_is_said(self, study: Path) -> None:
        found = self.check(study, "mask", "site", "--ignore-columns", "site")
        assert found["passed_over"] == ["columns: site"]
        assert [one["patients"] for one in found["classes"]] == [12, 12]

    @pytest.mark.parametrize("gap", ["", "nan", "<NA>"])
    def test_a_gap_among_patients_is_refused_in_every_spelling(self, study: Path, gap: str) -> None:
        told = self.check(study, "mask", "patient_id", gap=gap)["error"]["message"]
        assert "row 12" in told
        assert "'patient_id' is empty" in told
