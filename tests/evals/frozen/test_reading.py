"""A prediction reads masks and volumes as its run did; a bundle from before there was a choice, as before."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scafe.evals.data.formats import ImageFile, pixels_of
from scafe.evals.data.nifti import NiftiFile
from scafe.evals.data.rules.reading import AS_USUAL, Reading
from scafe.evals.frozen.bundle import Bundle, open_bundle
from scafe.evals.frozen.freeze import freeze
from scafe.evals.frozen.predict import Picture, predict
from scafe.evals.frozen.records import Manifest
from scafe.knowledge.contract.errors import DatasetError
from scafe.sandbox.pool.pool import Pool

LABELS = np.zeros((48, 48), np.uint8)
LABELS[8:40, 8:40] = 1
LABELS[16:32, 16:32] = 2


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(workers=1) as open_pool:
        yield open_pool


@pytest.fixture(scope="module")
def bundle(open_toy: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("reading")
    session = open_toy(folder / "bench", n_per_class=40)
    freeze(session, session.refs(), str(folder / "frozen"), {})
    return open_bundle(folder / "frozen")


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    values = np.random.default_rng(0).integers(0, 255, (48, 48, 3)).astype(np.uint8)
    Image.fromarray(values).save(tmp_path / "i.png")
    Image.fromarray(LABELS).save(tmp_path / "m.png")
    return Picture("i.png", ImageFile(tmp_path / "i.png", tmp_path / "m.png"), True)


def test_a_picture_is_loaded_with_the_level_that_is_asked_for(picture: Picture) -> None:
    for label in (1, 2):
        assert np.array_equal(picture.load("none", Reading(label)).mask, LABELS == label)
    with pytest.raises(DatasetError, match="--mask-label"):
        picture.load()


def test_a_prediction_takes_the_level_of_the_bundle_and_a_typed_one_instead(
    bundle: Bundle, pool: Pool, picture: Picture
) -> None:
    with pytest.raises(DatasetError, match="--mask-label"):
        predict(bundle, [picture], pool)
    typed = predict(bundle, [picture], pool, mask_label=2)
    told = replace(bundle, manifest=bundle.manifest.model_copy(update={"mask_label": 2}))
    assert predict(told, [picture], pool) == typed
    assert predict(told, [picture], pool, mask_label=1) != typed


def test_a_new_bundle_names_its_window_and_an_old_one_has_the_old_one(bundle: Bundle) -> None:
    assert bundle.manifest.window == AS_USUAL.window == "mask@2"
    old = bundle.manifest.model_dump(mode="json")
    del old["window"], old["mask_label"]
    assert Manifest.model_validate(old).window == "volume@1"
    assert Manifest.model_validate(old).mask_label is None


def test_a_volume_is_seen_through_the_window_of_the_bundle(tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    values = np.random.default_rng(0).gamma(2, 0.3, (48, 48, 20)).astype(np.float32)
    values[20:25, 20:25, 10] = np.linspace(3, 12, 25).reshape(5, 5)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "v.nii")
    one = Picture("v.nii", pixels_of(tmp_path / "v.nii"))
    assert isinstance(one.pixels, NiftiFile)
    old, new = (one.load("none", Reading(window=window)).image for window in ("volume@1", "mask@2"))
    lesion = np.rot90(values[:, :, 10] >= 3)
    assert len(np.unique(old[lesion])) == 1
    assert len(np.unique(new[lesion])) > 15
