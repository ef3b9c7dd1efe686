"""The self-test measures rules by what is true, the same way each time."""

import pytest

from scafe.evals.processes.check import gate_lines
from scafe.evals.scoring.simulation import GATE, RULES, SHIPPED, draw_study, selftest_gate


def test_the_same_seed_measures_the_same() -> None:
    first, second = (selftest_gate(4, n=40, reps=2, rules=(SHIPPED, GATE)) for _ in range(2))
    assert first == second


def test_all_useful_features_together_beat_none() -> None:
    found = selftest_gate(6, n=60, reps=3, useful_share=1.0, effect=1.0, rules=("nothing added", SHIPPED))
    assert found.best == SHIPPED
    assert found.row(SHIPPED).useful_kept == 6
    assert found.row(SHIPPED).noise_kept == 0
    assert found.row("nothing added").gain == 0


def test_a_greedy_rule_on_noise_believes_more_than_is_true_and_the_shipped_rule_does_not() -> None:
    greedy = "GEPA: 1x5 folds, AUC rises"
    found = selftest_gate(12, n=40, reps=6, base=0, rules=(SHIPPED, greedy))
    assert found.row(greedy).noise_kept > 1
    assert found.row(greedy).optimism > found.row(SHIPPED).optimism + 0.05


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_keeps_the_base_and_only_proposals(rule: str) -> None:
    study = draw_study(40, 3, 0.5, 1.0, 2, seed=5)
    kept = RULES[rule](study)
    assert kept == sorted(set(kept))
    assert set(kept) <= set(range(5))


def test_the_table_names_the_best_rule() -> None:
    lines = gate_lines(selftest_gate(2, n=40, reps=2, rules=(SHIPPED, GATE)))
    assert len(lines) == 4
    assert "best here" in lines[-1]
