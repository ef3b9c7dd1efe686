"""Rows of ScaFE: their columns carry the sign that pack and measure declare, towards the positive class."""

from pathlib import Path

import numpy as np
import pytest

from scafe.evals.compare.criteria_rows import Sandbox, one_shot_peer
from scafe.evals.data.dataset import Drawn, Row, build_dataset
from scafe.evals.peers.criteria import CriteriaPeer
from scafe.knowledge.criteria.pack import load_pack
from scafe.sandbox.pool.pool import ImageAndMask

TASKS = (
    ("dermoscopy.abcd", ("mel", "nv")),
    ("ultrasound.birads", ("malignant", "benign")),
    ("radiograph.chest", ("bacteria", "virus")),
    ("photo.skin_lesion", ("malignant", "benign")),
)


def one_shot(pack: str, classes: tuple[str, str]) -> CriteriaPeer:
    loaded = load_pack(pack)
    image = Drawn(ImageAndMask(np.zeros((16, 16, 3), np.uint8), np.ones((16, 16), bool)))
    rows = [Row(f"{one}{n}", one, f"{one}{n}", image, True) for one in classes for n in range(5)]
    return one_shot_peer(loaded, build_dataset(rows, "the phantoms", labels=classes), Sandbox(Path()))


@pytest.mark.parametrize(("pack", "classes"), TASKS, ids=[pack for pack, _ in TASKS])
def test_signs_turn_with_the_order_of_the_classes(pack: str, classes: tuple[str, str]) -> None:
    signs = {column.name: column.sign for column in one_shot(pack, classes).columns}
    turned = {column.name: column.sign for column in one_shot(pack, classes[::-1]).columns}
    assert any(signs.values())
    assert turned == {name: -sign for name, sign in signs.items()}


@pytest.mark.parametrize(
    ("pack", "classes", "feature", "sign"),
    [
        ("dermoscopy.abcd", ("mel", "nv"), "asymmetry.shape_asymmetry", 1),  # up, and up in melanoma
        ("dermoscopy.abcd", ("mel", "nv"), "border.edge_width", -1),  # falls as the border grows abrupt
        ("dermoscopy.abcd", ("mel", "nv"), "network.mesh_depth", 0),  # not stated
        ("ultrasound.birads", ("malignant", "benign"), "posterior.back_wall", -1),  # rarer in malignant
        (
            "ultrasound.birads",
            ("malignant", "benign"),
            "surroundings.layering",
            -1,
        ),  # falls, and up there
        ("radiograph.chest", ("bacteria", "virus"), "interstitial.fine_texture", -1),
    ],
)
def test_a_sign_joins_class_direction_and_the_features_own(
    pack: str, classes: tuple[str, str], feature: str, sign: int
) -> None:
    assert {one.name: one.sign for one in one_shot(pack, classes).columns}[feature] == sign


def test_classes_that_the_pack_says_nothing_about_have_no_sign() -> None:
    assert {one.sign for one in one_shot("dermoscopy.abcd", ("mel", "bkl")).columns} == {0}
