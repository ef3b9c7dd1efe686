"""May a block of features join the pool, and which features stay when the set is frozen.

Gains are paired on identical folds and judged by the corrected resampled test; `evals.selftest` measures
how often this keeps pure noise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scafe.evals.scoring.ridge import Signs
from scafe.evals.scoring.score import CVScore, Task, choose_penalty, cross_validate
from scafe.evals.scoring.splits import Folds
from scafe.evals.scoring.stats import corrected_test

Floats = NDArray[np.float64]
Outcome = Literal["accepted", "rejected", "indecisive"]

LEVEL = 0.20
"""One-sided level of the corrected test: at .05 two thirds of the real gain is rejected."""


@dataclass(frozen=True)
class Decision:
    """What the gate says of one comparison."""

    outcome: Outcome
    """accepted: a gain past the noise · rejected: a loss past it, or no change · indecisive: neither."""
    gain: float
    """Mean difference of within-fold AUC."""
    se: float
    """Its corrected standard error; 0 if nothing changed in any fold."""
    p: float
    """One-sided, corrected."""


def decide(before: CVScore, after: CVScore, folds: Folds, level: float = LEVEL) -> Decision:
    """Compare two sets that were scored on the same folds."""
    test = corrected_test(after.fold_aucs - before.fold_aucs, 1 / (folds.n_folds - 1))
    if test.p < level:
        return Decision("accepted", test.mean, test.se, test.p)
    is_lost = test.se == 0 or 1 - test.p < level
    return Decision("rejected" if is_lost else "indecisive", test.mean, test.se, test.p)


def prune(
    rows: Floats,
    task: Task,
    folds: Folds,
    score: Callable[[Floats], CVScore] | None = None,
    signs: Signs = (),
) -> tuple[int, ...]:
    """Drop features one at a time as long as the set is better without them, on folds the loop never used.

    The feature whose absence helps most goes first, and only if the gain of its absence is past the
    noise: a feature that does nothing for the labels but stands for its criterion stays.

    Parameters
    ----------
    rows : (n, p) array
        Features of the pool on the dev items.
    task, folds
        Fresh folds over the same items.
    score : callable, optional
        Scores a set; by default cross-validation at the penalty that the full set chose.
    signs : tuple of int
        What is declared of each column (`scafe.evals.scoring.ridge`).

    Returns
    -------
    tuple of int
        Columns that stay, in order.
    """
    penalty = choose_penalty(rows, task, folds, signs=signs) if rows.shape[1] else 1.0

    def scored(columns: list[int]) -> CVScore:
        some = rows[:, columns]
        if score is not None:
            return score(some)
        return cross_validate(some, task, folds, (penalty,), tuple(signs[one] for one in columns if signs))

    kept = list(range(rows.shape[1]))
    current = scored(kept)
    while len(kept) > 1:
        without = [scored([k for k in kept if k != column]) for column in kept]
        decisions = [decide(current, one, folds) for one in without]
        best = int(np.argmin([one.p for one in decisions]))
        if decisions[best].outcome != "accepted":
            break
        current = without[best]
        kept.pop(best)
    return tuple(kept)
