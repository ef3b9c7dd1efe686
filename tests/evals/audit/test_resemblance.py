"""Phantoms fitted to images: levels are read off phantoms, told in bands that one patient hardly moves."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from scafe.agent.cli.main import main
from scafe.evals.audit.resemblance import aggregates, fit_phantoms
from scafe.knowledge.contract.errors import DatasetError, InputError
from scafe.knowledge.phantoms import load_phantom
from scafe.sandbox.pool.pool import ImageAndMask
from scafe.sandbox.probes.fitted import read_fit
from scafe.sandbox.probes.panel import build_panel

KIND = "dermoscopy"
PHANTOM = load_phantom(KIND)
WHOLE = {one.name: one for one in PHANTOM.nuisances}


def shown(seed, **nuisances):
    one = PHANTOM.render(seed, None, nuisances, 128)
    return ImageAndMask(one.image, one.mask)


def ranges(fit):
    return {one.name: (one.low, one.high) for one in fit.nuisances}


def cohort(count, **nuisances):
    read = [aggregates(shown(seed, **nuisances)) for seed in range(6)]
    return [(f"p{number}", read[number % 6]) for number in range(count)]


def test_images_without_a_nuisance_give_a_small_range_and_with_it_a_large_one():
    plain, noisy = (ranges(fit_phantoms(KIND, cohort(150, noise=level))) for level in (0.0, 0.9))
    assert plain["noise"][1] <= WHOLE["noise"].high / 3 + 1e-6
    assert noisy["noise"] == (0.0, WHOLE["noise"].high)
    blurred = ranges(fit_phantoms(KIND, cohort(150, blur=1.9)))
    assert blurred["blur"][1] == WHOLE["blur"].high
    assert plain["blur"][1] < WHOLE["blur"].high


def test_a_range_always_holds_the_neutral_level_and_stays_in_the_kinds_own():
    for name, (low, high) in ranges(fit_phantoms(KIND, cohort(60, light=0.7, scale=1.2))).items():
        assert WHOLE[name].low <= low <= WHOLE[name].neutral <= high <= WHOLE[name].high


def test_a_patient_of_many_images_counts_once():
    many = cohort(150) + [("p0", aggregates(shown(9, noise=1.0)))] * 400
    assert ranges(fit_phantoms(KIND, many))["noise"] == ranges(fit_phantoms(KIND, cohort(150)))["noise"]


def test_images_without_masks_are_fitted_without_their_region():
    frames = [(f"p{n}", aggregates(ImageAndMask(one.image, np.ones_like(one.mask))))
              for n, one in enumerate(map(shown, [n % 4 for n in range(60)]))]  # fmt: skip
    fit = fit_phantoms(KIND, frames)
    assert "scale" not in ranges(fit)
    assert set(fit.seen) == {"shorter_side"}


def test_too_few_patients_are_refused_with_the_way_out():
    with pytest.raises(DatasetError, match=r"59 patients; phantoms are fitted to 60 or more.*Go on without"):
        fit_phantoms(KIND, cohort(59))


@pytest.fixture(scope="module")
def bank():
    drawn = np.random.default_rng(7)
    return [_random_aggregates(drawn) for _ in range(400)]


@pytest.mark.parametrize("count", [60, 150])
def test_one_other_patient_moves_a_band_in_less_than_one_of_twenty_data_sets(bank, count):
    drawn, moved = np.random.default_rng(count), 0
    for _ in range(40):
        people = drawn.choice(len(bank), count + 1, replace=False)
        read = [(str(person), bank[person]) for person in people]
        moved += _told(read[:-1]) != _told([read[-1], *read[1:-1]])
    assert moved <= 2


def _random_aggregates(drawn):
    """Vary a phantom's aggregates as those of real images do: a patient is one draw of every nuisance."""
    levels = {
        name: float(drawn.beta(2, 2) * (WHOLE[name].high - WHOLE[name].low) + WHOLE[name].low)
        for name in ("light", "blur", "noise", "vignette", "scale")
    }
    return aggregates(shown(int(drawn.integers(1000)), **levels))


def _told(read):
    return fit_phantoms(KIND, read).model_dump_json()


def test_the_panel_goes_no_farther_than_the_fit():
    fit = fit_phantoms(KIND, cohort(150))
    narrow, wide = build_panel(KIND, 0, fit.nuisances), build_panel(KIND, 0)
    known = ranges(fit)
    for one in narrow.nuisances:
        low, high = known.get(one.name, (WHOLE[one.name].low, WHOLE[one.name].high))
        assert tuple(one.levels[1:]) == (low, high)
    noisy = [
        np.mean([aggregates(panel.images[place])["noise"] for place in panel.drawn])
        for panel in (narrow, wide)
    ]
    assert noisy[0] < noisy[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no fit of phantoms"),
        ('{"format": 1, "kind": "dermoscopy", "patients": ">=150", "nuisances": [{"name": "fog", "low": 0, '
         '"high": 1}]}', "has no nuisance fog"),
        ('{"format": 1, "kind": "dermoscopy", "patients": ">=150", "nuisances": [{"name": "blur", "low": 1, '
         '"high": 9}]}', "expected a part of 0 to 2 that holds 0"),
        ('{"format": 1, "kind": "ultrasound", "patients": ">=150", "nuisances": []}',
         "fit again with this pack"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_fit_is_refused_with_the_way_out(tmp_path, text, said):
    (tmp_path / "fit.json").write_text(text)
    with pytest.raises(InputError, match=said):
        read_fit(tmp_path / "fit.json", KIND)


def test_the_command_writes_bands_and_no_name_of_a_file_or_patient(tmp_path):
    rows = ["path,mask,patient_id"]
    for number in range(60):
        one = shown(number % 5)
        Image.fromarray(one.image).save(tmp_path / f"secret{number}.png")
        Image.fromarray(one.mask.astype(np.uint8) * 255).save(tmp_path / f"secret{number}_m.png")
        rows.append(f"secret{number}.png,secret{number}_m.png,Doe{number}")
    (tmp_path / "m.csv").write_text("\n".join(rows))
    out = tmp_path / "fit.json"
    words = ["phantoms", "fit", str(tmp_path / "m.csv"), "--pack", "dermoscopy.abcd", "--out", str(out)]
    told = CliRunner().invoke(main, words)
    assert told.exit_code == 0, told.output
    assert "secret" not in out.read_text()
    assert "Doe" not in out.read_text()
    assert read_fit(out, KIND).patients == "60-149"
    assert len(json.loads(out.read_text())["nuisances"]) >= 4
