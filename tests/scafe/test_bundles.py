"""A bundle from Python: its features and cards, predictions here and apart, and the transformer."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import scafe
from scafe.evals.frozen.bundle import PHANTOMS
from scafe.evals.frozen.stored_phantoms import load_phantoms
from scafe.knowledge.contract.errors import DatasetError, InputError, IntegrityError
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.pages import bundle_page
from scafe.sandbox.pool.pool import ImageAndMask

REFERENCE = Path(__file__).parents[2] / "runs" / "reference"
NASTY = '<img src=x onerror="alert(1)"> & <script>'
OTHER_LIBRARIES = "ignore:Other libraries:UserWarning"  # a reference run was frozen with those of its day


@pytest.fixture(scope="module")
def bundle() -> scafe.Bundle:
    return scafe.load_bundle(REFERENCE / "builtin" / "frozen")


@pytest.fixture(scope="module")
def images(bundle: scafe.Bundle) -> list[ImageAndMask]:
    held = bundle.path / PHANTOMS
    return load_phantoms(held.read_bytes(), str(held))[:4]


def test_every_feature_has_its_card_its_source_and_its_citation(bundle: scafe.Bundle) -> None:
    assert sorted(bundle.cards) == sorted(one.column for one in bundle.features)
    for one in bundle.features:
        assert one.meaning in bundle.cards[one.column].replace("\\", "")  # the card escapes Markdown
        assert parse_extractor(bundle.source(one.column)).criterion == one.criterion
        assert one.citation.text
    assert "keloid" in bundle.model_card
    with pytest.raises(InputError, match="has no feature 'nothing'; it has flank_contrast"):
        bundle.source("nothing")


def test_the_zip_is_the_bundle(bundle: scafe.Bundle) -> None:
    zipped = scafe.load_bundle(str(REFERENCE / "builtin" / "frozen.zip"))
    assert zipped.sha256 == bundle.sha256
    assert zipped.cards == bundle.cards
    assert zipped.source("delta_a") == bundle.source("delta_a")


@pytest.mark.filterwarnings(OTHER_LIBRARIES)
def test_a_path_and_the_images_behind_it_are_predicted_alike(
    bundle: scafe.Bundle, images: list[ImageAndMask], tmp_path: Path
) -> None:
    for place, one in enumerate(images):
        cv2.imwrite(str(tmp_path / f"{place}.png"), cv2.cvtColor(one.image, cv2.COLOR_RGB2BGR))
        cv2.imwrite(str(tmp_path / f"{place}_mask.png"), one.mask.astype(np.uint8) * 255)
    apart = bundle.predict(tmp_path)
    here = bundle.predict([(one.image, one.mask) for one in images])
    assert [one.image for one in apart] == [f"{place}.png" for place in range(len(images))]
    assert [one.image for one in here] == [f"image {place}" for place in range(len(images))]
    for one, other in zip(apart, here, strict=True):
        assert one.model_dump(exclude={"image"}) == other.model_dump(exclude={"image"})


def test_the_transformer_gives_the_values_that_were_frozen(
    bundle: scafe.Bundle, images: list[ImageAndMask]
) -> None:
    rows = bundle.transformer().fit_transform(images)
    assert rows.shape == (len(images), len(bundle.features))
    for row, frozen in zip(rows, bundle.manifest.fingerprints, strict=False):
        then = [np.nan if one is None else one for one in (frozen.values[c] for c in bundle.manifest.columns)]
        assert np.allclose(row, then, rtol=1e-3, equal_nan=True)


def test_the_transformer_stands_in_a_pipeline(bundle: scafe.Bundle, images: list[ImageAndMask]) -> None:
    model = make_pipeline(bundle.transformer(), LogisticRegression()).fit(images, [0, 1, 0, 1])
    assert model.predict_proba(images).shape == (len(images), 2)


def test_what_is_no_image_is_named_by_its_place(bundle: scafe.Bundle) -> None:
    with pytest.raises(DatasetError, match=r"X\[0\] is ndarray of shape \(4, 4\)"):
        bundle.predict([np.zeros((4, 4))])
    with pytest.raises(DatasetError, match="give an image, a folder of images, or a CSV"):
        bundle.predict("no/such/images")


def test_what_is_no_bundle_or_was_changed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="not a bundle"):
        scafe.load_bundle(tmp_path)
    folder = shutil.copytree(REFERENCE / "builtin" / "frozen", tmp_path / "frozen")
    (folder / "model_card.md").write_text("all is well")
    with pytest.raises(scafe.ScafeError, match=r"model_card\.md is not what was frozen"):
        scafe.load_bundle(folder)


def test_a_notebook_shows_headline_and_features(bundle: scafe.Bundle) -> None:
    page = bundle._repr_html_()
    score = bundle.manifest.development
    told = f"development score (optimistic): AUC {score.auc:.3f} (95 % {score.low:.3f} to {score.high:.3f})"
    assert told in page
    assert all(f"<td>{one.column}</td>" in page for one in bundle.features)
    assert f"{len(bundle.features)} features of 3 criteria" in repr(bundle)


def test_what_stands_in_a_bundle_cannot_run_in_the_notebook(bundle: scafe.Bundle) -> None:
    feature = bundle.features[0].model_copy(update={"meaning": NASTY, "column": NASTY, "unit": NASTY})
    page = bundle_page(NASTY, bundle.manifest.model_copy(update={"features": (feature,)}), bundle.sha256)
    assert page.count("&lt;script&gt;") == 4
    assert not {"<script", "<img"} & {page[at : at + 7].rstrip(" >") for at in range(len(page))}
