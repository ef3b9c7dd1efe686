"""Simulated raters on phantoms: the feature that answers to another criterion is found out."""

import numpy as np
import pytest
from PIL import Image

from scafe.evals.experts.scores import read_scores
from scafe.evals.experts.validation import validate
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.phantoms import load_phantom
from scafe.sandbox.pool.pool import Pool

PACK = load_pack("photo.skin_lesion")
SOURCE = '''"""Mean {what} of the lesion."""

import numpy as np

CRITERION = "{criterion}"
FEATURES = {{
    "{name}": {{"unit": "ratio", "range": [-10, 10], "direction": "up", "meaning": "mean {what}"}},
}}


def extract(image, mask):
    """Measure it."""
    light = image[mask].mean(axis=0) / 255.0
    return {{"{name}": float({formula})}}
'''
DARK = SOURCE.format(what="darkness", criterion="pigmentation", name="dark", formula="1 - light[0]")
RED = SOURCE.format(what="redness", criterion="redness", name="red", formula="light[0] / light[1]")
WRONG = SOURCE.format(what="darkness", criterion="redness", name="false_red", formula="1 - light[0]")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory):
    """Eighty phantoms whose pigment and redness two raters scored, each with an error of their own."""
    folder, phantom = tmp_path_factory.mktemp("scored"), load_phantom("skin_lesion")
    rng, lines = np.random.default_rng(5), ["path,mask,redness@a,redness@b,pigmentation@a,pigmentation@b"]
    for number in range(80):
        dials = {"redness": float(rng.uniform(1, 7)), "pigment": float(rng.uniform(0, 0.8))}
        one = phantom.render(number, dials, {}, 64)
        Image.fromarray(one.image).save(folder / f"{number}.png")
        Image.fromarray(one.mask.astype(np.uint8) * 255).save(folder / f"{number}_mask.png")
        red = [int(np.clip(round((dials["redness"] - 1) / 2 + rng.normal(0, 0.5)), 0, 3)) for _ in "ab"]
        dark = [round(dials["pigment"] * 10 + rng.normal(0, 1.2), 1) for _ in "ab"]
        red = [3 if one > 1 else 0 for one in red]  # the pack's two levels
        lines.append(",".join(map(str, (f"{number}.png", f"{number}_mask.png", *red, *dark))))
    (folder / "scored.csv").write_text("\n".join(lines) + "\n")
    return folder / "scored.csv"


def test_the_feature_that_answers_to_another_criterion_is_found_out(table) -> None:
    scored = read_scores(table, PACK)
    with Pool(2) as pool:
        found = validate(scored, [parse_extractor(one) for one in (DARK, RED, WRONG)], pool, None)
    assert found.images == 80
    raters = {one.criterion: one for one in found.raters}
    assert 0.4 < raters["redness"].kappa < 0.95
    by_name = {(one.criterion, one.feature): one for one in found.agreements}
    assert by_name["pigmentation", "dark"].value > 0.8
    assert by_name["redness", "red"].value > by_name["redness", "false_red"].value + 0.1
    assert by_name["redness", "red"].is_own
    assert not by_name["redness", "dark"].is_own
    strayed = {one.feature: one.strays_to for one in found.strays}
    assert strayed["false_red"] == "pigmentation"
    assert "dark" not in strayed
    assert any("false_red answers clearly better" in one for one in found.warnings())


def test_without_a_right_feature_a_warning_names_the_one_that_answers(table) -> None:
    scored = read_scores(table, PACK)
    relabelled = RED.replace('CRITERION = "redness"', 'CRITERION = "keratin"')
    with Pool(2) as pool:
        found = validate(scored, [parse_extractor(one) for one in (WRONG, relabelled)], pool, None)
    assert any(
        "redness: red of another criterion agrees with the experts better" in w for w in found.warnings()
    )
