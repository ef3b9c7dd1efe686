"""A phantom cohort with experts' scores: images, masks and a manifest with a column per criterion and rater.

    python -m benchmarks.studies.scored_cohort OUT --pack scar.vss --patients 80 --kappa 0.6

The raters are simulated: each sees the dial of a criterion with an error of its own, so that two agree
by the wanted weighted kappa. Criteria without a dial have no scores.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from PIL import Image

from scafe.evals.experts.scores import CriterionScores
from scafe.evals.experts.simulated import simulated_scores
from scafe.knowledge.criteria.pack import CriteriaPack, load_pack
from scafe.knowledge.phantoms import CohortImage, draw_cohort, load_phantom

LEVELS = (0.0, 1.0, 2.0, 3.0)
"""Of a criterion whose scale has none of its own."""


def write_scored_cohort(
    folder: Path, pack: CriteriaPack, patients: int, kappa: float, *, raters: int = 2, seed: int = 0
) -> Path:
    """Write a cohort with scores; return its manifest."""
    cohort = draw_cohort(load_phantom(pack.phantom), seed, patients // 2)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    scores = cohort_scores(cohort, pack, kappa, raters=raters, seed=seed)
    head = [f"{one.criterion}@{rater}" for one in scores for rater in one.raters]
    with (folder / "manifest.csv").open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["path", "mask", "label", "patient_id", *head])
        for place, one in enumerate(cohort):
            said = [f"{value:g}" for column in scores for value in column.scores[place]]
            table.writerow([*_saved(folder, place, one), one.label, one.patient, *said])
    return folder / "manifest.csv"


def cohort_scores(
    cohort: list[CohortImage], pack: CriteriaPack, kappa: float, *, raters: int = 2, seed: int = 0
) -> list[CriterionScores]:
    """Score every observable criterion of a pack that is a dial of its phantom."""
    found = []
    for place, one in enumerate(pack.observable_criteria):
        levels = tuple(float(level.score) for level in one.levels) or LEVELS
        truth = [image.phantom.truth.get(one.dial or "") for image in cohort]
        if None in truth or np.std(np.array(truth, dtype=np.float64)) == 0:
            continue
        amounts = np.array(truth, dtype=np.float64)
        found.append(
            simulated_scores(one.id, amounts, levels, kappa, raters=raters, seed=1000 * seed + place)
        )
    return found


def _saved(folder: Path, place: int, one: CohortImage) -> tuple[str, str]:
    image, mask = f"images/{place:04d}.png", f"images/{place:04d}_mask.png"
    Image.fromarray(one.phantom.image).save(folder / image)
    Image.fromarray(one.phantom.mask.astype(np.uint8) * 255).save(folder / mask)
    return image, mask


def main() -> None:
    """Write one cohort and say where."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pack", default="scar.vss")
    parser.add_argument("--patients", type=int, default=160)
    parser.add_argument("--kappa", type=float, default=0.6)
    parser.add_argument("--raters", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    pack = load_pack(given.pack)
    print(
        write_scored_cohort(
            given.out, pack, given.patients, given.kappa, raters=given.raters, seed=given.seed
        )
    )


if __name__ == "__main__":
    main()
