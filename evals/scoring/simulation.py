"""How the acceptance rules behave where the truth is known: what they keep of pure noise, what they cost.

`scafe selftest gate` proposes features one after the other, some of them useful, to the gate, to the rule
that ships (every stable feature under the ridge) and to published rules, each simplified to a greedy
addition; then it fits what each kept and scores it on thousands of fresh cases.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scafe.evals.scoring.gate import decide, prune
from scafe.evals.scoring.score import Task, choose_penalty, cross_validate, fitted_logits
from scafe.evals.scoring.splits import Folds, make_folds
from scafe.evals.scoring.stats import auc, delong

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FRESH_CASES = 3000
BASE_EFFECT = 0.5
"""Standard deviations between the classes of each feature that is there at the start."""
MOST_NOISE = 1.0
LEAST_GAIN = -0.03
"""What the gate must hold on 40 noise features at n = 80: noise kept, and true change of AUC."""


@dataclass(frozen=True)
class Study:
    """One simulated study and what is true in it."""

    rows: Floats
    """(n, base + proposals)."""
    task: Task
    fresh_rows: Floats
    fresh_positive: Bools
    is_useful: Bools
    """(proposals,)."""
    base: int
    seed: int

    def folds(self, purpose: str, n_repeats: int = 10, n_folds: int = 5) -> Folds:
        """Draw folds over the study's cases."""
        labels = [str(value) for value in self.task.target]
        ids = range(len(labels))
        return make_folds(ids, self.task.patients, labels, self.seed, purpose, n_repeats, n_folds)

    @cached_property
    def loop_folds(self) -> Folds:
        """The folds that the gate uses throughout."""
        return self.folds("loop")

    @cached_property
    def gated(self) -> tuple[int, ...]:
        """The columns that the gate keeps: two rules begin with it."""
        return tuple(_gated(self))

    def dev_auc(self, kept: Sequence[int]) -> float:
        """Return the cross-validated AUC that the loop would believe."""
        return cross_validate(self.rows[:, kept], self.task, self.loop_folds).auc

    def true_auc(self, kept: Sequence[int]) -> float:
        """Return the AUC on fresh cases of the classifier fitted to what was kept."""
        if not kept:
            return 0.5
        rows, fresh = self.rows[:, kept], self.fresh_rows[:, kept]
        penalty = choose_penalty(rows, self.task, self.loop_folds)
        return auc(fitted_logits(rows, self.task, fresh, penalty), self.fresh_positive)


Rule = Callable[[Study], list[int]]
"""Returns the columns that a rule keeps."""


@dataclass(frozen=True)
class Row:
    """What one rule did, averaged over studies."""

    rule: str
    noise_kept: float
    useful_kept: float
    optimism: float
    """Cross-validated AUC minus true AUC."""
    gain: float
    """True AUC minus that of the features there at the start."""
    gain_se: float
    true_auc: float


@dataclass(frozen=True)
class GateSelftest:
    """Every rule on the same studies."""

    n: int
    proposals: int
    useful_share: float
    repetitions: int
    rows: tuple[Row, ...]

    def row(self, rule: str) -> Row:
        """Return one rule's row."""
        return next(row for row in self.rows if row.rule == rule)

    @property
    def best(self) -> str:
        """The rule with the highest true AUC."""
        return max(self.rows, key=lambda row: row.true_auc).rule

    @property
    def has_passed(self) -> bool:
        """Whether the gate keeps noise out (asked on studies without useful proposals)."""
        gate = self.row(GATE)
        return gate.noise_kept <= MOST_NOISE and gate.gain >= LEAST_GAIN


def selftest_gate(
    noise: int = 40,
    n: int = 80,
    reps: int = 100,
    useful_share: float = 0.0,
    effect: float = 0.5,
    base: int = 3,
    seed: int = 0,
    rules: Sequence[str] = (),
) -> GateSelftest:
    """Measure the rules on simulated studies.

    Parameters
    ----------
    noise : int
        Features that are proposed.
    n : int
        Development patients, half of each class.
    reps : int
        Studies.
    useful_share : float
        Share of the proposals that separate the classes by `effect` standard deviations.
    base : int
        Useful features there at the start.
    seed : int
        Same seed, same studies.
    rules : sequence of str
        Names of `RULES`; empty: all.
    """
    names = tuple(rules) or tuple(RULES)
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in names}
    for repetition in range(reps):
        study = draw_study(n, noise, useful_share, effect, base, seed * 100_003 + repetition)
        start = study.true_auc(range(base))
        known: dict[tuple[int, ...], tuple[float, ...]] = {}
        for name in names:
            kept = tuple(RULES[name](study))
            known[kept] = known.get(kept) or _outcome(study, list(kept), start)
            found[name].append(known[kept])
    rows = tuple(_averaged(name, np.array(found[name])) for name in names)
    return GateSelftest(n, noise, useful_share, reps, rows)


def draw_study(n: int, proposals: int, useful_share: float, effect: float, base: int, seed: int) -> Study:
    """Draw one study of independent normal features."""
    rng = np.random.default_rng(seed)
    is_useful = rng.random(proposals) < useful_share
    shift = np.concatenate([np.full(base, BASE_EFFECT), effect * is_useful])
    target, fresh = np.arange(n) % 2, np.arange(FRESH_CASES) % 2
    rows = rng.normal(size=(n, base + proposals)) + shift * target[:, None]
    fresh_rows = rng.normal(size=(FRESH_CASES, base + proposals)) + shift * fresh[:, None]
    task = Task(target.astype(np.int64), tuple(f"p{index:05d}" for index in range(n)))
    return Study(rows, task, fresh_rows, fresh == 1, is_useful, base, seed)


def _outcome(study: Study, kept: list[int], start: float) -> tuple[float, ...]:
    proposals = np.array([column - study.base for column in kept if column >= study.base], dtype=np.int64)
    useful = int(study.is_useful[proposals].sum())
    true = study.true_auc(kept)
    return (len(proposals) - useful, useful, study.dev_auc(kept) - true, true - start, true)


def _averaged(rule: str, found: Floats) -> Row:
    noise, useful, optimism, gain, true = found.mean(axis=0)
    se = float(found[:, 3].std(ddof=1) / np.sqrt(len(found))) if len(found) > 1 else float("nan")
    return Row(rule, float(noise), float(useful), float(optimism), float(gain), se, float(true))


def _nothing(study: Study) -> list[int]:
    return list(range(study.base))


def _everything(study: Study) -> list[int]:
    return list(range(study.rows.shape[1]))


def _greedily(study: Study, accepts: Callable[[list[int], list[int]], bool]) -> list[int]:
    kept = list(range(study.base))
    for column in range(study.base, study.rows.shape[1]):
        if accepts(kept, [*kept, column]):
            kept.append(column)
    return kept


def _gated(study: Study) -> list[int]:
    def accepts(kept: list[int], more: list[int]) -> bool:
        # One penalty on both sides: what is compared is the feature, not two choices of a penalty.
        penalty = (choose_penalty(study.rows[:, more], study.task, study.loop_folds),)
        sides = [
            cross_validate(study.rows[:, s], study.task, study.loop_folds, penalty) for s in (kept, more)
        ]
        return decide(sides[0], sides[1], study.loop_folds).outcome == "accepted"

    return _greedily(study, accepts)


def _gated_then_pruned(study: Study) -> list[int]:
    kept = study.gated
    return [kept[place] for place in prune(study.rows[:, list(kept)], study.task, study.folds("fresh"))]


def _everything_then_pruned(study: Study) -> list[int]:
    return list(prune(study.rows, study.task, study.folds("fresh")))


def _one_se(study: Study) -> list[int]:
    """Paired one-standard-error gate on out-of-fold scores (the parameter-free Ladder)."""
    folds = study.folds("one_se", 2)
    positive = study.task.target == 1

    def accepts(kept: list[int], more: list[int]) -> bool:
        before, after = (_plain_scores(study, some, folds)[1] for some in (kept, more))
        found = delong(after, before, positive)
        return found.value > found.se

    return _greedily(study, accepts)


def _published(
    n_folds: int, n_repeats: int, with_accuracy: bool, with_auc: bool
) -> Callable[[Study], list[int]]:
    def rule(study: Study) -> list[int]:
        folds = study.folds("published", n_repeats, n_folds)

        def value(columns: list[int]) -> float:
            aucs, scores = _plain_scores(study, columns, folds)
            accuracy = float(((scores > 0) == (study.task.target == 1)).mean())
            return with_auc * float(aucs.mean()) + with_accuracy * accuracy

        return _greedily(study, lambda kept, more: value(more) - value(kept) > 1e-12)

    return rule


def _plain_scores(study: Study, columns: list[int], folds: Folds) -> tuple[Floats, Floats]:
    """Return within-fold AUCs and mean out-of-fold scores of ridge least squares with penalty 1."""
    rows, signs = study.rows[:, columns], 2.0 * study.task.target - 1
    design = np.c_[np.ones(len(rows)), (rows - rows.mean(axis=0)) / rows.std(axis=0)]
    inside = (~folds.tests).astype(float)
    ridge = np.diag(np.r_[0.0, np.ones(rows.shape[1])])
    hessian = design.T @ (inside[:, :, None] * design) + ridge
    weights = np.linalg.solve(hessian, (inside * signs @ design)[:, :, None])[:, :, 0]
    scores = weights @ design.T
    positive = study.task.target == 1
    aucs = [auc(one[test], positive[test]) for one, test in zip(scores, folds.tests, strict=True)]
    return np.array(aucs), np.asarray((scores * folds.tests).sum(axis=0) / folds.tests.sum(axis=0))


SHIPPED = "all stable features, ridge (shipped)"
GATE = "gate, corrected p < .20"
RULES: dict[str, Rule] = {
    "nothing added": _nothing,
    SHIPPED: _everything,
    "all stable features, pruned on fresh folds": _everything_then_pruned,
    GATE: lambda study: list(study.gated),
    "gate, then pruned on fresh folds": _gated_then_pruned,
    "1-SE gate (paired DeLong)": _one_se,
    "CAAFE: 10x2 folds, AUC + accuracy rises": _published(10, 2, True, True),
    "FunSearch, LLM-FE: 1x4 folds, accuracy rises": _published(4, 1, True, False),
    "GEPA: 1x5 folds, AUC rises": _published(5, 1, False, True),
}
"""Name -> rule. Published rules are those read in the sources of the systems, simplified to greedy adds."""
