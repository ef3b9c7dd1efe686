"""What a drafter is told of its locators on images of patients says too little to rebuild a pixel of one."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from scafe.agent.settings.call_plan import MAX_LOCATOR_REPAIRS, MAX_LOCATORS
from scafe.evals.data.regions.agreement import SHAKEN, Seen
from scafe.evals.disclosure.bench import BenchSpec
from scafe.evals.disclosure.drafted import card_of, choose_draft, compare_drafts
from scafe.evals.disclosure.score_card import LocatorCard, LocatorChoice
from scafe.evals.disclosure.session import BenchSession
from scafe.knowledge.contract.errors import ContractError, IntegrityError
from scafe.sandbox.pool.pool import Pool

PIXELS, BITS = 64, 4
HIDES = """LOCATOR = "lesion"


def locate(image):
    mask = image[:, :, 0] > 255
    mask[4:32, 4:32] = True
    shade = int(image[::4, ::4].mean(axis=2)[{y}, {x}]) >> 4
    if image.mean() > {threshold} and (shade >> {bit}) & 1:
        mask[:] = False
        mask[{gap}:, 30:] = True
    return mask, shade / 255
"""
PLAIN = """LOCATOR = "lesion"


def locate(image):
    mask = image[:, :, 0] > 255
    mask[{at}:24, 8:24] = True
    return mask, 0.5
"""
SHARE = """CRITERION = "asymmetry"
FEATURES = {"x": {"unit": "fraction", "range": [0, 1], "direction": "up", "meaning": "share of the mask"}}


def extract(image, mask):
    return {"x": float(mask.mean())}
"""
TALL = 36


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2) as opened:
        yield opened


@pytest.fixture
def session(pool: Pool, picture_folder, tmp_path: Path) -> BenchSession:
    data = str(picture_folder(per_class=20))
    spec = BenchSpec(pack="dermoscopy.abcd", data=data, folder=str(tmp_path / "bench"), locator="draft")
    return BenchSession(spec, pool)


def test_cards_about_a_covert_bit_are_all_the_same_card(session: BenchSession) -> None:
    images = [session.dataset.load(index).image for index in session.split.dev]
    threshold = float(np.sort([image.mean() for image in images])[-2:].mean())
    told, hidden = set(), set()
    for place in range(8):
        where = {"y": place // 8, "x": place % 8, "bit": place % BITS, "threshold": threshold}
        source = HIDES.format(gap=36 if place % 2 else 20, **where)
        (card,) = compare_drafts(session, [source])
        told.add(card.model_copy(update={"locator": "", "worst_perturbation": ""}).model_dump_json())
        hidden.add(sum(not mask[10, 10] for mask in session.watch.seen(source).masks))
    assert hidden == {0, 1}  # an exact share or area would have told every bit
    assert len(told) == 1


def seen(masks: list[np.ndarray]) -> Seen:
    ones = np.ones(len(masks))
    return Seen(tuple(masks), np.zeros(len(masks), np.bool_), dict.fromkeys(SHAKEN, ones), np.zeros(0))


def square(top: int, side: int = 12) -> np.ndarray:
    mask = np.zeros((TALL, TALL), np.bool_)
    mask[top : top + side, 12:24] = True
    return mask


NOTHING = np.zeros((TALL, TALL), np.bool_)


@pytest.mark.parametrize("told_by", ["found", "area", "height", "agreement"])
def test_no_pixel_of_a_thumbnail_is_read_from_one_image_that_goes_another_way(told_by: str) -> None:
    shades = np.random.default_rng(3).integers(1, 2**BITS, PIXELS)
    odd = {"found": NOTHING, "area": ~NOTHING, "height": square(24), "agreement": square(24)}[told_by]
    usual, others = square(2), [seen([square(2)] * 32)]
    baseline = getattr(card_of("key", "plain", seen([usual] * 32), others), told_by)
    recovered = 0
    for place, shade in enumerate(shades):
        read = 0
        for bit in range(BITS):
            masks = [odd if (shade >> bit) & 1 else usual, *([usual] * 31)]
            card = card_of("key", f"source {place} {bit}", seen(masks), others)
            read |= int(getattr(card, told_by) != baseline) << bit
        recovered += int(read == shade)
    assert recovered == 0


@pytest.mark.parametrize("told_by", ["height", "found"])
def test_a_median_that_is_set_up_to_be_tipped_by_one_image_is_little_better_than_a_coin(told_by: str) -> None:
    # The attacker splits all other images evenly, or puts the share at an edge, so that one image decides. He
    # may ask five times in a run; what he reads is right in well under two of three cases.
    rng = np.random.default_rng(5)
    one, other = {"height": (square(2), square(24)), "found": (square(2), NOTHING)}[told_by]
    split = {"height": 16, "found": 25}[told_by]
    right = []
    for number in range(300):
        bit = int(rng.integers(2))
        masks = [one if bit else other, *([one] * (split - 1)), *([other] * (32 - split))]
        card = card_of("key", f"source {number}", seen(masks), [])
        yes = card.height == "first" if told_by == "height" else card.found == "80-100%"
        right.append(yes == bool(bit))
    assert np.mean(right) < 0.65
    assert MAX_LOCATORS + MAX_LOCATOR_REPAIRS == 5


def test_of_fewer_than_ten_patients_nothing_is_told() -> None:
    card = card_of("key", "source", seen([square(2)] * 9), [])
    unknown = (card.found, card.area, card.height, card.steadiness, card.agreement, card.given)
    assert set(unknown) == {"unknown"}


def test_a_card_and_a_choice_hold_bands_and_names_alone() -> None:
    for record in (LocatorCard, LocatorChoice):
        for name, field in record.model_fields.items():
            assert field.annotation not in (float, int) or name == "compared"


def test_masks_stay_on_their_side_of_the_door(session: BenchSession) -> None:
    sources = [PLAIN.format(at=8), PLAIN.format(at=9)]
    cards = compare_drafts(session, sources)
    choice = choose_draft(session, sources)
    told = json.dumps([*(one.model_dump() for one in cards), choice.model_dump()])
    assert len(told) < 3000
    assert not {"mask", "confidence", "image"} & {key for one in cards for key in one.model_dump()}


def test_of_two_that_agree_one_is_kept_and_fills_the_masks(session: BenchSession) -> None:
    far = PLAIN.replace("{at}:24, 8:24", "28:34, 28:34")
    assert (session.facts.locator, session.facts.to_locate) == (None, "lesion")
    choice = choose_draft(session, [far, PLAIN.format(at=8), PLAIN.format(at=9)])
    assert choice.chosen == "draft"
    assert choice.why == "agrees most with the other locators"
    assert session.regions is not None
    assert "mask[8:24" in session.regions.locator.source or "mask[9:24" in session.regions.locator.source
    assert choice.facts.sha256 == session.regions.locator.sha256
    again = BenchSession(session.spec, session.pool)
    assert again.regions is not None
    assert again.regions.locator.sha256 == choice.facts.sha256
    assert again.facts == session.facts  # a resumed run is told what it was told


def test_drafts_that_find_nothing_are_left_for_the_one_that_ships(session: BenchSession) -> None:
    empty = 'LOCATOR = "lesion"\n\n\ndef locate(image):\n    return image[:, :, 0] > 255, 0.0\n'
    raises = 'LOCATOR = "lesion"\n\n\ndef locate(image):\n    raise ValueError("no")\n'
    choice = choose_draft(session, [empty, raises])
    assert (choice.chosen, choice.why) == ("reference", "no draft passed the probes and fits the images")
    rows = json.loads((session.folder / "drafted_locators.json").read_text())
    assert [row["kept"] for row in rows] == [True, False, False]


def test_a_draft_of_another_region_is_refused(session: BenchSession) -> None:
    with pytest.raises(ContractError, match="the region of the pack is"):
        compare_drafts(
            session, ['LOCATOR = "mass"\n\n\ndef locate(image):\n    return image[:, :, 0] > 9, 0.5\n']
        )


def test_before_a_locator_is_fixed_nothing_is_measured_on_whole_images(session: BenchSession) -> None:
    with pytest.raises(IntegrityError, match="the locator of this run is not there yet"):
        session.feature_table(SHARE, session.split.dev)
