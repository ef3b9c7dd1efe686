"""AUC, standard errors and corrections against slower formulas, and the interval against a known truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scafe.evals.compare.numbers import Placed, holm, paired, place, standard_error
from scafe.evals.scoring.cases import Scored
from scafe.evals.scoring.score import Task
from scafe.evals.scoring.stats import auc, delong


def scored(rng: np.random.Generator, n_classes: int, patients: int = 12) -> Scored:
    classes = tuple(f"c{number}" for number in range(n_classes))
    target = np.arange(n_classes * patients) % n_classes
    logits = rng.normal(size=(len(target), n_classes))
    logits[np.arange(len(target)), n_classes - 1 - target if n_classes == 2 else target] += 1
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    task = Task(target, tuple(f"p{number:03d}" for number in range(len(target))), n_classes)
    return Scored(task, classes, chances)


@pytest.mark.parametrize("n_classes", [2, 3, 9])
@given(seed=st.integers(0, 1000))
def test_the_mean_placement_is_the_auc_that_every_report_prints(n_classes: int, seed: int) -> None:
    one = scored(np.random.default_rng(seed), n_classes)
    assert place(one).auc == pytest.approx(one.auc, abs=1e-9)


@given(seed=st.integers(0, 1000))
def test_without_spread_over_draws_the_error_is_delongs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = scored(rng, 2), scored(rng, 2)
    expected = delong(first.chances, second.chances, first.positive)
    found = paired([place(first)] * 3, [place(second)] * 3)
    assert found.interval.value == pytest.approx(expected.value, abs=1e-9)
    half = (found.interval.high - found.interval.low) / 2
    assert half / 4.302653 == pytest.approx(expected.se, abs=1e-6)  # t of 2 degrees


def test_a_row_compared_with_itself_differs_by_nothing() -> None:
    draws = [place(scored(np.random.default_rng(seed), 3)) for seed in range(4)]
    found = paired(draws, draws)
    assert (found.interval.value, found.interval.low, found.interval.high, found.p) == (0, 0, 0, 1)


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_monotone_and_never_below_what_it_corrects(values: list[float]) -> None:
    found = holm(values)
    assert all(new >= old for new, old in zip(found, values, strict=True))
    assert all(new <= min(1.0, len(values) * old) + 1e-12 for new, old in zip(found, values, strict=True))
    order = np.argsort(values, kind="stable")
    assert (np.diff(np.array(found)[order]) >= 0).all()


def test_more_draws_of_the_same_patients_cannot_make_the_error_vanish() -> None:
    one = place(scored(np.random.default_rng(0), 2))
    assert standard_error([one] * 200) == pytest.approx(standard_error([one] * 2))


@pytest.mark.slow
def test_the_interval_of_a_difference_covers_what_a_large_population_shows() -> None:
    """Two feature sets, 60 studies of 80 patients, 10 draws of 10 a class: at least 90 % cover."""
    truth = np.mean([_draw_gain(np.random.default_rng([9, n]), *_population(n, 4000))[0] for n in range(200)])
    covered = []
    for study in range(60):
        rng = np.random.default_rng([5, study])
        rows, positive = _population(10_000 + study, 80)
        pairs = [_draw_gain(rng, rows, positive)[1] for _ in range(10)]
        found = paired([first for first, _ in pairs], [second for _, second in pairs])
        covered.append(found.interval.low <= truth <= found.interval.high)
    assert np.mean(covered) >= 0.9


def _population(seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([1, seed])
    positive = np.arange(size) % 2 == 0
    rows = rng.normal(size=(size, 6))
    rows[:, 0] += 0.9 * positive
    rows[:, 3] += 0.6 * positive
    return rows, positive


def _draw_gain(
    rng: np.random.Generator, rows: np.ndarray, positive: np.ndarray
) -> tuple[float, tuple[Placed, Placed]]:
    order = rng.permutation(len(rows))
    groups = [order[positive[order]], order[~positive[order]]]
    train = np.concatenate([group[:10] for group in groups])
    test = np.sort(np.concatenate([group[10 : 10 + len(group) * 3 // 10] for group in groups]))
    scores = []
    for part in (rows[:, :3], rows[:, 3:]):
        means = [part[train[positive[train] == side]].mean(axis=0) for side in (True, False)]
        scores.append(part[test] @ (means[0] - means[1]))
    placed = []
    for score in scores:
        chances = 1 / (1 + np.exp(-score))
        task = Task(positive[test].astype(np.int64), tuple(f"p{n:04d}" for n in test))
        placed.append(place(Scored(task, ("yes", "no"), np.stack([chances, 1 - chances], axis=1))))
    gain = auc(scores[0], positive[test]) - auc(scores[1], positive[test])
    return gain, (placed[0], placed[1])
