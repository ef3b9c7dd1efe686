"""Which operator comes next: Thompson sampling over a handful of arms with informative priors.

With about twenty adaptive calls a bandit over operators can learn a little, one over models nothing;
the priors carry most of the choice. A request wins if it brought a feature into the pool, or a shorter
source with the same values.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from scafe.agent.brief.brief import Operator

PRIORS: dict[Operator, tuple[float, float]] = {
    "refine": (3.0, 3.0),
    "recombine": (2.0, 3.0),
    "redraft": (2.0, 3.0),
    "counter": (1.5, 3.0),
    "simplify": (1.0, 3.0),
}
"""Beta(a, b) of each arm: worth four to six pulls, refinement first (published loops gain most from it),
simplification last (it never adds a feature). A judgement, to be replaced by counts over many runs."""


@dataclass(frozen=True)
class Choice:
    """One draw of the bandit."""

    operator: Operator
    draws: dict[str, float]
    """What each available arm drew, four digits."""


def posterior(wins: Mapping[str, int], tries: Mapping[str, int]) -> dict[str, tuple[float, float]]:
    """Return Beta(a, b) of every arm after what the run has seen."""
    return {
        operator: (a + wins.get(operator, 0), b + tries.get(operator, 0) - wins.get(operator, 0))
        for operator, (a, b) in PRIORS.items()
    }


def choose(
    beliefs: Mapping[str, tuple[float, float]], available: Collection[str], rng: np.random.Generator
) -> Choice:
    """Draw once from every arm, in a fixed order, and take the available arm that drew most."""
    # every arm draws, so what is available does not shift the stream
    drawn = [(operator, round(float(rng.beta(*beliefs[operator])), 4)) for operator in PRIORS]
    open_arms = [(operator, value) for operator, value in drawn if operator in available]
    best, _ = max(open_arms, key=lambda one: (one[1], one[0]))
    return Choice(operator=best, draws={str(operator): value for operator, value in open_arms})


def round_rng(seed: int, round_number: int) -> np.random.Generator:
    """Return the generator of one round; nothing else draws from it."""
    return np.random.default_rng(np.random.SeedSequence([seed, round_number]))
