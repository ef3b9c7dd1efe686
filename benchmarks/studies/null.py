"""What the protocol finds where there is nothing, with real extractors: `python -m benchmarks.studies.null`.

Two kinds of nothing. On the null cohort the classes differ in no dial; every measure of the pack is proposed
to the rules of `scafe selftest gate`, and what they keep is noise. On the plain cohort the labels are dealt
anew among patients, and the shipped protocol (split, prune, fit, seal) is run to its end. Writes
benchmarks/studies/null.md.
"""

import argparse
from pathlib import Path
from statistics import mean, stdev

import numpy as np

from benchmarks.studies.gate import CHOSEN
from benchmarks.studies.nested import draw_population, run_seed, sample
from scafe.evals.scoring.cases import Cases
from scafe.evals.scoring.score import cross_validate
from scafe.evals.scoring.simulation import BASE_EFFECT, RULES, Study
from scafe.evals.scoring.splits import make_folds

BASE = 3
PAGE = Path(__file__).with_suffix(".md")
HEAD = """# Where there is nothing to find

Made by `python -m benchmarks.studies.null --seeds {seeds}`, with the reference measures of the scar pack,
run in the
sandbox.

## The null cohort: every measure is noise

{n} patients a study, {features} measures proposed one after the other; {population} phantoms in all, and the
true AUC is taken on those that are not in the study. *Base*: three simulated features of .5 standard
deviations are there at the start, as in `scafe selftest gate`; "change" is against them alone. *Empty*:
nothing is there at the start, the true AUC can only be .5, and the first proposals need only look better than
chance.

| rule | base: noise | base: change of true AUC (SE) | empty: noise | empty: AUC believed | empty: true AUC |
|---|---|---|---|---|---|
"""
SHUFFLED = """
## Shuffled labels, the shipped protocol to its end

{seeds} seeds of {n} patients of the plain cohort, labels dealt anew among patients.

| | mean AUC | standard error | within .5 ± 3 SE |
|---|---|---|---|
"""


def main() -> None:
    """Run both, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--n", type=int, default=80, help="patients in a study of the null cohort")
    parser.add_argument("--population", type=int, default=500, help="phantoms per class")
    parser.add_argument("--size", type=int, default=96)
    options = parser.parse_args()
    nothing = draw_population(options.population, options.size, 77, "null")
    head = HEAD.format(
        seeds=options.seeds,
        n=options.n,
        features=nothing.rows.shape[1],
        population=2 * options.population,
    )
    plain = draw_population(options.population, options.size, 78)
    told = head + _rules(nothing, options.seeds, options.n) + _shuffled(plain, options.seeds)
    PAGE.write_text(told, encoding="utf-8")
    print(told)


def _rules(population: Cases, seeds: int, n: int) -> str:
    based = [_study(population, n, seed, BASE) for seed in range(seeds)]
    empty = [_study(population, n, seed, 0) for seed in range(seeds)]
    start = [study.true_auc(range(BASE)) for study in based]
    lines = []
    for rule in CHOSEN:
        kept = [RULES[rule](study) for study in based]
        change = [s.true_auc(k) - was for s, k, was in zip(based, kept, start, strict=True)]
        noise = mean(len(columns) - BASE for columns in kept)
        error = stdev(change) / len(change) ** 0.5
        lines.append(
            f"| {rule} | {noise:.2f} | {mean(change):+.3f} ({error:.3f}) | {_from_nothing(empty, rule)} |\n"
        )
        print(lines[-1], end="", flush=True)
    return "".join(lines)


def _from_nothing(studies: list[Study], rule: str) -> str:
    kept = [RULES[rule](study) for study in studies]
    pairs = list(zip(studies, kept, strict=True))
    dev = mean(study.dev_auc(columns) if columns else 0.5 for study, columns in pairs)
    true = mean(study.true_auc(columns) for study, columns in pairs)
    return f"{mean(map(len, kept)):.2f} | {dev:.3f} | {true:.3f}"


def _study(population: Cases, n: int, seed: int, base: int) -> Study:
    """Draw a study with as many patients of each class; the rest of the population is fresh."""
    chosen = sample(population, n // 2, seed)
    known, fresh = population.select(chosen), population.select(~chosen)
    medians = np.nanmedian(known.rows, axis=0)
    rows, others = (np.where(np.isfinite(one.rows), one.rows, medians) for one in (known, fresh))
    rng = np.random.default_rng([seed, 9])
    rows, others = (
        np.column_stack([rng.normal(size=(len(some), base)) + BASE_EFFECT * one.task.target[:, None], some])
        for one, some in ((known, rows), (fresh, others))
    )
    nothing = np.zeros(population.rows.shape[1], bool)
    return Study(rows, known.task, others, fresh.task.target == 1, nothing, base, seed)


def _shuffled(population: Cases, seeds: int, n_per_class: int = 80) -> str:
    found = [run_seed(population.permuted(seed), n_per_class, seed, 10) for seed in range(seeds)]
    whole = [_cross_validated(population.permuted(seed), n_per_class, seed) for seed in range(seeds)]
    lines = [SHUFFLED.format(seeds=seeds, n=2 * n_per_class)]
    for name, values in (
        ("sealed part", [one.sealed for one in found]),
        ("one honest cross-validation", whole),
    ):
        error = stdev(values) / len(values) ** 0.5
        holds = "yes" if abs(mean(values) - 0.5) <= 3 * error else "NO"
        lines.append(f"| {name} | {mean(values):.3f} | {error:.3f} | {holds} |\n")
    covered = sum(one.is_covered for one in found)
    dev = mean(one.dev for one in found)
    lines.append(
        f"\nThe sealed interval held the AUC on the rest of the population {covered} times. The development "
        f"score of the pruned set, which the report marks as optimistic, was {dev:.3f}.\n"
    )
    return "".join(lines)


def _cross_validated(population: Cases, n_per_class: int, seed: int) -> float:
    """Score every measure at once: what a set too small to seal is told."""
    study = population.select(sample(population, n_per_class, seed))
    folds = make_folds(
        range(len(study.rows)), study.task.patients, list(study.labels), seed, "null", n_repeats=10
    )
    return float(cross_validate(study.rows, study.task, folds).auc)


if __name__ == "__main__":
    main()
