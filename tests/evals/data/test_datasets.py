"""Good datasets open to the arrays they hold, from folders and manifests."""

from pathlib import Path

import numpy as np
import pytest
from made_studies import as_bytes, opened, picture, put
from PIL import Image

from scafe.evals.data.dataset import Dataset
from scafe.evals.data.manifest import open_dataset
from scafe.evals.data.pixels import decode_image
from scafe.knowledge.contract.errors import DatasetError, IntegrityError

DATA = Path(__file__).parents[4] / "shared" / "data"


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
    monkeypatch.setattr("scafe.evals.data.decoding.through.KEPT_BYTES", 0)
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
