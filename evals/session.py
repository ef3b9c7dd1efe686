"""What the bench process holds while it is open: data, split, folds, sandbox, ledger.

Nothing of a session leaves its process; `freeze`, `seal` and `report` work on it there. Skeleton: the
attributes and signatures below stand, their bodies follow.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.evals.bench import BenchFacts, BenchSpec, FeatureRef
from scafe.knowledge.criteria import CriteriaPack
from scafe.sandbox.pool import Pool


class BenchSession:
    """An open bench. `ids` are always positions in `dataset.items`."""

    spec: BenchSpec
    facts: BenchFacts
    pack: CriteriaPack
    dataset: Any
    """`dataset.Dataset`: items (label, patient), classes (positive first), load(id) -> ImageAndMask."""
    split: Any
    """`splits.Split`: dev and sealed, tuples of ids; sealed is empty if the data is too small."""
    folds: Any
    """`splits.Folds` over the dev ids, fixed for the run: ids, groups, labels, tests (repeats*k, n) bool."""
    fresh_folds: Any
    """Folds over the dev ids that the loop never used: for pruning and for what a report re-scores."""
    pool: Pool
    """The sandbox, open."""
    ledger: Any
    """`disclosure.Ledger`: what the labels have answered so far, in bits, and the bound it implies."""
    sources: dict[str, str]
    """SHA-256 -> source of every extractor that was probed or scored."""
    folder: Path
    """Private folder of the bench (mode 0700)."""

    def feature_table(self, source: str, ids: tuple[int, ...]) -> Any:
        """Run one extractor over items (cached): `features.FeatureTable` with names, rows, faults."""
        raise NotImplementedError

    def matrix(self, pool: tuple[FeatureRef, ...], ids: tuple[int, ...]) -> NDArray[np.float64]:
        """Return the (len(ids), len(pool)) values of pooled features, NaN where not measurable."""
        raise NotImplementedError

    def target(self, ids: tuple[int, ...]) -> NDArray[np.int64]:
        """Return labels as numbers: 1 is the positive class of two; else the position in `classes`."""
        raise NotImplementedError

    def patients(self, ids: tuple[int, ...]) -> tuple[str, ...]:
        """Return the patient of each item."""
        raise NotImplementedError
