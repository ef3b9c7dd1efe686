"""Datasets of DICOM files and NIfTI volumes open, and what cannot be used is named."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from made_studies import opened

from scafe.evals.data.manifest import open_dataset
from scafe.knowledge.contract.errors import DatasetError


class TestDicom:
    def write(self, path: Path, seed: int = 0, **tags: object) -> None:
        pydicom = pytest.importorskip("pydicom")
        meta = pydicom.dataset.FileMetaDataset()
        meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
        meta.MediaStorageSOPInstanceUID = f"1.2.3.{seed + 1}"
        one = pydicom.dataset.Dataset()
        one.file_meta = meta
        one.SOPClassUID, one.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
        one.PatientID, one.PatientName = f"P{seed}", "Doe^Jane"
        one.Rows, one.Columns, one.SamplesPerPixel = 16, 20, 1
        one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 12, 11, 0
        one.PhotometricInterpretation = "MONOCHROME2"
        one.PixelData = np.linspace(0, 4095, 320).astype(np.uint16).tobytes()
        for name, value in tags.items():
            if value is None:
                delattr(one, name)
            else:
                setattr(one, name, value)
        one.save_as(path, enforce_file_format=True)

    @pytest.fixture
    def files(self, tmp_path: Path) -> Path:
        for label, start in (("a", 0), ("b", 10)):
            (tmp_path / label).mkdir()
            for index in range(6):
                self.write(tmp_path / label / f"{index}", start + index)
        return tmp_path

    def test_files_without_a_suffix_open_and_the_header_names_the_patient(self, files: Path) -> None:
        found = open_dataset(files, ("a", "b"))
        assert sorted(found.patients)[:2] == ["P0", "P1"]
        image = found.load(0).image
        assert (image.shape, image.min(), image.max()) == ((16, 20, 3), 0, 255)

    def test_monochrome1_is_turned_over_and_a_window_cuts(self, files: Path) -> None:
        plain = open_dataset(files, ("a", "b")).load(0).image.astype(int)
        self.write(files / "a" / "0", 0, PhotometricInterpretation="MONOCHROME1")
        self.write(files / "a" / "1", 1, WindowCenter=1000, WindowWidth=500)
        found = open_dataset(files, ("a", "b"))
        assert (found.load(0).image.astype(int) == 255 - plain).all()
        windowed = found.load(1).image
        assert (windowed == 255).mean() > 0.6
        assert (windowed == 0).mean() > 0.15

    def test_a_dicom_without_pixels_or_patient_is_named(self, files: Path) -> None:
        self.write(files / "a" / "0", 0, PixelData=None)
        with pytest.raises(DatasetError, match=r"a/0.*no pixels"):
            open_dataset(files, ("a", "b"))
        self.write(files / "a" / "0", 0, PatientID="")
        with pytest.raises(DatasetError, match=r"a/0.*PatientID"):
            open_dataset(files, ("a", "b"))

    def test_several_frames_and_damage_are_named(self, files: Path) -> None:
        self.write(files / "a" / "0", 0, NumberOfFrames=3)
        with pytest.raises(DatasetError, match=r"a/0.*3 frames"):
            open_dataset(files, ("a", "b"))
        self.write(files / "a" / "0", 0, PixelData=b"\0" * 10)
        with pytest.raises(DatasetError, match=r"a/0.*cut off"):
            open_dataset(files, ("a", "b"))


class TestNifti:
    @pytest.fixture
    def volumes(self, tmp_path: Path) -> Path:
        nibabel = pytest.importorskip("nibabel")
        lines = ["path,label,mask"]
        for index in range(12):
            values = np.random.default_rng(index).normal(size=(20, 16, 7)).astype(np.float32)
            marked = np.zeros(values.shape, np.uint8)
            marked[5:10, 5:10, 2], marked[6:8, 6:8, 4] = 1, 1
            nibabel.save(nibabel.Nifti1Image(values, np.diag([2, 2, 5, 1])), tmp_path / f"{index}.nii.gz")
            nibabel.save(nibabel.Nifti1Image(marked, np.diag([2, 2, 5, 1])), tmp_path / f"{index}m.nii.gz")
            lines.append(f"{index}.nii.gz,{'ab'[index % 2]},{index}m.nii.gz")
        (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
        return tmp_path

    def replace(self, root: Path, values: np.ndarray) -> None:
        nibabel = pytest.importorskip("nibabel")
        nibabel.save(nibabel.Nifti1Image(values, np.diag([2, 2, 5, 1])), root / "4.nii.gz")

    def test_the_slice_with_the_largest_outline_is_taken(self, volumes: Path) -> None:
        pair = opened(volumes).load(0)
        assert pair.image.shape == (16, 20, 3)
        assert pair.mask.sum() == 25

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            (np.full((20, 16, 7), np.nan, np.float32), r"row 6.*not numbers"),
            (np.zeros((20, 16, 7, 3), np.float32), r"row 6.*holds 3 volumes"),
            (np.zeros((20, 16, 9), np.float32), r"row 6.*20×16×7 voxels.*not its image.*20×16×9"),
        ],
    )
    def test_a_volume_that_cannot_be_used_is_named(
        self, volumes: Path, values: np.ndarray, message: str
    ) -> None:
        self.replace(volumes, values)
        with pytest.raises(DatasetError, match=message):
            opened(volumes)

    def test_a_damaged_volume_is_named(self, volumes: Path) -> None:
        (volumes / "4.nii.gz").write_bytes(gzip.compress(b"nothing"))
        with pytest.raises(DatasetError, match=r"row 6.*not NIfTI"):
            opened(volumes)

    def test_two_sequences_are_two_channels(self, volumes: Path) -> None:
        lines = ["path_T2,path_FLAIR,label"]
        for index in range(0, 24, 2):
            source = (volumes / f"{index // 2}.nii.gz").read_bytes()
            (volumes / f"f{index}.nii.gz").write_bytes(source)
            lines.append(f"{index // 2}.nii.gz,f{index}.nii.gz,{'ab'[(index // 2) % 2]}")
        (volumes / "two.csv").write_text("\n".join(lines) + "\n")
        found = open_dataset(volumes / "two.csv", ("a", "b"), channels=("T2", "FLAIR"))
        assert found.load(0).image.shape == (16, 20, 2)
