"""The measures of ultrasound, radiograph, MRI and histology keep the contract and answer to their dials."""

import csv
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.stats import spearmanr

from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.measures import measure_source
from scafe.knowledge.phantoms import load_phantom
from scafe.knowledge.strict import strict_check

ROOT = Path(__file__).parents[3]
REAL = ROOT.parent / "shared" / "data"
sys.path.append(str(ROOT / "knowledge"))  # `import toolkit`, as a reader of a bundle would have it
PACKS = (
    "histology.crc_tissue",
    "histology.node_metastasis",
    "histology.polyp_hp_ssa",
    "mri.glioma_idh",
    "photo.skin_lesion",
    "radiograph.chest",
    "ultrasound.birads",
)
CRITERIA = {
    proxy.measure: (pack.phantom, criterion)
    for pack in map(load_pack, PACKS)
    for criterion in pack.observable_criteria
    for proxy in criterion.proxies
}
MEASURES = sorted(CRITERIA)
SETS = (
    ("ultrasound", "breast_ultrasound", 24),
    ("radiograph", "chest_xray", 16),
    ("histology", "crc_tissue", 9),
)


def source(name):
    return measure_source(name)


def run(name, image, mask, **constants):
    """Execute a measure as its own module, as a reader of a bundle would."""
    space = {}
    exec(compile(source(name), name, "exec"), space)
    space.update(constants)
    return space["extract"](image, mask)


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_keeps_what_it_promises(pack):
    assert strict_check(load_pack(pack)) == ()


@pytest.mark.parametrize("name", MEASURES)
def test_each_feature_follows_the_dial_of_its_criterion_in_the_declared_direction(name):
    kind, criterion = CRITERIA[name]
    phantom = load_phantom(kind)
    dial = next(one for one in phantom.dials if one.name == criterion.dial)
    levels = np.linspace(dial.low, dial.high, 6)
    extractor = parse_extractor(source(name))
    rhos = {feature: [] for feature in extractor.names}
    for seed in (11, 12, 13):
        drawn = [phantom.render(seed, {dial.name: float(level)}) for level in levels]
        rows = [run(name, one.image, one.mask) for one in drawn]
        for feature in rhos:
            values = np.array([row[feature] for row in rows])
            seen = np.isfinite(values)
            assert seen.sum() >= 4
            rhos[feature].append(spearmanr(levels[seen], values[seen]).statistic)
    for feature in extractor.features:
        sign = {"up": 1, "down": -1}[feature.direction]
        assert np.median(rhos[feature.name]) * sign >= 0.6, (feature.name, rhos[feature.name])


@pytest.mark.parametrize("name", MEASURES)
def test_every_variant_stays_inside_the_declared_range(name):
    phantom = load_phantom(CRITERIA[name][0])
    extractor = parse_extractor(source(name))
    space = {}
    exec(compile(source(name), name, "exec"), space)
    drawn = [phantom.draw(seed, label) for seed, label in zip((1, 2), phantom.classes, strict=True)]
    for constant, values in space["VARIANTS"].items():
        assert constant in space
        for value in values:
            for one in drawn:
                row = run(name, one.image, one.mask, **{constant: value})
                for feature in extractor.features:
                    got = row[feature.name]
                    assert np.isnan(got) or feature.range[0] <= got <= feature.range[1], (constant, value)


@pytest.mark.parametrize("name", MEASURES)
def test_edge_cases_give_numbers_or_nan_and_never_infinity(name):
    names = set(parse_extractor(source(name)).names)
    one = load_phantom(CRITERIA[name][0]).render(2)
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


@pytest.mark.parametrize(("family", "folder", "step"), SETS, ids=lambda value: str(value))
def test_real_images_give_values_inside_the_declared_ranges(family, folder, step):
    if not (REAL / folder).exists():
        pytest.skip(f"no real images named {folder}: put them beside the repository to run this")
    with (REAL / folder / "manifest.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))[::step]
    images = [cv2.imread(str(REAL / folder / row["path"]))[:, :, ::-1] for row in rows]
    for name in (one for one in MEASURES if one.startswith(family)):
        extractor = parse_extractor(source(name))
        for image in images:
            row = run(name, np.ascontiguousarray(image), np.ones(image.shape[:2], bool))
            for feature in extractor.features:
                got = row[feature.name]
                assert np.isnan(got) or feature.range[0] <= got <= feature.range[1], feature.name


def test_every_measure_of_a_chest_film_parts_the_lungs_by_the_same_lines() -> None:
    """An extractor imports no other, so each has the lines itself; a mend of one must reach all."""
    films = [source(name) for name in MEASURES if name.startswith("radiograph_")]
    found = {text[text.index("def halves(") : text.index("> 0.01 * mask.size")] for text in films}
    assert len(films) == 6
    assert len(found) == 1
