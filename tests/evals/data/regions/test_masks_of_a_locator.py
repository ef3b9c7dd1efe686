"""Masks that a locator found: kept by what they depend on, never over a given one, refused where wrong."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from scafe.evals.data.regions.counts import RegionCounts
from scafe.evals.data.regions.looks import Found, require_plausible
from scafe.evals.data.regions.store import Filled, KeptRegion, RegionStore
from scafe.knowledge.contract.errors import DatasetError, InputError
from scafe.sandbox.pool.pool import ImageAndMask, Pool

BRIGHT = 'LOCATOR = "mass"\n\n\ndef locate(image):\n    return image[:, :, 0] > 127, 0.75\n'
SHAPE = (30, 41)


def pairs(count: int = 5) -> list[ImageAndMask]:
    rng = np.random.default_rng(4)
    drawn = rng.integers(0, 255, (count, *SHAPE, 3), dtype=np.uint8)
    return [ImageAndMask(one, np.ones(SHAPE, np.bool_)) for one in drawn]


class Watched(list):
    """Images that count how often they are loaded."""

    loaded = 0

    def __getitem__(self, place: int) -> ImageAndMask:
        self.loaded += 1
        return super().__getitem__(place)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1) as opened:
        yield opened


def test_a_mask_is_the_locators_and_is_found_once(pool: Pool, tmp_path: Path) -> None:
    images, keys = Watched(pairs()), tuple("abcde")
    store = RegionStore(tmp_path, pool, BRIGHT)
    store.prepare(keys, images)
    for key, one in zip(keys, pairs(), strict=True):
        assert np.array_equal(store.region(key).mask, one.image[:, :, 0] > 127)
        assert store.region(key).confidence == 0.75
    before = images.loaded
    RegionStore(tmp_path, pool, BRIGHT).prepare(keys, images)
    assert images.loaded == before


def test_another_locator_has_masks_of_its_own(pool: Pool, tmp_path: Path) -> None:
    dark = BRIGHT.replace("> 127", "< 30")
    for source in (BRIGHT, dark):
        RegionStore(tmp_path, pool, source).prepare(("a",), pairs(1))
    masks = [RegionStore(tmp_path, pool, source).region("a").mask for source in (BRIGHT, dark)]
    assert not np.array_equal(*masks)


def test_masks_on_the_disk_can_be_read_by_their_owner_alone(pool: Pool, tmp_path: Path) -> None:
    RegionStore(tmp_path / "masks", pool, BRIGHT).prepare(("a",), pairs(1))
    assert {path.stat().st_mode & 0o77 for path in (tmp_path / "masks").rglob("*.mask")} == {0}


def test_a_given_mask_always_wins(pool: Pool, tmp_path: Path) -> None:
    images = pairs(3)
    given = np.zeros(SHAPE, np.bool_)
    given[3:6, 4:9] = True
    images[1] = ImageAndMask(images[1].image, given)
    filled = Filled(images, "abc", [True, False, True], RegionStore(tmp_path, pool, BRIGHT))
    assert np.array_equal(filled[1].mask, given)
    assert np.array_equal(filled[2].mask, images[2].image[:, :, 0] > 127)


def test_where_the_locator_fails_the_mask_is_empty_and_counts_as_failed(pool: Pool, tmp_path: Path) -> None:
    source = 'LOCATOR = "mass"\n\n\ndef locate(image):\n    return image[9999], 0.5\n'
    store = RegionStore(tmp_path, pool, source)
    store.prepare(("a",), pairs(1))
    assert not store.region("a").mask.any()
    assert store.region("a").origin == "failed"


def test_a_refused_locator_is_told_before_anything_is_measured(pool: Pool, tmp_path: Path) -> None:
    source = 'import os\nLOCATOR = "mass"\n\n\ndef locate(image):\n    return None\n'
    with pytest.raises(InputError, match="does not run here"):
        RegionStore(tmp_path, pool, source).prepare(("a",), pairs(1))


def found(draw: Callable[[np.ndarray], None], failed: bool = False) -> Found:
    mask = np.zeros((90, 90), np.bool_)
    draw(mask)
    return Found("row 7 (b.png)", KeptRegion(mask, 0.5, failed))


def centre(mask: np.ndarray) -> None:
    mask[30:60, 30:60] = True


def everything(mask: np.ndarray) -> None:
    mask[:] = True


def around(mask: np.ndarray) -> None:
    mask[:] = True
    mask[20:70, 20:70] = False


def nothing(mask: np.ndarray) -> None:
    mask[:] = False


@pytest.mark.parametrize(
    ("draw", "told"),
    [
        (nothing, "finds no lesion here and on 6 of 10 images"),
        (everything, "marks the whole frame as lesion, and on 6 of 10"),
        (around, "marks what lies around the middle as lesion, and on 6 of 10"),
    ],
)
def test_masks_that_cannot_be_right_are_one_sentence_with_row_and_way_out(
    draw: Callable[[np.ndarray], None], told: str
) -> None:
    with pytest.raises(DatasetError) as met:
        require_plausible([found(centre)] * 4 + [found(draw)] * 6, "lesion")
    assert str(met.value).startswith("row 7 (b.png): the locator")
    assert told in str(met.value)
    assert "--locator none" in str(met.value)


@pytest.mark.parametrize("draw", [nothing, everything, around])
def test_a_minority_of_odd_masks_is_let_through(draw: Callable[[np.ndarray], None]) -> None:
    require_plausible([found(centre)] * 6 + [found(draw)] * 4, "lesion")


def test_images_too_small_to_find_anything_are_named() -> None:
    small = Found("row 2 (s.png)", KeptRegion(np.zeros((20, 16), np.bool_), 0.0))
    with pytest.raises(DatasetError, match="2 of them smaller than 64 pixels"):
        require_plausible([small, small], "mass")


def test_counts_are_told_in_one_line() -> None:
    counts = RegionCounts.of(["given", "found", "found", "empty"])
    assert str(counts) == "1 given, 2 found by the locator, 1 empty"
    assert counts.asked == 3
