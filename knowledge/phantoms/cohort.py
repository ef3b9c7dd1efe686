"""How the phantoms of this folder draw the members of a class: each dial from a normal, cut to its range."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scafe.knowledge.phantoms.base import Dial


@dataclass(frozen=True)
class Spread:
    """Normal distribution of a dial within a class, cut to the dial's range."""

    mean: float
    sd: float


def draw_dials(
    rng: np.random.Generator,
    known: Sequence[Dial],
    spreads: Mapping[str, tuple[Spread, Spread]],
    positive: bool,
) -> dict[str, float]:
    """Draw every dial that has a spread; `positive` picks the second of each pair."""
    drawn = {}
    for dial in known:
        if dial.name in spreads:
            spread = spreads[dial.name][int(positive)]
            drawn[dial.name] = float(np.clip(rng.normal(spread.mean, spread.sd), dial.low, dial.high))
    return drawn


def shortcut(nuisances: dict[str, float], flavour: str, positive: bool) -> None:
    """Put a flavour's shortcut into the nuisances of one member, in place."""
    if flavour == "shortcut_ruler":
        nuisances["ruler"] = 1.0 if positive else 0.0
    if flavour == "shortcut_camera" and positive:
        nuisances["light"] = min(1.3, nuisances["light"] + 0.2)
