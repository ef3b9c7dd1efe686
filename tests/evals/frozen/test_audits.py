"""Audits beside the headline: shortcuts, skin tone, learning curve."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from scafe.evals.audit.shortcuts import says_nothing, shortcut_rows
from scafe.evals.audit.skin_tone import by_skin_tone, has_skin, skin_tone, tones_of
from scafe.evals.scoring.cases import Cases, Scored
from scafe.evals.scoring.learning import (
    DRAWS,
    FOLD_DRAWS,
    Pair,
    _drawn,
    _members,
    folded_learning_curve,
    learning_curve,
)
from scafe.evals.scoring.score import Task
from scafe.evals.scoring.splits import make_folds
from scafe.knowledge.criteria.pack import ReferenceRegion, load_pack
from scafe.knowledge.phantoms import CohortImage, draw_cohort, load_phantom
from scafe.sandbox.pool.pool import ImageAndMask

RING = ReferenceRegion(kind="ring", inner_frac=0.03, outer_frac=0.3, min_px=50)


def image(colour: tuple[int, int, int], size: int = 80, radius: float = 20) -> ImageAndMask:
    y, x = np.mgrid[:size, :size] - size / 2
    pixels = np.full((size, size, 3), colour, np.uint8)
    mask = x**2 + y**2 < radius**2
    pixels[mask] = (120, 40, 40)
    return ImageAndMask(pixels, mask)


def cases(n: int, shift: float, seed: int = 0) -> Cases:
    rng = np.random.default_rng(seed)
    target = np.arange(n) % 2
    rows = rng.normal(size=(n, 3)) + shift * target[:, None]
    return Cases(rows, Task(target, tuple(f"p{i:03d}" for i in range(n))), ("a", "b"))


def test_each_shortcut_reads_its_own_part_of_the_image_alone() -> None:
    plain = image((200, 160, 140))
    framed = ImageAndMask(plain.image.copy(), plain.mask)
    framed.image[0, :] = 0
    redder = ImageAndMask(plain.image.copy(), plain.mask)
    redder.image[plain.mask] = (255, 0, 0)
    larger = image((200, 160, 140), radius=25)
    bigger = image((200, 160, 140), size=90)
    rows = shortcut_rows([plain, framed, redder, larger, bigger])

    def moved(place: int) -> set[str]:
        return {name for name, one in rows.items() if not np.array_equal(one[0], one[place], equal_nan=True)}

    assert moved(1) == {"border", "background", "marks"}
    assert moved(2) == set()
    assert moved(3) == {"mask outline"}
    assert moved(4) >= {"size"}


@pytest.mark.parametrize(("flavour", "told"), [("shortcut_ruler", "marks"), ("shortcut_camera", "exposure")])
def test_a_cohort_with_a_shortcut_has_it_named(flavour: str, told: str) -> None:
    plain, given_away = (aucs_of(draw_cohort(load_phantom("scar"), 3, 60, one)) for one in ("plain", flavour))
    other = {"marks": "exposure", "exposure": "marks"}[told]
    assert given_away[told] - plain[told] > 0.1 > 0.07 > given_away[other] - plain[other]


def aucs_of(members: list[CohortImage]) -> dict[str, float]:
    rows = shortcut_rows([ImageAndMask(one.phantom.image, one.phantom.mask) for one in members])
    target = np.array([one.label == members[0].label for one in members])
    return {name: best_auc(rows[name], target) for name in ("marks", "exposure")}


def best_auc(rows: Any, target: Any) -> float:
    single = [roc_auc_score(target, column) for column in rows.T]
    return max(max(one, 1 - one) for one in single)


def test_a_shortcut_that_is_the_same_everywhere_is_left_out() -> None:
    rows = shortcut_rows([image((200, 160, 140)), image((90, 60, 50))])
    assert says_nothing(rows["size"])
    assert says_nothing(rows["mask outline"])
    assert not says_nothing(rows["border"])
    whole = ImageAndMask(np.zeros((9, 9, 3), np.uint8), np.ones((9, 9), bool))
    assert says_nothing(shortcut_rows([whole, whole])["background"])


def test_darker_skin_has_a_smaller_angle_and_the_lesion_does_not_count() -> None:
    skins = [(240, 215, 200), (220, 180, 155), (180, 130, 100), (110, 75, 55), (60, 42, 35)]
    angles = [skin_tone(image(skin), RING) for skin in skins]
    assert angles == sorted(angles, reverse=True)
    redder = image(skins[0])
    redder.image[redder.mask] = (255, 0, 0)
    assert skin_tone(redder, RING) == angles[0]


@pytest.mark.parametrize(
    "one",
    [
        ImageAndMask(np.zeros((40, 40, 3), np.uint8), np.ones((40, 40), bool)),
        ImageAndMask(np.zeros((40, 40, 3), np.uint8), np.zeros((40, 40), bool)),
        image((200, 160, 140), size=12, radius=3),
    ],
)
def test_without_a_ring_of_skin_there_is_no_tone(one: ImageAndMask) -> None:
    assert np.isnan(skin_tone(one, RING))


def test_a_group_with_fewer_than_ten_of_a_class_is_counted_but_not_scored() -> None:
    target = np.array([0, 1] * 20)
    chances = np.linspace(0.1, 0.9, 40)
    task = Task(target, tuple(f"p{i:02d}" for i in range(40)))
    scored = Scored(task, ("a", "b"), np.column_stack([chances, 1 - chances]))
    tones = {patient: (60.0 if place < 24 else -40.0) for place, patient in enumerate(task.patients)}
    dark, light = by_skin_tone(scored, tones, 0)
    assert dark.name.startswith("dark")
    assert dark.patients == {"a": 8, "b": 8}
    assert dark.auc is None
    assert light.auc is not None
    assert by_skin_tone(scored, {}, 0) == ()


def test_a_patient_has_the_median_tone_of_the_images_that_show_skin() -> None:
    one = Cases(np.zeros((4, 1)), Task(np.array([1, 1, 1, 0]), ("p", "p", "p", "q")), ("a", "b"))
    assert tones_of(one, [10.0, 20.0, np.nan, np.nan]) == {"p": 15.0}


def test_packs_of_skin_are_told_from_others() -> None:
    assert has_skin(load_pack("scar.vss"))
    pack = load_pack("scar.vss")
    other = pack.model_copy(update={"modality": pack.modality.model_copy(update={"kind": "histology"})})
    assert not has_skin(other)


@given(st.integers(0, 10**6), st.integers(0, DRAWS - 1))
@settings(max_examples=20, deadline=None)
def test_a_smaller_draw_is_part_of_a_larger_one_and_balanced(seed: int, draw: int) -> None:
    members = _members(cases(60, 0))
    small, large = (set(_drawn(members, size, seed, draw)) for size in (5, 20))
    assert small < large
    assert [len(small & set(group)) for group in members] == [5, 5]


def test_a_learning_curve_rises_with_patients_and_counts_every_label_that_feedback_touched() -> None:
    ours = Pair(cases(80, 0.8), cases(60, 0.8, 1))
    noise = Pair(cases(80, 0.0), cases(60, 0.0, 1))
    blind = learning_curve(ours, noise, "blind", 0)
    gated = learning_curve(ours, noise, "gated", 0)
    assert [one.patients_per_class for one in blind] == [5, 10, 20, 40]
    assert [one.labels_touched for one in blind] == [10, 20, 40, 80]
    assert {one.labels_touched for one in gated} == {80}
    assert blind[-1].auc > blind[0].auc
    assert blind[-1].auc > blind[-1].baseline_auc
    assert [one.auc for one in gated] == [one.auc for one in blind]
    assert (blind[0].draws, blind[-1].draws) == (DRAWS, 1)


def test_without_a_sealed_part_every_fold_is_scored_once_and_a_small_class_gives_all_it_has() -> None:
    ours, noise = cases(60, 0.8), cases(60, 0.0)
    lost = np.array([label == "a" and number % 5 != 0 for number, label in enumerate(ours.labels)])
    ours, noise = ours.select(~lost), noise.select(~lost)
    folds = make_folds(range(len(ours.rows)), ours.task.patients, list(ours.labels), 0, "fresh", 2, 5)
    points = folded_learning_curve(ours, noise, folds, 0)
    assert [one.patients_per_class for one in points] == [5, 10, 20, 24]
    assert [one.draws for one in points] == [5 * FOLD_DRAWS] * 3 + [5]
    few, many = points[0], points[-1]
    assert few.labels_touched <= 10
    assert many.labels_touched <= len(ours.rows)
    assert many.auc > many.baseline_auc


def test_what_is_constant_in_one_part_alone_keeps_its_value_in_both() -> None:
    dev = [image((200 + i, 160, 140)) for i in range(4)]
    sealed = [image((230, 160, 140))] * 4
    rows = shortcut_rows([*dev, *sealed])["exposure"]
    assert rows[4:, 0].tolist() == [230.0] * 4
    assert not shortcut_rows(sealed)["exposure"].any(), "read alone, a constant part is no value to compare"
