"""Is the sealed number true? Run with `python -m benchmarks.studies.nested`.

A population of phantoms is drawn and measured once. Each seed samples a study from it and runs the
shipped protocol on the study: split by patient, prune on fresh folds, fit, open the sealed part once. The
truth of that seed is the AUC of its frozen classifier on the rest of the population. Printed: how often
the sealed interval covers the truth, and the mean optimism of the sealed and of the development score.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.evals.scoring.assessment import estimate_auc
from scafe.evals.scoring.cases import Cases, per_patient
from scafe.evals.scoring.classifier import fit_classifier
from scafe.evals.scoring.gate import prune
from scafe.evals.scoring.score import Task, cross_validate
from scafe.evals.scoring.splits import make_folds, split_patients
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.measures import measure_source
from scafe.knowledge.phantoms import draw_cohort, load_phantom
from scafe.sandbox.pool.pool import ImageAndMask, Pool

PACK = "scar.keloid_vs_hypertrophic"
BATCH = 100
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Seed:
    """What one study said, and what was true."""

    seed: int
    kept: int
    dev: float
    sealed: float
    low: float
    high: float
    truth: float

    @property
    def is_covered(self) -> bool:
        """Whether the sealed interval holds the truth."""
        return self.low <= self.truth <= self.high


@dataclass(frozen=True)
class Summary:
    """Figures over all seeds."""

    seeds: int
    patients_per_class: int
    population: int
    features: int
    coverage: float
    sealed_optimism: float
    sealed_optimism_se: float
    dev_optimism: float
    mean_truth: float
    mean_interval_width: float
    mean_kept: float


def draw_population(n_per_class: int, size: int, seed: int, flavour: str = "plain") -> Cases:
    """Draw phantoms of both classes and measure every reference measure of the pack on them."""
    pack = load_pack(PACK)
    cohort = draw_cohort(load_phantom(pack.phantom), seed, n_per_class, flavour, size)
    images = [ImageAndMask(one.phantom.image, one.phantom.mask) for one in cohort]
    target = np.array([int(one.label == pack.classes[0]) for one in cohort])
    task = Task(target, tuple(one.patient for one in cohort))
    return Cases(_measured(images, _sources()), task, pack.classes)


def run_seed(population: Cases, n_per_class: int, seed: int, repeats: int) -> Seed:
    """Run the shipped protocol on one sample of the population."""
    chosen = sample(population, n_per_class, seed)
    study, rest = population.select(chosen), population.select(~chosen)
    patients, labels = study.task.patients, [str(one) for one in study.labels]
    split = split_patients(patients, labels, seed)
    dev, sealed = (study.select(np.isin(np.arange(len(labels)), part)) for part in (split.dev, split.sealed))
    folds = {
        purpose: make_folds(split.dev, dev.task.patients, list(dev.labels), seed, purpose, repeats)
        for purpose in ("fresh", "frozen")
    }
    kept = list(prune(dev.rows, dev.task, folds["fresh"]))
    dev, sealed, rest = (one.with_rows(one.rows[:, kept]) for one in (dev, sealed, rest))
    model = fit_classifier(dev, tuple(map(str, kept)), folds["frozen"])
    found = estimate_auc(per_patient(sealed, model.probabilities(sealed.rows)), seed)
    return Seed(
        seed=seed,
        kept=len(kept),
        dev=cross_validate(dev.rows, dev.task, folds["frozen"]).auc,
        sealed=found.value,
        low=found.low,
        high=found.high,
        truth=per_patient(rest, model.probabilities(rest.rows)).auc,
    )


def summarise(found: list[Seed], population: Cases, n_per_class: int) -> Summary:
    """Average over seeds."""
    sealed = np.array([one.sealed - one.truth for one in found])
    return Summary(
        seeds=len(found),
        patients_per_class=n_per_class,
        population=len(population.rows),
        features=population.rows.shape[1],
        coverage=float(np.mean([one.is_covered for one in found])),
        sealed_optimism=float(sealed.mean()),
        sealed_optimism_se=float(sealed.std(ddof=1) / np.sqrt(len(found))),
        dev_optimism=float(np.mean([one.dev - one.truth for one in found])),
        mean_truth=float(np.mean([one.truth for one in found])),
        mean_interval_width=float(np.mean([one.high - one.low for one in found])),
        mean_kept=float(np.mean([one.kept for one in found])),
    )


def _sources() -> list[str]:
    names = {proxy.measure for one in load_pack(PACK).observable_criteria for proxy in one.proxies}
    return [measure_source(name) for name in sorted(n for n in names if n)]


def _measured(images: list[ImageAndMask], sources: list[str]) -> Floats:
    with Pool(workers=2) as pool:
        batches = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
        return np.concatenate(
            [np.column_stack([pool.extract(source, batch).rows for source in sources]) for batch in batches]
        )


def sample(population: Cases, n_per_class: int, seed: int) -> NDArray[np.bool_]:
    """Choose as many members of each class at random."""
    rng = np.random.default_rng([seed, 3])
    chosen = np.zeros(len(population.rows), bool)
    for code in (0, 1):
        members = np.flatnonzero(population.task.target == code)
        chosen[rng.choice(members, n_per_class, replace=False)] = True
    return chosen


def _line(one: Seed) -> str:
    interval = f"{one.sealed:.3f} ({one.low:.3f}-{one.high:.3f})"
    missed = "" if one.is_covered else "  NOT COVERED"
    return f"seed {one.seed:3d}: sealed {interval}, truth {one.truth:.3f}{missed}; dev {one.dev:.3f}"


def main() -> None:
    """Print one line per seed on stderr, then the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--n", type=int, default=80, help="patients per class in a study")
    parser.add_argument("--population", type=int, default=1000, help="phantoms per class")
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--repeats", type=int, default=10, help="repeats of the folds")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    population = draw_population(options.population, options.size, 2606)
    found = []
    for seed in range(options.seeds):
        found.append(run_seed(population, options.n, seed, options.repeats))
        print(_line(found[-1]), file=sys.stderr, flush=True)
    summary = summarise(found, population, options.n)
    if options.json:
        print(json.dumps({"summary": asdict(summary), "seeds": [asdict(one) for one in found]}))
        return
    for name, value in asdict(summary).items():
        print(f"{name.replace('_', ' ')}: {value:.4g}")


if __name__ == "__main__":
    main()
