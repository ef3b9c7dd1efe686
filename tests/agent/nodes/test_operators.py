from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from scafe.agent.nodes.operators import PRIORS, choose, posterior, round_rng
from scafe.agent.nodes.plateau import plateau
from scafe.agent.settings.call_plan import plan_calls
from scafe.knowledge.contract.errors import SettingsError

GAINS = st.lists(st.integers(0, 5), min_size=1, max_size=12)


@given(gains=GAINS)
@examples(max_examples=25, deadline=None)
def test_a_gain_ends_every_plateau(gains: list[int]) -> None:
    assert plateau([*gains, 1]) == "ok"


@given(gains=GAINS)
@examples(max_examples=25, deadline=None)
def test_a_dry_round_only_makes_a_plateau_graver(gains: list[int]) -> None:
    grades = ["ok", "warn", "change", "stop"]
    assert grades.index(plateau([*gains, 0])) == min(grades.index(plateau(gains)) + 1, 3)


def test_an_operator_that_wins_is_chosen_more_often() -> None:
    def share(wins: dict[str, int], tries: dict[str, int]) -> float:
        beliefs = posterior(wins, tries)
        rng = np.random.default_rng(0)
        chosen = Counter(choose(beliefs, list(PRIORS), rng).operator for _ in range(300))
        return chosen["recombine"] / 300

    tries = dict.fromkeys(PRIORS, 6)
    assert share({"recombine": 6}, tries) > share({}, {}) + 0.2 > share({}, {"recombine": 6}) + 0.2


def test_only_what_is_available_is_chosen_and_the_stream_does_not_depend_on_it() -> None:
    beliefs = posterior({}, {})
    everything, little = np.random.default_rng(5), np.random.default_rng(5)
    choose(beliefs, list(PRIORS), everything)
    assert choose(beliefs, ["counter"], little).operator == "counter"
    assert everything.random() == little.random()


def test_a_round_draws_from_its_own_generator() -> None:
    assert round_rng(1, 2).random() == round_rng(1, 2).random()
    assert round_rng(1, 2).random() != round_rng(1, 3).random()
    assert round_rng(1, 2).random() != round_rng(2, 2).random()


def test_fifty_calls_over_eight_criteria_are_spread_as_planned() -> None:
    plan = plan_calls(50, 8, 0, "blind")
    assert (plan.drafts, plan.repairs, plan.reserve, plan.batch) == (16, 8, 5, 4)


@given(
    calls=st.integers(3, 300),
    criteria=st.integers(1, 30),
    queries=st.integers(1, 50),
    patience=st.integers(0, 2),
)
@examples(max_examples=25, deadline=None)
def test_a_plan_leaves_a_call_for_the_plan_and_one_for_a_repair(
    calls: int, criteria: int, queries: int, patience: int
) -> None:
    for mode in ("blind", "gated"):
        plan = plan_calls(calls, criteria, queries, mode, patience=patience)
        assert 1 <= plan.drafts <= calls - 2
        assert mode == "blind" or plan.drafts <= max(queries - 4, 1)


def test_calls_that_no_adaptive_round_will_ask_for_go_to_second_drafts() -> None:
    """Named fault: without adaptive rounds half the calls stayed unspent, measures of the pack unwritten."""
    with_rounds, without = (plan_calls(24, 7, 0, "blind", patience=patience) for patience in (1, 0))
    assert (with_rounds.drafts, without.drafts) == (8, 14)
    assert without.repairs == with_rounds.repairs
    assert plan_calls(24, 7, 12, "gated", patience=0).drafts == 8


def test_a_small_budget_still_asks_once_for_every_criterion() -> None:
    assert plan_calls(16, 14, 0, "blind").drafts == 14


def test_too_few_calls_are_refused_with_the_least_number() -> None:
    with pytest.raises(SettingsError, match="at least 3"):
        plan_calls(2, 8, 0, "blind")


def test_the_baselines_spend_on_blind_drafts_alone() -> None:
    best, one = (plan_calls(50, 8, 20, "gated", search) for search in ("best_of_n", "one_shot"))
    assert (best.drafts, best.repairs) == (49, 0)
    assert (one.drafts, one.repairs) == (8, 0)
    assert min(best.reserve, one.reserve) == 50
