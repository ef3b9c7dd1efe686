"""When to stop: a graded plateau, a pure function of what the rounds brought."""

from collections.abc import Sequence
from typing import Literal

Plateau = Literal["ok", "warn", "change", "stop"]
"""ok: the last round gained · warn: it did not · change: nor did the one before, so other operators get
their turn · stop: three rounds without a gain."""

DRY_ROUNDS: dict[int, Plateau] = {0: "ok", 1: "warn", 2: "change"}


def plateau(gains: Sequence[int]) -> Plateau:
    """Grade the run by how many rounds at its end brought no feature into the pool.

    >>> [plateau(gains) for gains in ([3], [3, 0], [3, 0, 0], [3, 0, 0, 0], [3, 0, 1])]
    ['ok', 'warn', 'change', 'stop', 'ok']
    """
    dry = 0
    for gain in reversed(gains):
        if gain > 0:
            break
        dry += 1
    return DRY_ROUNDS.get(dry, "stop")


def is_vain(accepted: Sequence[int], patience: int = 1) -> bool:
    """Tell whether the last `patience` adaptive rounds brought nothing that the gate accepted.

    One is enough by default: a round after such a one was accepted once in 19, when rounds still went on
    (trace format 4, built-in drafter, November 2026). With a patience of 0 there is no adaptive round.

    >>> [is_vain(counts) for counts in ([], [0], [1, 0], [0, 1])]
    [False, True, True, False]
    >>> [is_vain(counts, patience=2) for counts in ([0], [1, 0], [0, 0])]
    [False, False, True]
    >>> is_vain([], patience=0)
    True
    """
    return len(accepted) >= patience and not any(accepted[-patience:])
