"""How far a feature agrees with itself when images are changed in ways that no honest feature minds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.sandbox.probes.agreement import icc_a1
from scafe.sandbox.probes.perturbations import PERTURBATIONS

AGREEING = 0.9
"""Least share of images on which a feature must be missing, or not, whatever the perturbation."""


@dataclass(frozen=True)
class Steadiness:
    """How far one feature agrees with itself over the five perturbations."""

    icc: float
    """Smallest ICC(A,1); NaN where it cannot be told."""
    worst: str
    """The perturbation it belongs to; '' if none can be told."""


def steadiness(plain: NDArray[np.float64], changed: NDArray[np.float64]) -> Steadiness:
    """Compare (n,) values with (n * n_perturbations,) of the same images, the perturbations in turn."""
    turns = len(PERTURBATIONS)
    return _worst(
        {name: _agreement(plain, changed[place::turns]) for place, name in enumerate(PERTURBATIONS)}
    )


def _agreement(plain: NDArray[np.float64], changed: NDArray[np.float64]) -> float:
    if float(np.mean(np.isnan(plain) == np.isnan(changed))) < AGREEING:
        return 0.0
    return icc_a1(plain, changed)


def _worst(found: Mapping[str, float]) -> Steadiness:
    known = {name: icc for name, icc in found.items() if not np.isnan(icc)}
    if not known:
        return Steadiness(float("nan"), "")
    worst = min(known, key=lambda name: known[name])
    return Steadiness(known[worst], worst)
