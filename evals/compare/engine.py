"""Run a comparison: views once an image, then every peer on every draw, several draws at a time."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scafe.evals.compare.cell import Job, run_job
from scafe.evals.compare.outward import Asked
from scafe.evals.compare.plan import Plan
from scafe.evals.compare.shelf import Shelf, code_digest
from scafe.evals.compare.shown import Shown
from scafe.evals.peers import penalised, training
from scafe.evals.peers.peer import Peer, Setting, UnavailableError

RULES = (penalised, training)
"""Shared code that decides what a cell holds, beside the peer's own."""
CELLS = 1
"""Version of how a cell is made of draw, views and peer (`cell`); raise it when that changes."""


@dataclass(frozen=True)
class Progress:
    """How far it is."""

    step: str
    done: int
    of: int
    seconds_left: float | None
    """None: not known yet."""


Hear = Callable[[Progress], None]


@dataclass(frozen=True)
class Ran:
    """What one peer gave."""

    peer: Peer
    cells: tuple[Mapping[str, Any], ...] = ()
    """One per draw; empty where it could not run."""
    reason: str = ""
    """Why it could not run, and the way out."""
    open: tuple[Asked, ...] = ()
    """Questions to a model that have no answer yet."""
    image_seconds: float = 0.0
    """Processor seconds of its views; those that rows share are counted in each."""


@dataclass
class Clock:
    """Tells how much of a step is left, from how long its part took."""

    step: str
    of: int
    hear: Hear
    done: int = 0
    started: float = field(default_factory=time.monotonic)

    def add(self, number: int = 1) -> None:
        """Count what is done, and tell."""
        self.done += number
        spent = time.monotonic() - self.started
        left = spent / self.done * (self.of - self.done) if self.done else None
        self.hear(Progress(self.step, self.done, self.of, left))


def run_all(
    peers: Sequence[Peer],
    shown: Shown,
    plan: Plan,
    setting: Setting,
    shelf: Shelf,
    workers: int = 1,
    hear: Hear = lambda told: None,
) -> tuple[Ran, ...]:
    """Run every peer on every draw; what was kept is not run again.

    Parameters
    ----------
    peers : sequence of Peer
    shown, plan, setting
        What is compared on, who is drawn, and what peers may know.
    shelf : Shelf
        Keeps views and cells.
    workers : int
        Draws at a time, each in a process of its own; the result does not depend on it.
    hear : callable
        Is told how far it is.

    Returns
    -------
    tuple of Ran
        In the order of the peers; one that cannot run here carries the reason.
    """
    found: dict[str, Ran] = {}
    ready: list[tuple[Peer, Mapping[str, Path]]] = []
    for one in peers:
        try:
            ready.append((one, _viewed(one, shown, setting, shelf, hear)))
        except UnavailableError as error:
            found[one.card.name] = Ran(one, reason=str(error))
    cells = _cells(ready, shown, plan, shelf, workers, hear)
    for one, _ in ready:
        ran = _ran(one, [cells[one.card.name, draw.number] for draw in plan.draws])
        spent = sum(shelf.view_seconds(view) for view in one.views(setting))
        found[one.card.name] = replace(ran, image_seconds=spent)
    return tuple(found[one.card.name] for one in peers)


def _ran(one: Peer, cells: Sequence[Mapping[str, Any]]) -> Ran:
    waiting = {asked.id: asked for cell in cells for at in cell.values() for asked in at.get("open", ())}
    if not waiting:
        return Ran(one, tuple(cells))
    reason = f"{len(waiting)} questions wait for the model's answers; the same command goes on"
    return Ran(one, reason=reason, open=tuple(waiting.values()))


def _viewed(viewer: Peer, shown: Shown, setting: Setting, shelf: Shelf, hear: Hear) -> dict[str, Path]:
    paths = {}
    for view in viewer.views(setting):
        clock = Clock(f"{viewer.card.name}: images", len(set(shown.keys)), hear)
        paths[view.key] = shelf.view(view, shown.keys, shown.images, clock.add)
    return paths


def _cells(
    ready: Sequence[tuple[Peer, Mapping[str, Path]]],
    shown: Shown,
    plan: Plan,
    shelf: Shelf,
    workers: int,
    hear: Hear,
) -> dict[tuple[str, int], dict[str, Any]]:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    waiting: list[tuple[str, str, Job]] = []
    common = [CELLS, shown.sha256, plan.sizes, plan.classes, _rules()]
    for one, paths in ready:
        seen = sorted(path.name for path in paths.values())
        named = [one.card.name, getattr(one, "identity", ""), seen, code_digest(one), *common]
        for draw in plan.draws:
            identity = _identity([*named, draw.number, draw.seed, sorted(draw.test), draw.order])
            kept = shelf.cell(identity)
            if kept is None:
                job = Job(one, draw, plan.sizes, plan.task, plan.classes, shown.keys, paths)
                waiting.append((one.card.name, identity, job))
            else:
                found[one.card.name, draw.number] = kept
    clock = Clock("fits", len(waiting), hear)
    for place, made in _results([job for _, _, job in waiting], workers):
        name, identity, job = waiting[place]
        if not any("open" in at for at in made.values()):
            shelf.keep_cell(identity, made)
        found[name, job.draw.number] = made
        clock.add()
    return found


def _results(jobs: Sequence[Job], workers: int) -> Any:
    """Yield (place, cell) as they are done."""
    if workers < 2 or len(jobs) < 2:
        yield from ((place, run_job(job)) for place, job in enumerate(jobs))
        return
    from joblib import Parallel, delayed

    ask = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
    try:
        yield from ask(delayed(_placed)(place, job) for place, job in enumerate(jobs))
    except BaseException:
        _end_workers(at_once=True)
        raise
    _end_workers()


def _end_workers(at_once: bool = False) -> None:
    """End joblib's processes: an interrupted comparison leaves none, and only ended ones are counted."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=not at_once, kill_workers=at_once)


def _placed(place: int, job: Job) -> tuple[int, dict[str, Any]]:
    return place, run_job(job)


def _rules() -> str:
    """Hash the shared code of the peers."""
    files = [Path(str(module.__file__)) for module in RULES]
    return hashlib.sha256("\0".join(file.read_text(encoding="utf-8") for file in files).encode()).hexdigest()


def _identity(parts: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
