"""Every dermoscopy measure keeps the extractor contract and answers to the dial of its criterion."""

import csv
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.stats import spearmanr

from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.measures import measure_names, measure_source
from scafe.knowledge.phantoms.dermoscopy import PHANTOM

ROOT = Path(__file__).parents[3]
MEASURES = [name for name in measure_names() if name.startswith("dermoscopy_")]
REAL = ROOT.parent / "shared" / "data" / "ham10000"
PACKS = ("dermoscopy.abcd", "dermoscopy.seven_point", "dermoscopy.menzies")
DIAL_OF = {
    criterion.id: criterion.dial for name in PACKS for criterion in load_pack(name).observable_criteria
}


def run(name, image, mask, **constants):
    """Execute a measure as its own module, as a reader of a bundle would."""
    space = {}
    exec(compile(measure_source(name), name, "exec"), space)
    space.update(constants)
    return space["extract"](image, mask)


def head(name, constant):
    space = {}
    exec(compile(measure_source(name), name, "exec"), space)
    return space[constant]


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_is_a_valid_extractor(name):
    extractor = parse_extractor(measure_source(name))
    assert extractor.criterion in DIAL_OF


@pytest.mark.parametrize("name", MEASURES)
def test_each_feature_follows_the_dial_of_its_criterion_in_the_declared_direction(name):
    extractor = parse_extractor(measure_source(name))
    dial = next(one for one in PHANTOM.dials if one.name == DIAL_OF[extractor.criterion])
    levels = np.linspace(dial.low, dial.high, 6)
    rhos = {name: [] for name in extractor.names}
    for seed, tone in ((11, 0.1), (12, 0.3), (13, 0.6)):
        drawn = [PHANTOM.render(seed, {dial.name: float(x)}, {"skin_tone": tone}) for x in levels]
        rows = [run(name, one.image, one.mask) for one in drawn]
        for feature in rhos:
            rhos[feature].append(spearmanr(levels, [row[feature] for row in rows]).statistic)
    for feature in extractor.features:
        sign = {"up": 1, "down": -1}[feature.direction]
        assert np.median(rhos[feature.name]) * sign >= 0.8, (feature.name, rhos[feature.name])


@pytest.mark.parametrize("name", MEASURES)
def test_every_variant_gives_finite_values_inside_the_declared_range(name):
    extractor = parse_extractor(measure_source(name))
    drawn = [PHANTOM.draw(seed, label) for seed, label in zip((1, 2), PHANTOM.classes, strict=True)]
    for constant, values in head(name, "VARIANTS").items():
        for value, one in product(values, drawn):
            row = run(name, one.image, one.mask, **{constant: value})
            for feature in extractor.features:
                assert feature.range[0] <= row[feature.name] <= feature.range[1], (constant, value)


@pytest.mark.parametrize("name", MEASURES)
def test_edge_cases_give_numbers_or_nan_and_never_infinity(name):
    names = set(parse_extractor(measure_source(name)).names)
    one = PHANTOM.render(2)
    flat = np.zeros_like(one.image)
    for image, mask in (
        (one.image[:1, :1], np.ones((1, 1), bool)),
        (one.image, np.zeros_like(one.mask)),
        (one.image, np.ones_like(one.mask)),
        (flat, one.mask),
        (flat + 255, one.mask),
    ):
        row = run(name, image, mask)
        assert set(row) == names
        assert not np.isinf(list(row.values())).any()


@pytest.mark.parametrize("name", MEASURES)
def test_real_dermoscopy_images_give_finite_values_inside_the_declared_range(name):
    if not REAL.exists():
        pytest.skip(f"no real dermoscopy images at {REAL.name}: put HAM10000 images beside the repository")
    extractor = parse_extractor(measure_source(name))
    with (REAL / "manifest.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["label"] in ("mel", "nv")][::16]
    finite = []
    for row in rows:
        image = cv2.imread(str(REAL / row["path"]))[:, :, ::-1]
        mask = cv2.imread(str(REAL / row["mask"]), cv2.IMREAD_GRAYSCALE) > 127
        values = run(name, image, mask)
        finite += [np.isfinite(value) for value in values.values()]
        for feature in extractor.features:
            value = values[feature.name]
            assert np.isnan(value) or feature.range[0] <= value <= feature.range[1], feature.name
    assert np.mean(finite) >= 0.9


def test_the_packs_measured_proxies_are_the_features_of_the_measures():
    declared = {name: set(parse_extractor(measure_source(name)).names) for name in MEASURES}
    dials = {dial.name for dial in PHANTOM.dials}
    for pack in PACKS:
        for criterion in load_pack(pack).observable_criteria:
            assert criterion.dial in dials
            for proxy in criterion.proxies:
                assert proxy.id in declared[proxy.measure]
