"""What physicians noted of elevation beside the measures of height and relief, on clinical photographs."""

from pathlib import Path
from typing import Any

from benchmarks.power.sets import measures_of
from scafe.evals.experts.agreement import as_plain
from scafe.evals.experts.scores import read_scores
from scafe.evals.experts.validation import validate
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.contract.locator import parse_locator
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.locators.reference import locator_source
from scafe.knowledge.measures import measure_source
from scafe.sandbox.pool.pool import Pool

MORE = ("scar_height", "scar_relief")
"""Measures of another modality that claim the same property."""
CRITERION = "elevation"


def elevation(data: Path, pool: Pool) -> dict[str, Any] | None:
    """Set every measure of the photographs beside the noted elevation; None if the set is not there."""
    manifest = data / "clinical_photo" / "manifest.csv"
    if not manifest.exists():
        return None
    scored = read_scores(manifest, load_pack("photo.skin_lesion"), ("diagnosis", "fitzpatrick"))
    sources = [*measures_of("photo").values(), *map(measure_source, MORE)]
    extractors = [parse_extractor(source) for source in sources]
    found = validate(scored, extractors, pool, parse_locator(locator_source("photo_lesion")))
    raised = next(one for one in scored.criteria if one.criterion == CRITERION).mean
    of = {feature.name: one.criterion for one in extractors for feature in one.features}
    agreements = [{**as_plain(one), "of": of[one.feature]} for one in found.of(CRITERION)]
    return {
        "images": found.images,
        "patients": len(set(scored.patients)),
        "raised": int((raised == 1).sum()),
        "masks_found": found.masks_found,
        "agreements": agreements,
    }
