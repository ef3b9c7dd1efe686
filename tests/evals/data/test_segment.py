"""Drawn masks: where the lesion is on phantoms, what must not matter, and what is refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scafe.evals.data.manifest import open_dataset
from scafe.evals.data.segment import segment
from scafe.evals.frozen.predict import find_pictures
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.phantoms import load_phantom

DATA = Path(__file__).parents[4] / "shared" / "data" / "ham10000"


def overlap(one: NDArray[np.bool_] | None, other: NDArray[np.bool_]) -> float:
    """Intersection over union; 0 if nothing was found."""
    return 0.0 if one is None else float((one & other).sum() / (one | other).sum())


def blob(radius: float = 30, shift: tuple[int, int] = (0, 0), red: int = 120) -> NDArray[np.uint8]:
    """A dark disc on skin with a little noise."""
    rows, columns = np.mgrid[:160, :200]
    inside = (rows - 80 - shift[0]) ** 2 + (columns - 100 - shift[1]) ** 2 < radius**2
    image = np.where(inside[..., None], (red, 60, 50), (205, 170, 150)).astype(float)
    noise = np.random.default_rng(0).normal(0, 4, image.shape)
    return np.asarray((image + noise).clip(0, 255), np.uint8)


class TestOnPhantoms:
    @pytest.mark.parametrize(("kind", "least"), [("scar", 0.8), ("dermoscopy", 0.7)])
    def test_half_of_the_outlines_agree_with_the_truth(self, kind: str, least: float) -> None:
        phantom = load_phantom(kind)
        drawn = [phantom.draw(seed, phantom.classes[seed % 2], "plain", 128) for seed in range(16)]
        assert np.median([overlap(segment(one.image), one.mask) for one in drawn]) > least


class TestRelations:
    @settings(max_examples=20, deadline=None)
    @given(st.floats(20, 55), st.integers(-20, 20), st.integers(-30, 30))
    def test_a_disc_is_found_wherever_it_is(self, radius: float, down: int, right: int) -> None:
        rows, columns = np.mgrid[:160, :200]
        truth = (rows - 80 - down) ** 2 + (columns - 100 - right) ** 2 < radius**2
        assert overlap(segment(blob(radius, (down, right))), truth) > 0.8

    @pytest.mark.parametrize("turns", [1, 2, 3])
    def test_a_turned_image_has_the_turned_mask(self, turns: int) -> None:
        image = blob(shift=(10, -15))
        upright, turned = segment(image), segment(np.ascontiguousarray(np.rot90(image, turns)))
        assert upright is not None
        assert overlap(turned, np.rot90(upright, turns)) > 0.97

    def test_brighter_light_moves_the_outline_little(self) -> None:
        plain, brighter = segment(blob()), segment((blob() * 1.15).clip(0, 255).astype(np.uint8))
        assert brighter is not None
        assert overlap(plain, brighter) > 0.95

    def test_the_frame_of_a_dermatoscope_is_not_the_lesion(self) -> None:
        image = blob()
        rows, columns = np.mgrid[:160, :200]
        image[(rows - 80) ** 2 + (columns - 100) ** 2 > 98**2] = 5
        plain = segment(blob())
        assert plain is not None
        assert overlap(segment(image), plain) > 0.9

    def test_of_two_lesions_the_one_in_the_middle_is_taken(self) -> None:
        image = blob(25)
        image[5:45, 5:45] = (120, 60, 50)
        plain = segment(blob(25))
        assert plain is not None
        assert overlap(segment(image), plain) > 0.9

    def test_one_channel_is_enough(self) -> None:
        grey = cv2.cvtColor(blob(), cv2.COLOR_RGB2GRAY)[..., None]
        plain = segment(blob())
        assert plain is not None
        assert overlap(segment(grey), plain) > 0.9

    def test_the_same_image_has_the_same_mask(self) -> None:
        one, other = segment(blob()), segment(blob())
        assert one is not None
        assert np.array_equal(one, other)  # type: ignore[arg-type]


class TestRefusals:
    @pytest.mark.parametrize("level", [0, 128, 255])
    def test_where_nothing_stands_out_nothing_is_found(self, level: int) -> None:
        assert segment(np.full((60, 60, 3), level, np.uint8)) is None

    def test_one_pixel_is_no_lesion(self) -> None:
        assert segment(np.full((1, 1, 3), 9, np.uint8)) is None

    def test_a_row_without_a_lesion_is_named_with_the_way_out(self, tmp_path: Path) -> None:
        study(tmp_path)
        cv2.imwrite(str(tmp_path / "b" / "3.png"), np.full((60, 60, 3), 200, np.uint8))
        with pytest.raises(DatasetError, match=r"3\.png.*--segment otsu found no lesion.*leave it out"):
            open_dataset(tmp_path, ("a", "b"), segment="otsu")


def study(root: Path, masks: bool = False) -> Path:
    """A folder per class with six discs each."""
    for label, radius in (("a", 20), ("b", 40)):
        (root / label).mkdir(parents=True)
        for number in range(6):
            image = blob(radius, (number, -number), 110 + number)
            cv2.imwrite(str(root / label / f"{number}.png"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
            if masks:
                cv2.imwrite(str(root / label / f"{number}_mask.png"), np.full(image.shape[:2], 255, np.uint8))
    return root


class TestInADataset:
    def test_masks_are_drawn_where_none_is_given_and_the_hash_says_so(self, tmp_path: Path) -> None:
        whole = open_dataset(study(tmp_path / "whole"), ("a", "b"))
        drawn = open_dataset(study(tmp_path / "drawn"), ("a", "b"), segment="otsu")
        assert (whole.segmented, drawn.segmented) == ("none", "otsu")
        assert whole.load(0).mask.all()
        assert 0 < drawn.load(0).mask.mean() < drawn.load(11).mask.mean() < 1
        assert whole.sha256 != drawn.sha256

    def test_given_masks_are_taken_as_they_are(self, tmp_path: Path) -> None:
        found = open_dataset(study(tmp_path, masks=True), ("a", "b"), segment="otsu")
        assert found.segmented == "none"
        assert found.load(0).mask.all()

    def test_a_prediction_draws_the_mask_that_its_run_would_have_drawn(self, tmp_path: Path) -> None:
        drawn = open_dataset(study(tmp_path), ("a", "b"), segment="otsu")
        picture = find_pictures(tmp_path / "a")[0]
        assert np.array_equal(picture.load("otsu").mask, drawn.load(0).mask)
        assert picture.load().mask.all()


@pytest.mark.skipif(not DATA.exists(), reason="LOUD: the dermoscopy images are not at hand")
def test_half_of_the_outlines_agree_with_those_that_experts_drew() -> None:
    found = []
    for image in sorted((DATA / "images").iterdir())[:40]:
        pixels = cv2.cvtColor(cv2.imread(str(image)), cv2.COLOR_BGR2RGB)
        truth = cv2.imread(str(DATA / "masks" / f"{image.stem}.png"), cv2.IMREAD_GRAYSCALE) > 127
        found.append(overlap(segment(np.asarray(pixels, np.uint8)), truth))
    assert np.median(found) > 0.6
