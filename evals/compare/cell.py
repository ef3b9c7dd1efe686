"""One cell of the work: a peer fitted at every size of a draw, and what it says of the test patients."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from scafe.evals.compare.plan import ALL, Draw
from scafe.evals.compare.shelf import read_rows
from scafe.evals.peers.peer import Fitted, Peer, Rows, Sample, Train
from scafe.evals.scoring.cases import Cases, per_patient
from scafe.evals.scoring.score import Task
from scafe.evals.scoring.threads import one_thread

DIGITS = 6
"""Decimals kept of a probability: last bits differ between processors."""


@dataclass(frozen=True)
class Job:
    """One peer, one draw."""

    peer: Peer
    draw: Draw
    sizes: tuple[int, ...]
    task: Task
    classes: tuple[str, ...]
    keys: tuple[str, ...]
    """Hash of every image."""
    views: Mapping[str, Path]
    """Key of a view -> the file that holds it."""


def run_job(job: Job) -> dict[str, Any]:
    """Fit and predict at every size.

    Returns
    -------
    dict
        Size -> probabilities of the test patients in the order of their names, processor seconds, and the
        share of each part where the peer tells it. A row without labels has the size 0 alone.
    """
    sizes = job.sizes if job.peer.card.needs_labels else (ALL,)
    with one_thread():
        return {str(size): _at(job, size) for size in sizes}


def _at(job: Job, size: int) -> dict[str, Any]:
    rows = {key: _rows(path, job.keys) for key, path in job.views.items()}
    train, test = _part(job, rows, job.draw.train(size)), _part(job, rows, job.draw.test)
    if not job.peer.card.needs_labels:
        train = _without_labels(train)
    started = time.process_time()
    fitted = job.peer.fit(train)
    seconds = time.process_time() - started
    shown = test.unlabelled()
    scored = per_patient(test.cases(""), fitted.predict(shown))
    waiting = list(getattr(fitted, "open", ()))
    return {
        **({"open": waiting} if waiting else {}),
        "probabilities": scored.probabilities.round(DIGITS).tolist(),
        "seconds": round(seconds, 3),
        "shares": _shares(fitted, shown),
    }


def _part(job: Job, rows: Mapping[str, Rows], patients: frozenset[str]) -> Train:
    everyone = Train(rows, job.task.patients, job.classes, job.draw.seed, job.task)
    return everyone.select(np.isin(job.task.patients, sorted(patients)))


def _without_labels(train: Train) -> Train:
    blank = Task(np.zeros(len(train), dtype=np.int64), train.patients, len(train.classes))
    return Train(train.views, train.patients, train.classes, train.seed, blank)


def _shares(fitted: Fitted, sample: Sample) -> dict[str, float]:
    told = getattr(fitted, "shares", None)
    return {} if told is None else {name: round(value, 4) for name, value in told(sample).items()}


@lru_cache(maxsize=16)
def _rows(path: Path, keys: tuple[str, ...]) -> Rows:
    return read_rows(path, keys)


def scored_of(task: Task, classes: Sequence[str], test: frozenset[str]) -> Cases:
    """Return the test patients' cases, without features: who they are and what they have."""
    nothing = Cases(np.zeros((len(task.target), 0)), task, tuple(classes))
    return nothing.select(np.isin(task.patients, sorted(test)))
