"""A folder of runs: every pack, model and seed once, each in a process of its own, resumed where it stopped.

sweep.json                     what was asked for; another question needs another folder
scar-vss_builtin_s001/         one cell: what `scafe run --out` made
20260102-…/                its run
said.txt                   what the command said last
"""

import contextlib
import fcntl
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from scafe.agent.record.evidence import sound_lines
from scafe.agent.record.run_folder import list_runs, write_atomically
from scafe.agent.record.sittings import seconds_of
from scafe.agent.record.trace import EVENTS, read_lines
from scafe.knowledge.contract.errors import InputError, IntegrityError

QUESTION: Final = "sweep.json"
SAID: Final = "said.txt"
LOCK: Final = "lock"
AS_EXPECTED: Final = (0, 1, 3)
"""Exit codes of a run that froze a set, found none, or waits."""
INTERRUPTED: Final = (-2, 130)
ENDED: Final = ("frozen", "no_acceptable_set")
State = Literal["frozen", "no_acceptable_set", "waiting", "interrupted", "running", "failed", "not begun"]


@dataclass(frozen=True)
class Question:
    """What a sweep asks."""

    packs: tuple[str, ...]
    models: tuple[str, ...]
    seeds: tuple[int, ...]
    words: tuple[str, ...]
    """Options of `scafe run` that every run gets."""

    def cells(self, folder: Path) -> tuple["Cell", ...]:
        """Return every pair, packs outermost."""
        return tuple(
            Cell(folder / f"{_slug(pack)}_{_slug(model)}_s{seed:03d}", pack, model, seed)
            for pack in self.packs
            for model in self.models
            for seed in self.seeds
        )


@dataclass(frozen=True)
class Cell:
    """One run of a sweep."""

    folder: Path
    pack: str
    model: str
    seed: int


@dataclass(frozen=True)
class Line:
    """What a cell came to: a line of the table."""

    pack: str
    model: str
    seed: int
    status: State
    run: str = ""
    """The run folder."""
    auc: float | None = None
    """Of the held-out test set, or of the one cross-validation where nothing could be held out."""
    low: float | None = None
    high: float | None = None
    dev_auc: float | None = None
    baseline_auc: float | None = None
    features: int | None = None
    calls: int | None = None
    seconds: float | None = None
    why: str = ""


def keep_question(folder: Path, question: Question) -> None:
    """Write what is asked; InputError if the folder holds another sweep."""
    folder.mkdir(parents=True, exist_ok=True)
    path, text = folder / QUESTION, json.dumps(asdict(question), indent=1) + "\n"
    if not path.exists():
        return write_atomically(path, text.encode())
    kept = json.loads(path.read_text(encoding="utf-8"))
    asked = json.loads(text)
    if other := [name for name in asked if asked[name] != kept.get(name)]:
        raise InputError(
            f"{path}: this sweep began with other {', '.join(other)} "
            f"({', '.join(str(kept.get(name)) for name in other)}); give the same, or another --out"
        )
    return None


def part_of(cells: Sequence[Cell], number: int, of: int) -> list[Cell]:
    """Return every `of`-th cell, from the `number`-th on (1 is the first)."""
    return list(cells[number - 1 :: of])


def go(cell: Cell, words: Sequence[str]) -> bool:
    """Begin or resume one run, if it has not ended and no other process is at it.

    Returns
    -------
    bool
        False if another process is at it.
    """
    with _held(cell.folder) as is_mine:
        if not is_mine:
            return False
        if line_of(cell).status in ENDED:
            return True
        command = [sys.executable, "-m", "scafe.agent.cli", *_verb(cell, words), "--out", str(cell.folder)]
        told = subprocess.run(
            [*command, "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        said = told.stderr.decode(errors="replace").strip().splitlines() or ["it ended without a word"]
        if told.returncode in AS_EXPECTED:
            (cell.folder / SAID).unlink(missing_ok=True)
        else:
            (cell.folder / SAID).write_text(f"{said[-1]}\n", encoding="utf-8")
        if told.returncode in INTERRUPTED:
            raise KeyboardInterrupt
        return True


def line_of(cell: Cell) -> Line:
    """Reduce the run of a cell to a line."""
    found = list_runs(cell.folder) if cell.folder.is_dir() else ()
    if not found:
        said = _said(cell)
        return Line(cell.pack, cell.model, cell.seed, "failed" if said else "not begun", why=said)
    info = found[-1]
    run = cell.folder / info.id
    try:
        lines = _events(run)
    except IntegrityError as error:
        return Line(cell.pack, cell.model, cell.seed, "failed", str(run), why=str(error))
    opened, end = lines.get("seal_opened", {}), lines.get("run_finished", {})
    said = "" if info.status in ENDED else _said(cell)
    return Line(
        pack=cell.pack,
        model=cell.model,
        seed=cell.seed,
        status="failed" if said and info.status == "running" else info.status,
        run=str(run),
        auc=opened.get("auc"),
        low=opened.get("low"),
        high=opened.get("high"),
        dev_auc=opened.get("dev_auc"),
        baseline_auc=opened.get("baseline_auc"),
        features=lines.get("set_frozen", {}).get("features"),
        calls=end.get("calls"),
        seconds=round(seconds_of(run / EVENTS), 1) if end else None,
        why=said or info.why,
    )


def _events(run: Path) -> dict[str, dict[str, Any]]:
    """Return the last event of each kind; none of a run that was killed before its first."""
    path = run / EVENTS
    return {one["kind"]: one for one in sound_lines(read_lines(path), path)} if path.exists() else {}


def _verb(cell: Cell, words: Sequence[str]) -> list[str]:
    if list_runs(cell.folder):
        return ["resume", "last"]
    seed, model = f"--seed={cell.seed}", f"--model={cell.model}"
    approve = [] if any(word.split("=")[0] == "--approve" for word in words) else ["--approve=auto"]
    return ["run", cell.pack, seed, model, *approve, *words]


def _said(cell: Cell) -> str:
    path = cell.folder / SAID
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", Path(text).stem if text.endswith(".yaml") else text).strip("-")


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Hold a cell, so that two tasks of a sweep never begin one run; the kernel lets go after a kill."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


def table_of(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return the lines as records, as --json and sweep.csv have them."""
    return [asdict(line) for line in lines]
