"""A dataset's faults are found before anything is measured: copies, shortcuts, too few, too pale."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scafe.evals.audit.audit import audit_dataset
from scafe.evals.data.manifest import open_dataset
from scafe.evals.processes.check import main
from scafe.knowledge.criteria.pack import load_pack

DATA = Path(__file__).parents[4] / "shared" / "data"


def picture(seed: int, shade: int = 120, edge: int = 48) -> np.ndarray:
    coarse = np.random.default_rng(seed).normal(0, 30, (8, 8, 3)) + shade
    return np.kron(coarse, np.ones((edge // 8, edge // 8, 1))).clip(0, 255).astype(np.uint8)


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for number, label in enumerate(("a", "b")):
        (tmp_path / label).mkdir()
        for index in range(8):
            Image.fromarray(picture(100 * number + index)).save(tmp_path / label / f"{index}.png")
    return tmp_path


def audit(root: Path):
    return audit_dataset(open_dataset(root, ("a", "b")))


def test_a_dataset_without_copies_or_shortcuts_has_none(folders: Path) -> None:
    found = audit(folders)
    assert found.duplicates == ()
    assert [(one.label, one.images, one.patients) for one in found.classes] == [("a", 8, 8), ("b", 8, 8)]
    assert (found.width, found.height) == ((48, 48, 48), (48, 48, 48))
    assert found.mode == "blind"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda image: image, "exact"),
        (np.fliplr, "perceptual"),
        (np.rot90, "perceptual"),
        (lambda image: image[::2, ::2], "perceptual"),
        (lambda image: np.clip(image * 1.05, 0, 255).astype(np.uint8), "perceptual"),
    ],
)
def test_a_copy_under_another_patient_and_class_is_found(folders: Path, change, kind: str) -> None:
    Image.fromarray(np.ascontiguousarray(change(picture(3)))).save(folders / "b" / "copy.png")
    found = audit(folders)
    assert [(one.kind, one.across) for one in found.duplicates] == [(kind, ("patient", "class"))]
    assert any("same picture" in warning and "b/copy.png" in warning for warning in found.warnings)


def test_two_images_of_one_patient_may_look_alike(folders: Path) -> None:
    lines = ["path,label,patient_id"] + [f"{c}/{i}.png,{c},{c}{i}" for c in "ab" for i in range(8)]
    Image.fromarray(picture(3)).save(folders / "a" / "again.png")
    (folders / "manifest.csv").write_text("\n".join([*lines, "a/again.png,a,a3"]) + "\n")
    found = audit_dataset(open_dataset(folders / "manifest.csv", ("a", "b")))
    assert [one.across for one in found.duplicates] == [()]
    assert not any("same picture" in warning for warning in found.warnings)


def leak(found, name: str):
    return next(one for one in found.leaks if one.shortcut == name)


def test_a_class_that_comes_in_another_size_is_a_leak(folders: Path) -> None:
    for index in range(8):
        Image.fromarray(picture(index, edge=64)).save(folders / "a" / f"{index}.png")
    found = audit(folders)
    assert leak(found, "size").is_leak
    assert leak(found, "border").auc is not None
    assert any(warning.startswith("size alone") for warning in found.warnings)


def test_a_class_photographed_before_a_darker_wall_is_a_leak(folders: Path) -> None:
    for index in range(8):
        image = picture(index)
        image[:4], image[-4:], image[:, :4], image[:, -4:] = 20, 20, 20, 20
        Image.fromarray(image).save(folders / "a" / f"{index}.png")
    assert leak(audit(folders), "border").is_leak


def test_a_mask_that_gives_the_label_away_is_a_leak(folders: Path) -> None:
    for number, label in enumerate(("a", "b")):
        for index in range(8):
            mask = np.zeros((48, 48), np.uint8)
            mask[10 : 20 + 15 * number + index % 3, 10:30] = 255
            Image.fromarray(mask).save(folders / label / f"{index}_mask.png")
    assert leak(audit(folders), "mask outline").is_leak


def test_skin_tone_is_counted_where_the_pack_has_skin(tmp_path: Path) -> None:
    if not DATA.is_dir():
        pytest.skip("no real images at ../shared/data")
    lines = (DATA / "ham10000" / "manifest.csv").read_text().splitlines()
    few = [line for label in ("mel", "nv") for line in [one for one in lines if f",{label}," in one][:8]]
    cells = [line.split(",") for line in few]
    rows = [
        ",".join([str(DATA / "ham10000" / a), str(DATA / "ham10000" / b), *rest]) for a, b, *rest in cells
    ]
    (tmp_path / "few.csv").write_text("\n".join([lines[0], *rows]) + "\n")
    data = open_dataset(tmp_path / "few.csv", ("mel", "nv"))
    found = audit_dataset(data, load_pack("dermoscopy.abcd"))
    assert sum(sum(tone.patients.values()) for tone in found.tones) == 16
    assert any("brown or dark skin" in warning for warning in found.warnings)
    assert audit_dataset(data).tones == ()


def test_the_command_answers_with_one_document_and_a_code(folders: Path, capsys) -> None:
    assert main(["data", str(folders), "--labels", "a,b", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["mode"] == "blind"
    assert main(["data", str(folders), "--labels", "a,c", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "DatasetError"
    assert main(["data", str(folders), "--labels", "a,b"]) == 1
    assert "warning: " in capsys.readouterr().out
