"""Good datasets open to the arrays they hold; bad ones are named in one sentence with the way out."""

import gzip
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scafe.evals.data.dataset import Dataset
from scafe.evals.data.manifest import open_dataset
from scafe.evals.data.pixels import decode_image
from scafe.knowledge.contract.errors import DatasetError, IntegrityError

DATA = Path(__file__).parents[4] / "shared" / "data"


def picture(seed: int = 0, size: tuple[int, int] = (20, 16)) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3))
    return Image.fromarray(values.astype(np.uint8))


def as_bytes(image: Image.Image, kind: str = "PNG", **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A manifest of six patients per class with masks."""
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    lines = ["path,label,mask,patient_id"]
    for index in range(12):
        picture(index).save(tmp_path / "images" / f"{index}.png")
        outline = np.zeros((16, 20), np.uint8)
        outline[4:12, 5:15] = 255
        Image.fromarray(outline).save(tmp_path / "masks" / f"{index}.png")
        lines.append(f"images/{index}.png,{'ab'[index % 2]},masks/{index}.png,p{index}")
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def opened(root: Path) -> Dataset:
    return open_dataset(root / "manifest.csv", ("a", "b"))


def put(root: Path, name: str, data: bytes) -> None:
    (root / name).write_bytes(data)


def row(root: Path, number: int, text: str) -> None:
    lines = (root / "manifest.csv").read_text().splitlines()
    lines[number - 1] = text
    (root / "manifest.csv").write_text("\n".join(lines) + "\n")


def bomb(edge: int = 30_000) -> bytes:
    """Return a PNG of a few bytes that claims edge × edge pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def animated() -> bytes:
    return as_bytes(picture(1).convert("P"), "GIF", save_all=True, append_images=[picture(2).convert("P")])


def pages() -> bytes:
    return as_bytes(picture(), "TIFF", save_all=True, append_images=[picture(1)])


def tiny() -> bytes:
    return as_bytes(picture(size=(3, 20)))


def one_bit(size: tuple[int, int]) -> bytes:
    return as_bytes(Image.new("1", size, 1))


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "a truncated JPEG": (
        lambda r: put(r, "images/4.png", as_bytes(picture(size=(200, 200)), "JPEG")[:3000]),
        r"row 6 \(images/4\.png\).*cut off.*leave it out",
    ),
    "a text that calls itself PNG": (lambda r: put(r, "images/4.png", b"hello"), r"row 6.*not an image"),
    "an empty file": (lambda r: put(r, "images/4.png", b""), r"row 6.*not an image"),
    "a zip bomb": (lambda r: put(r, "images/4.png", bomb()), r"row 6.*million"),
    "an image too large": (lambda r: put(r, "images/4.png", bomb(7_000)), r"row 6.*7000×7000.*resize"),
    "an image too small": (
        lambda r: put(r, "images/4.png", as_bytes(picture(size=(3, 20)))),
        r"row 6.*at least 8",
    ),
    "an animated GIF": (lambda r: put(r, "images/4.png", animated()), r"row 6.*2 frames.*save the one"),
    "a TIFF of several pages": (
        lambda r: put(
            r, "images/4.png", as_bytes(picture(), "TIFF", save_all=True, append_images=[picture(1)])
        ),
        r"row 6.*2 frames",
    ),
    "floating-point pixels": (
        lambda r: put(r, "images/4.png", as_bytes(Image.fromarray(np.ones((16, 20), np.float32)), "TIFF")),
        r"row 6.*floating-point",
    ),
    "a 1-bit mask of another size": (
        lambda r: put(r, "masks/4.png", one_bit((10, 10))),
        r"row 6.*mask 4\.png.*10×10.*20×16",
    ),
    "a mask that marks nothing": (
        lambda r: put(r, "masks/4.png", as_bytes(Image.new("L", (20, 16)))),
        r"row 6.*marks no pixel",
    ),
    "a mask that is missing on disk": (
        lambda r: (r / "masks/4.png").unlink(),
        r"row 6.*mask 4\.png.*no such file",
    ),
    "a mask that only some have": (
        lambda r: row(r, 6, "images/4.png,a,,p4"),
        r"row 6.*no mask while 11.*or none",
    ),
    "an image that is missing": (
        lambda r: (r / "images/4.png").unlink(),
        r"row 6.*no such file.*leave the row out",
    ),
    "a folder in place of an image": (
        lambda r: ((r / "images/4.png").unlink(), (r / "images/4.png").mkdir()),
        r"row 6.*a folder",
    ),
    "a symlink loop": (
        lambda r: ((r / "images/4.png").unlink(), (r / "images/4.png").symlink_to(r / "images/4.png")),
        r"row 6.*(circle|too many)",
    ),
    "a link that leads nowhere": (
        lambda r: ((r / "images/4.png").unlink(), (r / "images/4.png").symlink_to(r / "gone.png")),
        r"row 6.*no such file",
    ),
    "the same path twice": (
        lambda r: row(r, 6, "images/2.png,a,masks/2.png,p4"),
        r"row 6.*same file as in manifest\.csv, row 4",
    ),
    "the same file by another path": (
        lambda r: row(r, 6, "images/../images/2.png,a,masks/2.png,p4"),
        r"row 6.*same file as",
    ),
    "one patient with two labels": (
        lambda r: row(r, 6, "images/4.png,a,masks/4.png,p3"),
        r"row 6.*patient p3 is 'a' here and 'b' in .*row 5|row 6.*patient p3",
    ),
    "an empty label": (lambda r: row(r, 6, "images/4.png,,masks/4.png,p4"), r"row 6.*'label' is empty"),
    "an empty path": (lambda r: row(r, 6, ",a,masks/4.png,p4"), r"row 6.*'path' is empty"),
    "an empty patient": (lambda r: row(r, 6, "images/4.png,a,masks/4.png,"), r"row 6.*'patient_id' is empty"),
    "a row with a cell too many": (
        lambda r: row(r, 6, "images/4.png,a,masks/4.png,p4,x"),
        r"row 6.*cells while the head has 4",
    ),
    "a row with a cell too few": (
        lambda r: row(r, 6, "images/4.png,a"),
        r"row 6.*cells while the head has 4",
    ),
    "a quote that never ends": (lambda r: row(r, 13, '"images/11.png,b,m,p'), r"row 1[23].*not CSV.*quotes"),
    "no label column": (
        lambda r: put(r, "manifest.csv", b"path,mask\nimages/4.png,masks/4.png\n"),
        r"no column 'label'.*columns are",
    ),
    "semicolons in the head alone": (lambda r: row(r, 1, "path;label;mask"), r"row 2.*check separators"),
    "a column twice": (lambda r: row(r, 1, "path,label,label,patient_id"), r"'label' occurs twice"),
    "only a head": (lambda r: put(r, "manifest.csv", b"path,label\n"), r"no rows below its head"),
    "an empty manifest": (lambda r: put(r, "manifest.csv", b""), r"manifest is empty.*names the columns"),
    "another encoding": (
        lambda r: put(r, "manifest.csv", "path,label\nimages/1.png,nævus\n".encode("latin-1")),
        r"row 2.*not UTF-8",
    ),
    "a class with too few patients": (
        lambda r: [row(r, n, f"images/{n - 2}.png,a,masks/{n - 2}.png,p0") for n in (2, 4, 6)],
        r"class 'a' has 4 patients.*at least 5.*--labels",
    ),
    "a null byte in a path": (
        lambda r: row(r, 6, "images/4\0.png,a,masks/4.png,p4"),
        r"row 6.*cannot (exist|be read)",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_dataset_is_named_in_one_sentence(study: Path, name: str) -> None:
    spoil, message = BAD[name]
    spoil(study)
    with pytest.raises(DatasetError, match=message) as caught:
        opened(study)
    assert "\n" not in str(caught.value)


def test_a_missing_path_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="--data"):
        open_dataset(tmp_path / "nothing")


def test_a_label_that_no_image_has_is_answered_with_those_there_are(study: Path) -> None:
    with pytest.raises(DatasetError, match=r"'c'.*a \(6\), b \(6\).*--labels"):
        open_dataset(study / "manifest.csv", ("a", "c"))
    with pytest.raises(DatasetError, match="at least two different classes"):
        open_dataset(study / "manifest.csv", ("a",))


class TestFolders:
    @pytest.fixture
    def folders(self, tmp_path: Path) -> Path:
        for label in ("keloid", "scar with space ü"):
            (tmp_path / label).mkdir()
            for index in range(6):
                picture(index).save(tmp_path / label / f"x {index}ß.png")
        return tmp_path

    def opened(self, root: Path) -> Dataset:
        return open_dataset(root, ("keloid", "scar with space ü"))

    def test_unicode_and_blanks_in_names_are_fine_and_every_image_is_a_patient(self, folders: Path) -> None:
        found = self.opened(folders)
        assert len(found) == 12
        assert len(set(found.patients)) == 12
        assert not found.has_masks

    def test_a_mask_lies_beside_its_image(self, folders: Path) -> None:
        for image in list(folders.glob("*/*.png")):
            Image.new("1", (20, 16), 1).save(image.with_name(f"{image.stem}_mask.png"))
        assert self.opened(folders).has_masks

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda r: (r / "keloid" / "notes.txt").write_text("x"), r"keloid/notes\.txt.*move it elsewhere"),
            (lambda r: (r / "keloid" / "more").mkdir(), r"keloid/more.*flatten"),
            (lambda r: (r / "empty").mkdir(), r"'empty' is empty"),
            (lambda r: picture().save(r / "stray.png"), r"stray\.png.*beside the class folders"),
            (lambda r: picture().save(r / "keloid" / "gone_mask.png"), r"gone_mask\.png.*without its image"),
            (lambda r: (r / "keloid" / "loop.png").symlink_to(r / "keloid" / "loop.png"), r"loop\.png.*link"),
        ],
    )
    def test_nothing_in_a_folder_is_skipped_in_silence(self, folders: Path, spoil, message: str) -> None:
        spoil(folders)
        with pytest.raises(DatasetError, match=message):
            self.opened(folders)

    def test_a_folder_without_classes_says_what_to_make(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match="one folder per class"):
            open_dataset(tmp_path)


class TestPixels:
    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16"])
    def test_every_kind_of_picture_becomes_rgb(self, mode: str) -> None:
        grey = Image.fromarray(np.full((16, 20), 128, np.uint8))
        source = (
            Image.fromarray(np.full((16, 20), 128 * 257, np.uint16)) if mode == "I;16" else grey.convert(mode)
        )
        kind = {"CMYK": "TIFF", "YCbCr": "TIFF"}.get(mode, "PNG")
        found = decode_image(as_bytes(source, kind), "x")
        assert found.shape == (16, 20, 3)
        assert found.dtype == np.uint8
        if mode != "1":
            assert abs(int(found.astype(int).mean()) - 128) <= 3

    def test_transparency_is_laid_over_white(self) -> None:
        clear = Image.new("RGBA", (20, 16), (10, 10, 10, 0))
        assert (decode_image(as_bytes(clear), "x") == 255).all()

    def test_the_orientation_of_a_phone_is_carried_out(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        assert decode_image(as_bytes(picture(), "JPEG", exif=exif), "x").shape == (20, 16, 3)

    def test_a_mask_of_zeros_and_ones_is_a_mask(self, study: Path) -> None:
        put(study, "masks/4.png", as_bytes(Image.fromarray(np.eye(16, 20, dtype=np.uint8))))
        assert opened(study).load(4).mask.sum() == 16


def test_the_hash_of_a_dataset_does_not_depend_on_the_order_of_rows(study: Path) -> None:
    before = opened(study).sha256
    lines = (study / "manifest.csv").read_text().splitlines()
    (study / "manifest.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    assert opened(study).sha256 == before
    put(study, "images/4.png", as_bytes(picture(99)))
    assert opened(study).sha256 != before


def test_a_file_that_changes_after_opening_is_refused(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scafe.evals.data.dataset.KEPT_BYTES", 0)
    found = opened(study)
    put(study, "images/4.png", as_bytes(picture(99)))
    with pytest.raises(IntegrityError, match="row 6"):
        found.load(4)


def test_a_study_can_be_moved_without_changing_who_is_sealed(study: Path, tmp_path_factory) -> None:
    other = tmp_path_factory.mktemp("moved") / "elsewhere"
    lines = [",".join(line.split(",")[:3]) for line in (study / "manifest.csv").read_text().splitlines()]
    (study / "manifest.csv").write_text("\n".join(lines) + "\n")
    before = opened(study)
    study.rename(other)
    assert opened(other).patients == before.patients


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


def test_a_parquet_manifest_is_read_or_says_what_it_needs(study: Path) -> None:
    try:
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError:
        (study / "manifest.parquet").write_bytes(b"PAR1")
        with pytest.raises(DatasetError, match=r"pyarrow.*scafe\[parquet\]"):
            open_dataset(study / "manifest.parquet", ("a", "b"))
        return
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(study / "manifest.csv"), study / "manifest.parquet")
    assert open_dataset(study / "manifest.parquet", ("a", "b")).sha256 == opened(study).sha256


def test_real_images_open() -> None:
    if not DATA.is_dir():
        pytest.skip("no real images at ../shared/data")
    found = open_dataset(DATA / "ham10000" / "manifest.csv", ("mel", "nv"))
    assert (len(found), found.has_masks, found.left_out) == (160, True, 203)
    with pytest.raises(DatasetError, match="7 such patients"):
        open_dataset(DATA / "chest_xray" / "manifest.csv", ("bacteria", "virus"))
