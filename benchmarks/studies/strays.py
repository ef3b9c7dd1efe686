"""How often raters who agree by kappa .6 find the planted feature that measures another criterion.

    python -m benchmarks.studies.strays

A scar cohort is drawn and measured once; its raters are drawn 40 times. Two features claim their criterion
rightly, two (redness, said to be pigmentation) wrongly.
"""

import argparse

from benchmarks.studies.scored_cohort import cohort_scores
from scafe.evals.experts.scores import CriterionScores, Floats
from scafe.evals.experts.straying import strays_to
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.measures import load_measure
from scafe.knowledge.phantoms import CohortImage, draw_cohort, load_phantom
from scafe.sandbox.pool.pool import ImageAndMask, Pool
from scafe.sandbox.probes.agreement import spearman

PLANTED = (
    ("scar_vascularity", "delta_hb", "vascularity", "rightly"),
    ("scar_height", "flank_contrast", "height", "rightly"),
    ("scar_vascularity", "delta_hb", "pigmentation", "wrongly"),
    ("scar_vascularity", "delta_a", "pigmentation", "wrongly"),
)
"""Measure, feature, the criterion it claims, and whether it may."""


def columns(cohort: list[CohortImage], pool: Pool) -> dict[tuple[str, str], Floats]:
    """Measure the planted features once."""
    images = [ImageAndMask(one.phantom.image, one.phantom.mask) for one in cohort]
    found: dict[tuple[str, str], Floats] = {}
    for measure in dict.fromkeys(name for name, *_ in PLANTED):
        one = load_measure(measure)
        rows = pool.extract(one.source, images).rows
        found |= {(measure, name): rows[:, place] for place, name in enumerate(one.names)}
    return found


def named(values: Floats, claims: str, scores: list[CriterionScores]) -> str:
    """Return the criterion that a feature is said to answer to instead; '' if none."""
    own = next(one for one in scores if one.criterion == claims)
    return strays_to(values, own, [one for one in scores if one is not own])


def main() -> None:
    """Print one line a planted feature."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--patients", type=int, default=120)
    parser.add_argument("--kappa", type=float, default=0.6)
    parser.add_argument("--draws", type=int, default=40)
    given = parser.parse_args()
    pack = load_pack("scar.vss")
    cohort = draw_cohort(load_phantom(pack.phantom), 2, given.patients // 2)
    with Pool(2) as pool:
        values = columns(cohort, pool)
    drawn = [cohort_scores(cohort, pack, given.kappa, seed=100 + draw) for draw in range(given.draws)]
    for measure, feature, claims, how in PLANTED:
        column = values[measure, feature]
        said = [named(column, claims, scores) for scores in drawn]
        redness = [spearman(scores[0].amount, column) for scores in drawn]
        print(
            f"{feature} claims {claims} {how}: called a stray in {sum(map(bool, said))} of {len(said)}; "
            f"mean rho with {drawn[0][0].criterion} {sum(redness) / len(redness):.2f}"
        )


if __name__ == "__main__":
    main()
