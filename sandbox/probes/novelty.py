"""Turn a feature away that says what an accepted one says, before any patient is asked."""

from collections.abc import Sequence

import numpy as np

from scafe.sandbox.probes.agreement import spearman
from scafe.sandbox.probes.verdict import FeatureEvidence

SAME = 0.98
"""|rho| on phantoms from which two features count as one (DESIGN: novelty before money)."""


def twin_of(evidence: FeatureEvidence, pooled: Sequence[FeatureEvidence]) -> int | None:
    """Return the place of the first pooled feature that `evidence` repeats, or None.

    A place and not a name: a revision keeps the names of its parent.

    Both sides are compared on the values that the probes kept of the same drawn phantoms.
    """
    mine = _values(evidence)
    for place, other in enumerate(pooled):
        theirs = _values(other)
        if mine.shape == theirs.shape and abs(spearman(mine, theirs)) > SAME:
            return place
    return None


def _values(evidence: FeatureEvidence) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.array([np.nan if one is None else one for one in evidence.fingerprint], dtype=np.float64)
