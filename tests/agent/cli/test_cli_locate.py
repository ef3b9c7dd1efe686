"""`scafe locate`: masks to look over and correct, which come back through the manifest."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from scafe.agent.cli.main import main
from scafe.evals.data.manifest import open_dataset
from scafe.knowledge.phantoms import load_phantom

CLASSES = ("keloid", "hypertrophic")
PACK = "scar.keloid_vs_hypertrophic"
SIZE = 96


def scafe(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def located(folder: Path, out: Path, *words: str | Path) -> dict:
    told = scafe("locate", folder, "--pack", PACK, "--out", out, "--json", *words)
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five scars of each class; the first of each has a mask."""
    root, phantom = tmp_path_factory.mktemp("photos"), load_phantom("scar")
    for label in CLASSES:
        (root / label).mkdir()
        for number in range(5):
            one = phantom.draw(number + 50 * (label == "keloid"), label, size=SIZE)
            cv2.imwrite(str(root / label / f"{number}.png"), one.image[..., ::-1])
            if number == 0:
                cv2.imwrite(str(root / label / "0_mask.png"), one.mask.astype(np.uint8) * 255)
    return root


@pytest.fixture(scope="module")
def out(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "outlines"
    located(photos, folder)
    return folder


def test_writes_a_mask_of_the_images_size_for_every_image_without_one(photos: Path, out: Path) -> None:
    masks = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted((out / "masks").glob("*.png"))]
    assert len(masks) == 8
    assert all(mask.shape == (SIZE, SIZE) and set(np.unique(mask)) <= {0, 255} for mask in masks)


def test_masks_of_the_data_are_left_as_they_are(photos: Path, out: Path) -> None:
    given = [row for row in rows(out / "manifest.csv") if row["mask"].endswith("_mask.png")]
    assert len(given) == 2
    assert all((out / row["mask"]).resolve().parent.name in CLASSES for row in given)


def test_a_corrected_mask_comes_back_through_the_manifest(out: Path) -> None:
    row = next(row for row in rows(out / "manifest.csv") if row["mask"].startswith("masks/"))
    corrected = np.zeros((SIZE, SIZE), np.uint8)
    corrected[10:30, 20:50] = 255
    before = (out / row["mask"]).read_bytes()
    cv2.imwrite(str(out / row["mask"]), corrected)
    try:
        found = open_dataset(out / "manifest.csv", CLASSES)
        assert found.has_masks
        masks = [found.load(index).mask for index in range(len(found))]
        assert any(np.array_equal(mask, corrected > 0) for mask in masks)
    finally:
        (out / row["mask"]).write_bytes(before)


def test_the_least_certain_stand_first_in_table_and_answer(photos: Path, tmp_path: Path) -> None:
    told = located(photos, tmp_path / "again")
    sure = [float(row["confidence"]) for row in rows(tmp_path / "again" / "uncertain.csv")]
    assert sure == sorted(sure)
    assert told["least_certain"][0]["confidence"] == sure[0]
    assert told["masks"]["given"] == 2
    assert told["warning"] == ""


def test_a_sheet_shows_every_image(out: Path) -> None:
    sheet = cv2.imread(str(out / "sheet_01.png"))
    assert sheet.shape[1] > 6 * 200
    assert sheet.shape[0] > 2 * 200


def test_a_locator_of_ones_own_is_used_and_told_where_it_cannot_be_right(
    photos: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text('LOCATOR = "scar"\n\n\ndef locate(image):\n    return image[:, :, 0] > 255, 0.0\n')
    told = located(photos, tmp_path / "out", "--locator", mine)
    assert told["masks"]["empty"] == 8
    assert "finds no scar" in told["warning"]
    assert {row["mask"] for row in rows(tmp_path / "out" / "manifest.csv") if "_mask" not in row["mask"]} == {
        ""
    }


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('LOCATOR = "mass"\n\n\ndef locate(image):\n    return None\n', "the region of pack scar.keloid_vs"),
        ("import os\n", "needs LOCATOR"),
        ('import os\nLOCATOR = "scar"\n\n\ndef locate(image):\n    return None\n', "not an allowed module"),
    ],
)
def test_what_is_no_locator_of_this_region_is_one_sentence(
    photos: Path, tmp_path: Path, source: str, told: str
) -> None:
    (tmp_path / "mine.py").write_text(source)
    met = scafe(
        "locate", photos, "--pack", PACK, "--locator", tmp_path / "mine.py", "--out", tmp_path / "out"
    )
    assert met.exit_code == 2
    assert told in met.stderr


def test_a_folder_that_holds_something_is_not_written_into(photos: Path, out: Path) -> None:
    met = scafe("locate", photos, "--pack", PACK, "--out", out)
    assert met.exit_code == 2
    assert "masks that were corrected there would be lost" in met.stderr


def test_a_pack_without_a_region_is_told(photos: Path, tmp_path: Path) -> None:
    met = scafe("locate", photos, "--pack", "histology.crc_tissue", "--out", tmp_path / "out")
    assert met.exit_code == 2
    assert "names no `region`" in met.stderr


def test_help_teaches_the_way_of_a_corrected_mask() -> None:
    told = scafe("locate", "--help").stdout
    assert "masks that are given always win" in " ".join(told.split())
    assert "scafe run ultrasound.birads --data outlines/manifest.csv" in told


def test_data_with_some_masks_can_be_checked_before_a_run(photos: Path) -> None:
    told = scafe("data", "check", photos, "--pack", PACK, "--labels", ",".join(CLASSES), "--json")
    assert told.exit_code in (0, 1), told.output
    assert "given for 2 of 10" in json.loads(told.stdout)["masks"]


WIDTH_IN_PIXELS = '''
"""The width of the mask in pixels: it follows the scale."""

CRITERION = "orientation"
FEATURES = {
    "width": {"unit": "pixels", "range": [0, 700], "direction": "down", "meaning": "width of the mask"},
}


def extract(image, mask):
    return {"width": float(mask.any(axis=0).sum())}
'''


def test_probe_speaks_of_the_packs_region_not_of_a_lesion(tmp_path: Path) -> None:
    """Named fault: a finding on ultrasound told of "the lesion's own axes"."""
    (tmp_path / "width.py").write_text(WIDTH_IN_PIXELS)
    told = scafe("probe", tmp_path / "width.py", "--pack", "ultrasound.birads")
    assert told.exit_code == 1
    assert "the mass' own axes" in " ".join(told.stdout.split())
    assert "lesion" not in told.stdout


def test_probe_judges_a_locator_by_its_head(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        'LOCATOR = "mass"\n\n\ndef locate(image):\n    return image[:, :, 0] >= 0, 1.0\n'
    )
    told = scafe("probe", tmp_path / "mine.py", "--pack", "ultrasound.birads")
    assert told.exit_code == 1
    assert told.stdout.startswith("mass: rejected")
    assert "covers 100% of the frame" in told.stdout
