"""A folder of images means the same to a run and to a prediction: masks, hidden files, pipes, odd names."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scafe.evals.data.dataset import Dataset
from scafe.evals.data.folders import paired
from scafe.evals.data.manifest import open_dataset
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.evals.frozen.predict import find_pictures, look_for
from scafe.knowledge.contract.errors import DatasetError

APPLE_DOUBLE = b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(200)


def picture(path: Path, seed: int = 0) -> None:
    values = np.random.default_rng(seed).integers(0, 255, (16, 20, 3), dtype=np.uint8)
    Image.fromarray(values).save(path)


def outline(path: Path) -> None:
    marked = np.zeros((16, 20), np.uint8)
    marked[4:9, 5:15] = 255
    Image.fromarray(marked).save(path)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    for label, start in (("a", 0), ("b", 10)):
        (tmp_path / label).mkdir()
        for index in range(6):
            picture(tmp_path / label / f"{index}.png", start + index)
    return tmp_path


def opened(root: Path, columns: ColumnChoice | None = None) -> Dataset:
    return open_dataset(root, ("a", "b"), columns=columns)


class TestMasks:
    @pytest.mark.parametrize(
        "name",
        [
            *("{}_mask.png", "{}_mask.tif", "{}_MASK.PNG", "{}-mask.png", "{}.mask.png", "{} mask.bmp"),
            *("{}_seg.png", "{}_segmentation.png", "{}_label.png", "{}_GT.png", "{}_ground_truth.png"),
            *("{}_mask_1.png", "mask_{}.png", "{}_lesion.png", "{}_roi.png", "{}_masks.gif"),
        ],
    )
    def test_a_mask_under_a_usual_name_is_the_mask_in_a_run_and_in_a_prediction(
        self, study: Path, name: str
    ) -> None:
        for image in [*study.glob("*/*.png")]:
            outline(image.with_name(name.format(image.stem)))
        found = opened(study)
        assert (len(found), found.has_masks) == (12, True)
        assert [int(found.load(n).mask.sum()) for n in range(12)] == [50] * 12
        pictures = find_pictures(study)
        assert len(pictures) == 12
        assert [int(one.load().mask.sum()) for one in pictures] == [50] * 12

    @pytest.mark.parametrize(
        ("names", "told"),
        [
            (["gone_seg.png"], "a mask without its image gone"),
            (["0_mask.png", "0_seg.png"], "another mask"),
            (["0_mask_1.png", "0_mask_2.png"], "another mask"),
            (["0.bmp", "0_mask.png"], "two images are called 0"),
            (["mask.png"], "a mask without its image"),
            (["mask_7.png"], "a mask without its image 7"),
        ],
    )
    def test_a_mask_that_fits_no_image_is_refused_by_both(
        self, study: Path, names: list[str], told: str
    ) -> None:
        for name in names:
            outline(study / "a" / name)
        for look in (opened, find_pictures):
            with pytest.raises(DatasetError, match=told):
                look(study)

    @pytest.mark.parametrize(
        "name", ["slide_roi_3.png", "left lesion.png", "unmask.png", "masked.png", "seg1.png"]
    )
    def test_a_picture_whose_name_only_resembles_a_mask_stays_a_picture(self, study: Path, name: str) -> None:
        picture(study / "a" / name, 99)
        assert len(opened(study)) == len(find_pictures(study)) == 13

    def test_a_mask_is_found_though_its_name_was_composed_otherwise(self) -> None:
        image, mask = Path("Mu\u0308ller.png"), Path("M\u00fcller_mask.png")
        (found,) = paired([image, mask], "a")
        assert (found.image, found.mask) == (image, mask)

    @pytest.mark.parametrize("name", ["masks", "Segmentations", "labels", "ground_truth"])
    def test_a_folder_of_masks_is_no_class(self, study: Path, name: str) -> None:
        (study / name).mkdir()
        outline(study / name / "0.png")
        with pytest.raises(DatasetError, match="a folder of masks, not a class"):
            opened(study)

    def test_one_file_is_predicted_with_the_mask_beside_it(self, study: Path) -> None:
        outline(study / "a" / "0_seg.png")
        (found,) = find_pictures(study / "a" / "0.png")
        assert found.has_mask
        with pytest.raises(DatasetError, match="by its name a mask"):
            find_pictures(study / "a" / "0_seg.png")


class TestPassedOver:
    @pytest.mark.parametrize(
        "name",
        ["._0.png", ".DS_Store", "Thumbs.db", "THUMBS.DB", "desktop.ini", ".0.png", "~$list.png", "Icon\r"],
    )
    def test_what_file_managers_leave_is_passed_over_and_counted_by_both(
        self, study: Path, name: str
    ) -> None:
        (study / "a" / name).write_bytes(APPLE_DOUBLE)
        found, pictures = opened(study), look_for(study)
        assert len(found) == len(pictures.pictures) == 12
        assert [one.load() for one in pictures.pictures]
        assert found.passed_over == pictures.passed_over
        assert found.passed_over[0].startswith("1 hidden")

    def test_a_hidden_folder_is_not_entered(self, study: Path) -> None:
        for name in ("__MACOSX", ".git"):
            (study / name / "a").mkdir(parents=True)
            picture(study / name / "a" / "0.png")
        assert len(opened(study)) == len(find_pictures(study)) == 12

    def test_a_file_that_is_no_image_is_named_by_both(self, study: Path) -> None:
        (study / "README.txt").write_text("x")
        for found in (opened(study), look_for(study)):
            assert found.passed_over == ("not images: README.txt",)


class TestNeverHangs:
    @pytest.mark.parametrize(
        ("make", "told"),
        [
            (lambda r: os.mkfifo(r / "a" / "pipe.png"), "a pipe, socket or device"),
            (lambda r: os.mkfifo(r / "a" / "pipe"), "a pipe, socket or device"),
            (lambda r: (r / "a" / "zero.png").symlink_to("/dev/zero"), "a pipe, socket or device"),
            (lambda r: (r / "a" / "x.png").symlink_to(r / "a" / "x.png"), "a link that leads nowhere"),
            (lambda r: (r / "a" / "up").symlink_to(r), "a folder inside a class folder|leads back"),
        ],
    )
    def test_pipes_devices_and_circles_are_refused_unopened(
        self, study: Path, make: Callable[[Path], None], told: str
    ) -> None:
        make(study)
        for look in (opened, find_pictures):
            with pytest.raises(DatasetError, match=told):
                look(study)

    @pytest.mark.parametrize("column", ["path", "mask"])
    def test_a_manifest_that_names_a_pipe_is_refused(self, study: Path, column: str) -> None:
        os.mkfifo(study / "pipe.png")
        row = {"path": "pipe.png,,a", "mask": "a/0.png,pipe.png,a"}[column]
        (study / "m.csv").write_text(f"path,mask,label\n{row}\n")
        for look in (opened, find_pictures):
            with pytest.raises(DatasetError, match="a pipe, socket or device"):
                look(study / "m.csv")


class TestNamesThatAreNotUtf8:
    def rename(self, study: Path, name: bytes) -> None:
        os.rename(study / "a" / "0.png", os.fsencode(study / "a") + b"/" + name)

    def test_the_byte_is_shown_and_everything_is_printable(self, study: Path) -> None:
        self.rename(study, b"M\xfcller.png")
        found = opened(study)
        assert "a/M\\xfcller.png" in found.patients
        assert "\n".join(found.patients + tuple(one.where for one in found.items)).encode()
        assert len(found.sha256) == 64
        assert "a/M\\xfcller.png" in [one.name for one in find_pictures(study)]

    def test_two_names_stay_two_patients(self, study: Path) -> None:
        self.rename(study, b"M\xfcller.png")
        picture(study / "a" / "more.png", 50)
        os.rename(study / "a" / "more.png", os.fsencode(study / "a") + b"/M\xf6ller.png")
        assert len(set(opened(study).patients)) == 13

    def test_a_class_folder_works_too(self, study: Path) -> None:
        os.rename(study / "a", os.fsencode(study) + b"/ch\xe9lo\xefde")
        assert open_dataset(study, ("ch\\xe9lo\\xefde", "b")).labels.count("ch\\xe9lo\\xefde") == 6

    def test_a_mask_is_found(self, study: Path) -> None:
        for image in study.glob("*/*.png"):
            outline(image.with_name(f"{image.stem}_mask.png"))
        self.rename(study, b"\xff.png")
        os.rename(study / "a" / "0_mask.png", os.fsencode(study / "a") + b"/\xff_mask.png")
        assert opened(study).has_masks

    def test_a_file_that_cannot_be_read_is_one_printable_sentence(self, study: Path) -> None:
        self.rename(study, b"\xff\x1b[2J.png")
        Path(os.fsdecode(os.fsencode(study / "a") + b"/\xff\x1b[2J.png")).write_bytes(b"no image")
        with pytest.raises(DatasetError, match=r"a/\\xff⟨U\+001B⟩\[2J\.png") as caught:
            opened(study)
        assert str(caught.value).isprintable()


class TestPatients:
    def manifest(self, study: Path, patients: list[str], head: str = "patient_id") -> Path:
        files = [f"{label}/{n}.png,{label}" for label in "ab" for n in range(6)]
        rows = [f'{file},"{one}"' for file, one in zip(files, patients, strict=True)]
        (study / "m.csv").write_text("\n".join([f"path,label,{head}", *rows]) + "\n")
        return study / "m.csv"

    @pytest.mark.parametrize("missing", ["", "nan", "NaN", "NA", "None", "<NA>", "-", "#N/A"])
    def test_one_missing_patient_is_an_error_and_none_at_all_is_none(self, study: Path, missing: str) -> None:
        path = self.manifest(study, [*(f"P{n}" for n in range(11)), missing])
        with pytest.raises(DatasetError, match=r"row 13 \(b/5\.png\): 'patient_id' is empty"):
            opened(path)
        assert len(set(opened(self.manifest(study, [missing] * 12)).patients)) == 12

    @pytest.mark.parametrize("head", ["patient_id", "PatientID", "patientid", " patient_id", "Subject ID"])
    def test_two_images_of_a_patient_are_one_patient_under_every_name(self, study: Path, head: str) -> None:
        found = opened(self.manifest(study, ["1", "1", *map(str, range(2, 12))], head))
        assert len(set(found.patients)) == 11

    def test_a_lesion_is_no_patient_unless_a_person_says_so(self, study: Path) -> None:
        path = self.manifest(study, ["1", "1", *map(str, range(2, 12))], "lesion_id")
        with pytest.raises(DatasetError, match="lesion_id"):
            opened(path)
        assert len(set(opened(path, ColumnChoice(patient="lesion_id")).patients)) == 11
        assert len(set(opened(path, ColumnChoice(("lesion_id",))).patients)) == 12

    @pytest.mark.parametrize(
        ("one", "other", "told"),
        [("7", "007", "'007' here and '7'"), ("1.23E+11", "P2", "a spreadsheet shortened")],
    )
    def test_patients_that_a_spreadsheet_made_alike_are_refused(
        self, study: Path, one: str, other: str, told: str
    ) -> None:
        with pytest.raises(DatasetError, match=told):
            opened(self.manifest(study, [one, other, *(f"P{n}" for n in range(3, 13))]))

    def test_seven_and_seven_point_zero_are_one_patient(self, study: Path) -> None:
        found = opened(self.manifest(study, ["7", "7.0", *(f"P{n}" for n in range(3, 13))]))
        assert found.patients[:2] == ("7", "7")

    def test_one_label_in_two_spellings_is_refused(self, study: Path) -> None:
        rows = [f"a/{n}.png,{label}" for n, label in enumerate(["a", "a", "A", "a", "a", "a"])]
        (study / "m.csv").write_text("\n".join(["path,label", *rows]) + "\n")
        with pytest.raises(DatasetError, match=r"row 4.*'A' here and 'a'"):
            opened(study / "m.csv")

    @pytest.mark.parametrize("name", ["a\\0.png", "a/0.png "])
    def test_a_path_from_windows_is_told_its_slashes(self, study: Path, name: str) -> None:
        (study / "m.csv").write_text(f"path,label\n{name},a\n")
        if "\\" in name:
            with pytest.raises(DatasetError, match=r"write / instead of \\"):
                opened(study / "m.csv")
        else:
            assert len(find_pictures(study / "m.csv")) == 1


def test_a_prediction_reads_the_table_that_a_run_reads(study: Path) -> None:
    for image in [*study.glob("*/*.png")]:
        outline(image.with_name(f"{image.stem}_mask.png"))
    rows = [f"{label}/{n}.png;{label};{label}/{n}_mask.png;{label}{n}" for label in "ab" for n in range(6)]
    text = "\n".join(["Image Path;dx;Mask;PatientID", *rows])
    (study / "m.csv").write_bytes(text.encode("utf-16"))
    assert len(opened(study / "m.csv")) == len(find_pictures(study / "m.csv")) == 12
    assert all(one.has_mask for one in find_pictures(study / "m.csv"))
    (study / "m.csv").write_text(text.replace("Mask", "Maske"))
    for look in (opened, find_pictures):
        with pytest.raises(DatasetError, match=r"'Maske' is not known; did you mean 'mask'"):
            look(study / "m.csv")
