"""Commands that hold images run in a process of their own, which never holds a model's client.

The command line starts `python -m scafe.evals.…`, gives it no key and no proxy, and hands on what it
says; a fault of that process is raised here as what it was there.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scafe.agent.terminal.terminal import Terminal
from scafe.knowledge.contract import errors
from scafe.knowledge.contract.percent import Ear, hearing

PASSED_ON = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "TMPDIR", "TZ", "OMP_NUM_THREADS")
"""Variables that the process sees; none of them holds a secret."""


@dataclass(frozen=True)
class Answer:
    """What a process said."""

    document: dict[str, Any]
    exit_code: int
    said: str
    """What it wrote beside the document, for a person; '' if nothing."""


def ask_offline(terminal: Terminal, module: str, *words: str) -> Answer:
    """Run a module of `scafe.evals` as `answer_of` does, and tell a person what it said beside."""
    with bar(terminal):
        answer = answer_of(module, *words)
    if answer.said:
        terminal.say(answer.said)
    return answer


def answer_of(module: str, *words: str) -> Answer:
    """Run a module of `scafe.evals` with `--json` and return its document.

    Raises
    ------
    ScafeError
        Whatever fault the process reports; SandboxError if it ended without a word.
    """
    command = [sys.executable, "-I", "-m", module, *words, "--json"]
    with Ear() as ear:
        told = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            env=ear.environment(PASSED_ON),
            pass_fds=ear.descriptors,
            check=False,
        )
    try:
        document = json.loads(told.stdout)
    except ValueError:
        raise errors.SandboxError(
            f"{module} ended with code {told.returncode} and no answer: {_last_line(told.stderr)}"
        ) from None
    if "error" in document:
        kind = getattr(errors, str(document["error"]), errors.ScafeError)
        raise kind(document["message"])
    return Answer(document, told.returncode, told.stderr.rstrip("\n"))


def hear_lines(hear: Callable[[dict[str, Any]], None], module: str, *words: str) -> Answer:
    """Run a module of `scafe.evals` that prints a document on each line, and hand them on as they come.

    Parameters
    ----------
    hear : callable
        Given each document but the last.

    Returns
    -------
    Answer
        The last document, which says that the answer is whole.

    Raises
    ------
    ScafeError
        Whatever fault the process reports, after the lines before it; SandboxError if it ended too early.
    """
    command = [sys.executable, "-I", "-m", module, *words, "--json"]
    last: dict[str, Any] = {}
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as beside,
        Ear() as ear,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=beside,
            encoding="utf-8",
            env=ear.environment(PASSED_ON),
            pass_fds=ear.descriptors,
        ) as process,
    ):
        for line in process.stdout or ():
            last = json.loads(line)
            if "whole" not in last and "error" not in last:
                hear(last)
        code = process.wait()
        beside.seek(0)
        said = beside.read()
    if "error" in last:
        raise getattr(errors, str(last["error"]), errors.ScafeError)(last["message"])
    if "whole" not in last:
        raise errors.SandboxError(f"{module} ended with code {code} and no end: {_last_line(said)}")
    return Answer(last, code, said.rstrip("\n"))


@contextmanager
def bar(terminal: Terminal) -> Iterator[None]:
    """Show a person on stderr how far a process is with many images, once it tells."""
    if terminal.is_quiet or not sys.stderr.isatty():
        yield
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("images"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=terminal.aside(), transient=True) as shown:
        task = shown.add_task("", total=100, visible=False)
        with hearing(lambda percent: shown.update(task, completed=percent, visible=percent < 100)):
            yield


def clean_environment() -> dict[str, str]:
    """Return the variables that a process which holds images may see: no key and no proxy."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}


def host_words(typed: Mapping[str, Any]) -> list[str]:
    """Return the words that say how extractors are run, from what was typed over the settings."""
    from scafe.agent.settings.settings import load_settings

    settings = load_settings({key: value for key, value in typed.items() if value is not None}).settings
    weaker = ["--allow-weaker"] if settings.allow_weaker_sandbox else []
    cluster = [f"--cluster={settings.cluster}"] if "cluster" in typed and settings.cluster else []
    return ["--workers", str(settings.workers), "--sandbox", settings.sandbox, *weaker, *cluster]


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it said nothing"
