"""Each reference measure answers to its own dial, and to no camera."""

from functools import cache

import numpy as np
import pytest
from scipy.stats import spearmanr

from scafe.knowledge.criteria.pack import load_pack, pack_names
from scafe.knowledge.measures import load_measure, measure_names
from scafe.knowledge.phantoms.scar import PHANTOM

MEASURES = [name for name in measure_names() if name.startswith("scar_")]
SCENES = ((11, 50.0), (12, 25.0), (13, -20.0))
"""Seed and skin tone (ITA in degrees); the tone is fixed within a sweep."""
LEVELS = 6
LEAST_RESPONSE = 0.8
MOST_SHIFT = 0.5
"""In standard deviations over a drawn cohort."""
SIGN = {"up": 1.0, "down": -1.0}
COHORT = range(300, 312)


@cache
def dial_of(criterion):
    packs = [load_pack(name) for name in pack_names() if name.startswith("scar.")]
    return next(c.dial for pack in packs for c in pack.observable_criteria if c.id == criterion)


@cache
def extract_of(name):
    namespace = {}
    exec(compile(load_measure(name).source, name, "exec"), namespace)
    return namespace["extract"]


def rows(name, phantoms):
    found = [extract_of(name)(one.image, one.mask) for one in phantoms]
    return {feature: np.array([row[feature] for row in found]) for feature in load_measure(name).names}


@cache
def sweep(dial, seed, ita):
    one = next(d for d in PHANTOM.dials if d.name == dial)
    levels = np.linspace(one.low, one.high, LEVELS)
    return [PHANTOM.render(seed, {dial: float(v)}, {"skin_tone": ita}, 128) for v in levels]


@cache
def cohort(change):
    """Drawn scars rendered again with one camera setting changed and everything else as drawn."""
    members = []
    for seed in COHORT:
        truth = PHANTOM.draw(seed, PHANTOM.classes[seed % 2], "plain", 64).truth
        dials = {d.name: truth[d.name] for d in PHANTOM.dials}
        around = {n.name: truth[n.name] for n in PHANTOM.nuisances} | {"white_balance": 0.0, "light": 1.0}
        members.append(PHANTOM.render(seed, dials, around | dict(change), 128))
    return members


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_answers_to_its_own_dial_with_the_declared_sign(name):
    extractor = load_measure(name)
    per_scene = [rows(name, sweep(dial_of(extractor.criterion), *scene)) for scene in SCENES]
    for feature in extractor.features:
        rhos = [spearmanr(np.arange(LEVELS), scene[feature.name]).statistic for scene in per_scene]
        assert SIGN[feature.direction] * np.median(rhos) >= LEAST_RESPONSE, (feature.name, rhos)
        assert min(SIGN[feature.direction] * np.array(rhos)) > 0, (feature.name, rhos)


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("change", [("white_balance", 0.1), ("white_balance", -0.1), ("light", 0.7)])
def test_white_balance_and_exposure_hardly_move_a_measure(name, change):
    before, after = rows(name, cohort(())), rows(name, cohort((change,)))
    for feature, values in before.items():
        moved = np.abs(after[feature] - values).mean()
        assert moved <= MOST_SHIFT * values.std() + 1e-12, (feature, moved / values.std())


@pytest.mark.parametrize("name", MEASURES)
def test_values_lie_in_the_declared_range(name):
    found = rows(name, cohort(()))
    for feature in load_measure(name).features:
        low, high = feature.range
        assert np.all((found[feature.name] >= low) & (found[feature.name] <= high)), feature.name


EDGES = {
    "one pixel": (np.zeros((1, 1, 3), np.uint8), np.ones((1, 1), bool)),
    "empty mask": (np.full((64, 64, 3), 120, np.uint8), np.zeros((64, 64), bool)),
    "full mask": (np.full((64, 64, 3), 120, np.uint8), np.ones((64, 64), bool)),
    "all black": (np.zeros((64, 64, 3), np.uint8), np.pad(np.ones((24, 30), bool), ((20, 20), (17, 17)))),
    "all white": (np.full((64, 64, 3), 255, np.uint8), np.pad(np.ones((24, 30), bool), ((20, 20), (17, 17)))),
}


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("edge", EDGES)
def test_edge_cases_give_a_number_or_nan_and_no_warning(name, edge):
    values = extract_of(name)(*EDGES[edge])
    assert set(values) == set(load_measure(name).names)
    assert all(type(value) is float or isinstance(value, np.float64) for value in values.values())
    assert not any(np.isinf(value) for value in values.values())


@pytest.mark.parametrize("name", MEASURES)
def test_images_are_left_as_they_were_and_the_answer_is_the_same_twice(name):
    one = sweep("height", *SCENES[0])[2]
    image, mask = one.image.copy(), one.mask.copy()
    image.setflags(write=False)
    mask.setflags(write=False)
    first, second = extract_of(name)(image, mask), extract_of(name)(image, mask)
    assert first == second


@pytest.mark.parametrize("name", [name for name in MEASURES if "RING_OUTER" in load_measure(name).source])
def test_without_skin_around_the_scar_differences_are_missing(name):
    one = sweep("vascularity", *SCENES[0])[3]
    rows_, columns = np.nonzero(one.mask)
    crop = (slice(rows_.min() + 8, rows_.max() - 7), slice(columns.min() + 8, columns.max() - 7))
    inside = np.ones_like(one.mask[crop])
    assert all(np.isnan(value) for value in extract_of(name)(one.image[crop], inside).values())
