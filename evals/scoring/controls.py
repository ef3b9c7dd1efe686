"""Null controls: the same procedure applied to features and labels without meaning.

A run that takes a byte-identical copy, or more noise than its gate's level allows, or finds signal in
permuted labels, has no claim: the report says so in words on its first page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from scafe.evals.scoring.assessment import short
from scafe.evals.scoring.cases import Cases
from scafe.evals.scoring.classifier import fit_at_penalty
from scafe.evals.scoring.gate import LEVEL, decide
from scafe.evals.scoring.headline import Control, Controls
from scafe.evals.scoring.score import CVScore, cross_validate
from scafe.evals.scoring.splits import Folds

NOISE_FEATURES = 20
PERMUTATIONS = 20
PERMUTED_REPEATS = 2
"""Repeats of the folds for each permutation: the spread is over permutations, not over folds."""
CHANCE = 0.01
"""How unlikely an outcome must be under the null before a control counts as failed."""
NEGLIGIBLE = 0.01
"""AUC below which a copy's gain is only the ridge shrinking a doubled feature less."""
PAST = 3.0
"""Standard errors that permuted labels may lie from one half."""


@dataclass(frozen=True)
class Study:
    """What the controls are run on: the frozen set on the development part."""

    cases: Cases
    folds: Folds
    penalty: float
    seed: int


def run_controls(study: Study) -> Controls:
    """Run the byte-identical copy, the noise features and the permuted labels."""
    fixed = (study.penalty,)
    before = cross_validate(study.cases.rows, study.cases.task, study.folds, fixed, study.cases.signs)
    gains = [_gain(study, before, column) for column in _noise(study)]
    floor = float(np.quantile([one.gain for one in gains], 0.95))
    taken = [one.accepted for one in gains]
    return Controls(
        items=(_copy(study, before, floor), _noise_control(taken), _permuted(study)), noise_floor=short(floor)
    )


@dataclass(frozen=True)
class _Gain:
    gain: float
    accepted: bool


def _copy(study: Study, before: CVScore, floor: float) -> Control:
    """Add the strongest feature a second time: no information, so no more gain than noise has."""
    model = fit_at_penalty(study.cases, tuple(map(str, range(study.cases.rows.shape[1]))), study.penalty)
    strongest = int(np.abs(model.coefficients).argmax())
    gain = _gain(study, before, study.cases.rows[:, [strongest]])
    taken = gain.accepted and gain.gain > max(floor, NEGLIGIBLE)
    return Control(
        name="copy",
        what="the strongest feature added a second time, byte for byte",
        result=f"change of AUC {gain.gain:+.4f}, {'counted as a gain' if taken else 'not counted as a gain'}",
        passed=not taken,
    )


def _noise_control(accepted: Sequence[bool]) -> Control:
    taken = int(sum(accepted))
    limit = int(binom.isf(CHANCE, len(accepted), LEVEL))
    return Control(
        name="noise",
        what=f"{len(accepted)} features of pure noise, each alone before the gate (level {LEVEL:g})",
        result=f"{taken} accepted; up to {limit} are within chance at that level",
        passed=taken <= limit,
    )


def _permuted(study: Study) -> Control:
    few = Folds(study.folds.ids, study.folds.fold[:PERMUTED_REPEATS], study.folds.n_folds)
    fixed = (study.penalty,)
    aucs = [
        cross_validate(
            study.cases.rows, study.cases.task.permuted(_seed(study, 2, draw)), few, fixed, study.cases.signs
        ).auc
        for draw in range(PERMUTATIONS)
    ]
    mean, error = float(np.mean(aucs)), float(np.std(aucs, ddof=1)) / len(aucs) ** 0.5
    return Control(
        name="permuted",
        what=f"labels permuted among patients, {PERMUTATIONS} times, cross-validated",
        result=f"mean AUC {mean:.3f} (standard error {error:.3f}); expected .500",
        passed=abs(mean - 0.5) <= PAST * max(error, 1e-9),
    )


def _noise(study: Study) -> list[NDArray[np.float64]]:
    rng = np.random.default_rng(_seed(study, 1, 0))
    return [rng.normal(size=(len(study.cases.rows), 1)) for _ in range(NOISE_FEATURES)]


def _gain(study: Study, before: CVScore, columns: NDArray[np.float64]) -> _Gain:
    rows = np.column_stack([study.cases.rows, columns])
    signs = study.cases.signs and (*study.cases.signs, *(0,) * columns.shape[1])
    after = cross_validate(rows, study.cases.task, study.folds, (study.penalty,), signs)
    decision = decide(before, after, study.folds)
    return _Gain(decision.gain, decision.outcome == "accepted")


def _seed(study: Study, kind: int, draw: int) -> int:
    return int(np.random.SeedSequence([study.seed, kind, draw]).generate_state(1)[0])
