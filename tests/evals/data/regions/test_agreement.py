"""Which of several locators to trust: the one that the others agree with, or that given masks agree with."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scafe.evals.data.regions.agreement import Watch, agreement_of, behaviour
from scafe.sandbox.pool.pool import ImageAndMask, Pool

LOCATES = 'LOCATOR = "mass"\n\n\ndef locate(image):\n    return image[:, :, 0] > {level}, 0.5\n'


def disc(radius: float) -> np.ndarray:
    rows, columns = np.indices((40, 40)) - 19.5
    return np.hypot(rows, columns) < radius


def test_the_locator_that_the_others_agree_with_most_scores_highest() -> None:
    scores = agreement_of([[disc(8)], [disc(10)], [disc(12)], [disc(19)]])
    assert int(np.argmax(scores)) in (1, 2)
    assert int(np.argmin(scores)) == 3


def test_one_that_stands_apart_scores_lowest_however_many_there_are() -> None:
    apart = np.roll(disc(8), 20, axis=1)
    scores = agreement_of([[disc(8)], [disc(8)], [apart], [disc(9)]])
    assert int(np.argmin(scores)) == 2


def test_a_single_locator_has_nobody_to_disagree_with() -> None:
    assert agreement_of([[disc(5)]]) == (1.0,)


@given(st.permutations(range(4)))
def test_agreement_does_not_depend_on_the_order_of_locators(order: list[int]) -> None:
    masks = [[disc(radius)] for radius in (6, 8, 11, 15)]
    plain, turned = agreement_of(masks), agreement_of([masks[place] for place in order])
    assert turned == pytest.approx([plain[place] for place in order])


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1) as opened:
        yield opened


def test_behaviours_say_what_locators_do_on_images(pool: Pool) -> None:
    bright = [np.repeat((40 + 160 * disc(10))[:, :, None], 3, axis=2).astype(np.uint8)] * 3
    images = [ImageAndMask(one, np.ones((40, 40), np.bool_)) for one in bright]
    outlined = [ImageAndMask(one, disc(10)) for one in bright]
    sources = [LOCATES.format(level=level) for level in (100, 120, 255)]
    watch = Watch(pool, images, outlined)
    seen = [watch.seen(source) for source in sources]
    found = [
        behaviour(one, [other for other in seen if other is not one], range(3), range(3), least_given=3)
        for one in seen
    ]
    assert [one.found for one in found] == [1, 1, 0]
    assert found[0].area == pytest.approx(disc(10).mean(), abs=1e-6)
    assert found[0].given == 1
    assert found[2].given == 0
    assert found[0].agreement > found[2].agreement
    assert found[0].steadiness > 0.9
    assert found[0].centre == pytest.approx((0.5, 0.5), abs=0.02)
    assert np.isnan(found[2].centre).all()


def test_a_locator_that_raises_gives_no_mask_and_is_counted(pool: Pool) -> None:
    image = np.full((20, 20, 3), 200, np.uint8)
    source = 'LOCATOR = "mass"\n\n\ndef locate(image):\n    raise ValueError("no")\n'
    seen = Watch(pool, [ImageAndMask(image, np.ones((20, 20), np.bool_))], []).seen(source)
    assert behaviour(seen, [], [0], [], least_given=1).failed == 1


def test_a_locator_runs_once_however_often_it_is_compared(pool: Pool) -> None:
    image = np.full((20, 20, 3), 200, np.uint8)
    watch = Watch(pool, [ImageAndMask(image, np.ones((20, 20), np.bool_))], [])
    assert watch.seen(LOCATES.format(level=9)) is watch.seen(LOCATES.format(level=9))


def test_too_few_given_masks_tell_nothing(pool: Pool) -> None:
    image = np.full((20, 20, 3), 200, np.uint8)
    one = ImageAndMask(image, np.ones((20, 20), np.bool_))
    seen = Watch(pool, [one], [one]).seen(LOCATES.format(level=9))
    found = behaviour(seen, [], [0], [0], least_given=10)
    assert np.isnan(found.given)
