"""Differential privacy for what a drafter is told of the labels: an option, for 400 patients and more.

Neighbouring studies differ in that two development patients of different class exchanged their labels;
images, masks and the sizes of the classes are the same. With a budget epsilon every univariate AUC gets
Gaussian noise before its sign and strength are banded; the gate and the AUC of a set, which one exchange may
change altogether, are not answered at all. What it does *not* cover: label-free bands (missing values,
stability, redundancy), which never read a label, and everything that stays with the researcher: pruning,
classifier, sealed score, report.
"""

import hashlib
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from scafe.evals.data.features import write_atomically
from scafe.knowledge.contract.errors import InputError

DELTA: Final = 1e-5
MIN_PATIENTS: Final = 400
"""Fewest development patients: below, the noise is larger than any effect (at 100, 8 and 50 answers .2)."""
KEY_FILE: Final = "noise.key"


@dataclass(frozen=True)
class LabelNoise:
    """Noise on univariate AUCs; the same question always gets the same."""

    sigma: float
    """Standard deviation, in units of AUC."""
    key: bytes
    """Drawn by the operating system, kept in the bench's private folder: no seed of a run tells it."""

    def on(self, source_sha256: str, feature: str) -> float:
        """Return the noise on one feature's AUC."""
        said = hashlib.blake2b(f"{source_sha256}\0{feature}".encode(), key=self.key, digest_size=32).digest()
        rng = np.random.default_rng(np.frombuffer(said, np.uint32))
        return float(rng.normal(0.0, self.sigma))


def noise_scale(epsilon: float, sensitivity: float, releases: int) -> float:
    """Return the standard deviation that makes so many releases (epsilon, `DELTA`)-private together.

    Parameters
    ----------
    epsilon : float
        Above 0.
    sensitivity : float
        Most that one release differs between neighbouring studies.
    releases : int
        At least 1; zero-concentrated privacy adds up over them.

    References
    ----------
    .. [1] Bun and Steinke (2016), Concentrated Differential Privacy: Simplifications, Extensions, and Lower
       Bounds, TCC 2016, LNCS 9985, 635-658, doi:10.1007/978-3-662-53641-4_24 (Propositions 1.3 and 1.6).

    Examples
    --------
    >>> round(noise_scale(8.0, 1 / 200, 50), 3)
    0.024
    >>> round(noise_scale(8.0, auc_sensitivity(200, 200), 100), 3)
    0.069
    """
    spread = math.log(1 / DELTA)
    rho = (math.sqrt(spread + epsilon) - math.sqrt(spread)) ** 2
    return sensitivity * math.sqrt(releases / (2 * rho))


def auc_sensitivity(n_pos: int, n_neg: int) -> float:
    """Most that the AUC of fixed values changes when a positive and a negative case exchange labels.

    Replacing one of n positives moves the mean over pairs by at most 1/n, and so for the negatives.
    """
    return 1 / n_pos + 1 / n_neg


def open_noise(folder: Path, epsilon: float, n_pos: int, n_neg: int, releases: int) -> LabelNoise:
    """Return the noise of one bench; its key is drawn once and kept, so that a resumed run repeats itself.

    Raises
    ------
    InputError
        Fewer than `MIN_PATIENTS` development patients.
    """
    if n_pos + n_neg < MIN_PATIENTS:
        raise InputError(
            f"--dp-epsilon needs at least {MIN_PATIENTS} development patients, this data has "
            f"{n_pos + n_neg}: with fewer the noise hides every feature; use --feedback blind, which tells "
            "nothing of the labels"
        )
    sigma = noise_scale(epsilon, auc_sensitivity(n_pos, n_neg), releases)
    return LabelNoise(sigma, _kept_key(folder / KEY_FILE))


def _kept_key(path: Path) -> bytes:
    if not path.exists():
        write_atomically(path, os.urandom(32))
    return path.read_bytes()
