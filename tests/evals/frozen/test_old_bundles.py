"""Bundles of earlier versions: they verify, and they predict what the version that froze them predicted.

`golden/old_predictions.json` was written with the last version before skops stopped building the classifier
(commit 42b67bf), from the committed bundles and the phantoms that they carry.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scafe.evals.frozen.bundle import open_bundle
from scafe.evals.frozen.frozen_set import measure_bundle
from scafe.evals.frozen.predict import Prediction, explain
from scafe.evals.frozen.verify import verify_bundle
from scafe.sandbox.pool.pool import Pool

REFERENCES = Path(__file__).parents[3] / "runs" / "reference"
OLD: dict[str, Any] = json.loads((Path(__file__).parent / "golden/old_predictions.json").read_text())


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(workers=1) as open_pool:
        yield open_pool


@pytest.mark.parametrize(
    ("name", "form"), [*((name, "frozen") for name in OLD), ("played-scar", "frozen.zip")]
)
def test_an_old_bundle_predicts_what_it_did(name: str, form: str, pool: Pool) -> None:
    bundle = open_bundle(REFERENCES / name / form)
    if bundle.sha256 != OLD[name]["bundle"]:
        pytest.skip(f"{name} was frozen anew; the golden figures are of {OLD[name]['bundle'][:12]}")
    images = bundle.phantoms
    rows = measure_bundle(bundle, pool, images)
    found = explain(bundle, [f"phantom {number}" for number in range(len(images))], rows)
    assert len(found) == len(OLD[name]["predictions"]) == 6
    for one, before in zip(found, OLD[name]["predictions"], strict=True):
        _require_equal(one, before)


@pytest.mark.parametrize("name", OLD)
def test_an_old_bundle_verifies(name: str, pool: Pool) -> None:
    found = verify_bundle(REFERENCES / name / "frozen", pool)
    assert found.is_good, found.sentences()
    assert found.phantoms == 6


def _require_equal(one: Prediction, before: dict[str, Any]) -> None:
    assert (one.image, one.label, list(one.missing)) == (before["image"], before["label"], before["missing"])
    assert one.probability == pytest.approx(before["probability"], abs=1e-4)
    shares = {group.criterion: group.log_odds for group in one.criteria}
    assert shares == pytest.approx(before["criteria"], abs=1e-3)
