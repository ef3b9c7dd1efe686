"""A git history of a run: one commit for each revision, in the order in which they were made.

Written with `git fast-import`, so no hook, no configuration and no name of this machine's user takes part:
author and committer are the run's drafter, times are those of the trace, and the same run gives the same
commits.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from scafe.agent.exports.whole_run import WholeRun, new_place
from scafe.agent.view.reading.happened import Cell
from scafe.knowledge.contract.errors import InputError
from scafe.knowledge.contract.inert import inert

BRANCH: Final = "refs/heads/main"


def write_git(run: WholeRun, into: Path) -> list[Path]:
    """Write a new repository, its newest commit checked out.

    Raises
    ------
    InputError
        git is not installed or refused, or the run has no revision.
    """
    git = shutil.which("git")
    if git is None:
        raise InputError("this export needs git, which is not installed here")
    if not run.cells:
        raise InputError(f"run {run.folder.path.name} has no revision yet, so there is no history")
    new_place(into)
    _git(git, None, "init", "--quiet", "--initial-branch=main", "--template=", str(into))
    _git(git, into, "fast-import", "--quiet", stdin=b"".join(_stream(run)))
    _git(git, into, "checkout", "--quiet", "--force", "main")
    return [into]


def _stream(run: WholeRun) -> Iterator[bytes]:
    who = inert(run.happened.told.started.drafter if run.happened.told.started else "drafter")
    name = "".join(one for one in who if one not in "<>")[:100].strip() or "drafter"
    for number, cell in enumerate(run.cells, start=1):
        yield f"commit {BRANCH}\nmark :{number}\n".encode()
        yield f"committer {name} <drafter@scafe.invalid> {_seconds(cell.ts)} +0000\n".encode()
        yield _data(_message(run, cell))
        if number > 1:
            yield f"from :{number - 1}\n".encode()
        yield f"M 100644 inline {cell.criterion}.py\n".encode()
        yield _data(run.source(cell))
    yield b"done\n"


def _message(run: WholeRun, cell: Cell) -> str:
    """Say what the trace says of a revision; the first line is its name, operator and standing."""
    parents = [found.name for sha in cell.parents if (found := run.happened.of_sha256.get(sha))]
    record = run.record(cell)
    findings = record.verdict.findings if record.verdict else ()
    told = [
        f"{cell.name}: {cell.operator}, {cell.standing}",
        "",
        *([f"Why: {cell.reason}"] if cell.reason else []),
        f"Round {cell.round}" + (f", call {cell.call.number}" if cell.call else ""),
        *([f"Made from: {', '.join(parents)}"] if parents else []),
        *([f"Gate: {cell.gate}"] if cell.gate else []),
        *([f"Selected: {', '.join(cell.selected)}"] if cell.selected else []),
        f"SHA-256: {cell.sha256}",
        *(f"{one.severity} {one.code} {one.feature or ''}: {one.message}" for one in findings),
    ]
    return "\n".join(inert(line) for line in told) + "\n"


def _data(text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return b"data %d\n%s\n" % (len(data), data)


def _seconds(ts: str) -> int:
    try:
        return int(datetime.fromisoformat(ts).timestamp())
    except ValueError:
        return 0


def _git(git: str, into: Path | None, *words: str, stdin: bytes = b"") -> None:
    bare = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment = {**bare, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        [git, *words], cwd=into, input=stdin, env=environment, capture_output=True, check=False
    )
    if done.returncode:
        raise InputError(f"git {words[0]} did not work: {done.stderr.decode(errors='replace').strip()}")
