"""How fast scoring is, in ratios that one run measures side by side: `python -m benchmarks.evals`.

Three questions: what does one more extractor cost a set that was scored before; how does the nested
cross-validation compare with a plain scikit-learn loop that gives the same numbers; what does the sandbox
add to running an extractor in this process. CPU seconds are of the process that is measured.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from scafe.evals.data.features import FeatureStore
from scafe.evals.scoring.score import PENALTIES, Task, cross_validate
from scafe.evals.scoring.splits import Folds, make_folds
from scafe.knowledge.measures import measure_source
from scafe.knowledge.phantoms import draw_cohort, load_phantom
from scafe.sandbox.pool.pool import ImageAndMask, Pool

FIRST = ("dermoscopy_asymmetry", "dermoscopy_border", "dermoscopy_colour")
ADDED = "dermoscopy_structureless"
ROUNDS = 9


@dataclass(frozen=True)
class Ratio:
    """One measurement and its control."""

    what: str
    seconds: float
    control: str
    control_seconds: float
    detail: str

    @property
    def times(self) -> float:
        """Control over measured: above 1 is faster than the control."""
        return self.control_seconds / self.seconds


def main() -> None:
    """Measure, and print a table or one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=120)
    parser.add_argument(
        "--size", type=int, default=384, help="edge of a phantom in pixels; photographs have more"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    cv2.setNumThreads(1)  # as in a cell; two threads against one would be no control
    images = phantoms(options.images, options.size)
    found = [cross_validation(), *extraction(images)]
    if options.json:
        print(json.dumps([{**asdict(one), "times": one.times} for one in found]))
        return
    for one in found:
        print(
            f"{one.what}: {one.seconds:.2f} s; {one.control}: {one.control_seconds:.2f} s; ×{one.times:.2f}"
        )
        print(f"  {one.detail}")


def phantoms(number: int, size: int) -> list[ImageAndMask]:
    """Draw dermoscopy phantoms, locked as a dataset's images are."""
    cohort = draw_cohort(load_phantom("dermoscopy"), 0, (number + 1) // 2, size=size)
    return [ImageAndMask(one.phantom.image, one.phantom.mask).locked() for one in cohort][:number]


def cross_validation(n: int = 400, features: int = 40, naive_repeats: int = 1) -> Ratio:
    """Compare nested 5×10 cross-validation with scikit-learn's, on identical folds."""
    rng = np.random.default_rng(0)
    target = np.arange(n) % 2
    rows = rng.normal(size=(n, features)) + 0.3 * target[:, None] * (np.arange(features) < 5)
    patients = tuple(f"p{index}" for index in range(n))
    folds = make_folds(range(n), patients, [str(value) for value in target], 0, "bench")
    task = Task(target.astype(np.int64), patients)
    with threadpool_limits(1):
        fast = timed(lambda: cross_validate(rows, task, folds))
        few = Folds(folds.ids, folds.fold[:naive_repeats], folds.n_folds)
        slow = timed(lambda: naive(rows, target, few))
    same = np.abs(fast.value.fold_aucs[: len(slow.value)] - slow.value).max()
    scaled = slow.seconds * folds.n_repeats / naive_repeats
    return Ratio(
        f"nested 5x10 CV, n = {n}, {features} features",
        fast.seconds,
        f"scikit-learn loop ({naive_repeats} of {folds.n_repeats} repeats, scaled)",
        scaled,
        f"largest difference of a fold's AUC: {same:.1e}",
    )


def naive(rows: np.ndarray, target: np.ndarray, folds: Folds) -> np.ndarray:
    """Score with GridSearchCV around a pipeline, fold by fold."""
    aucs = []
    for fold in folds.fold:
        for number in range(folds.n_folds):
            train, test = fold != number, fold == number
            inner = PredefinedSplit(np.unique(fold[train], return_inverse=True)[1])
            model = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky", tol=1e-10))
            grid = {"logisticregression__C": list(PENALTIES)}
            search = GridSearchCV(model, grid, scoring="neg_log_loss", cv=inner).fit(
                rows[train], target[train]
            )
            aucs.append(roc_auc_score(target[test], search.decision_function(rows[test])))
    return np.array(aucs)


def extraction(images: list[ImageAndMask]) -> list[Ratio]:
    """Measure the cache, and the sandbox against this process."""
    sources = {name: measure_source(name) for name in (*FIRST, ADDED)}
    keys = [str(index) for index in range(len(images))]
    with tempfile.TemporaryDirectory() as folder, Pool(1, allow_weaker=True) as pool:
        store = FeatureStore(Path(folder), pool)
        pool.extract(sources[ADDED], images[:1])
        whole = timed(lambda: [store.table(sources[name], keys, images) for name in FIRST], wall=True)
        again = FeatureStore(Path(folder), pool)
        names = (*FIRST, ADDED)
        grown = timed(lambda: [again.table(sources[name], keys, images) for name in names], wall=True)
        rounds = side_by_side(pool, sources[FIRST[0]], sources[FIRST[1]], images)
    return [
        Ratio(
            f"the same set and one extractor more, {len(images)} images",
            grown.seconds,
            f"the first {len(FIRST)} extractors",
            whole.seconds,
            "rows that were there are read from disk; only the new extractor runs",
        ),
        Ratio(
            "one extractor in the sandbox, 1 worker",
            median(one.inside for one in rounds),
            "in this process",
            median(one.before for one in rounds),
            f"sandbox over in-process: {median(one.ratio for one in rounds):.3f}; "
            f"in-process over in-process: {median(one.control for one in rounds):.3f}; "
            f"{median(one.start for one in rounds) * 1e3:.0f} ms of it start the cell",
        ),
    ]


@dataclass(frozen=True)
class Round:
    """Seconds of the sandbox between two runs in this process."""

    before: float
    inside: float
    after: float
    start: float
    """What a new cell took before its first image; part of `inside`."""

    @property
    def ratio(self) -> float:
        """Sandbox over in-process; taken in each round, because the machine's pace changes between them."""
        return 2 * self.inside / (self.before + self.after)

    @property
    def control(self) -> float:
        """In-process over in-process."""
        return self.after / self.before


def side_by_side(pool: Pool, source: str, other: str, images: list[ImageAndMask]) -> list[Round]:
    """Time an extractor in this process, in the sandbox, and in this process again, `ROUNDS` times.

    A cell is forked anew each time, as for a new extractor: another one runs in between, untimed.
    """
    found = []
    for _ in range(ROUNDS):
        before = timed(lambda: in_process(source, images), wall=True).seconds
        pool.extract(other, images[:1])
        jailed = timed(lambda: pool.extract(source, images), wall=True)
        after = timed(lambda: in_process(source, images), wall=True).seconds
        found.append(Round(before, jailed.seconds, after, jailed.seconds - jailed.value.seconds))
    return found


def in_process(source: str, images: list[ImageAndMask]) -> list[Any]:
    """Run an extractor of this repository without a sandbox."""
    space: dict[str, Any] = {}
    exec(compile(source, "extractor", "exec"), space)
    return [space["extract"](one.image, one.mask) for one in images]


@dataclass(frozen=True)
class Timed:
    """What a call returned, and how long it took."""

    value: Any
    seconds: float


def timed(call: Callable[[], Any], wall: bool = False) -> Timed:
    """Call once and time it, by CPU of this process or by the wall."""
    clock = time.perf_counter if wall else time.process_time
    start = clock()
    value = call()
    return Timed(value, clock() - start)


if __name__ == "__main__":
    main()
