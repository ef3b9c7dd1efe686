"""Commands that hold images run in a process of their own, which never holds a model's client.

The command line starts `python -m scafe.evals.…`, gives it no key and no proxy, and hands on what it
says; a fault of that process is raised here as what it was there.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scafe.agent.terminal.terminal import Terminal
from scafe.knowledge.contract import errors

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
    told = subprocess.run(
        command, capture_output=True, encoding="utf-8", env=clean_environment(), check=False
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


def clean_environment() -> dict[str, str]:
    """Return the variables that a process which holds images may see: no key and no proxy."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}


def host_words(typed: Mapping[str, Any]) -> list[str]:
    """Return the words that say how extractors are run, from what was typed over the settings."""
    from scafe.agent.settings.settings import load_settings

    settings = load_settings({key: value for key, value in typed.items() if value is not None}).settings
    weaker = ["--allow-weaker"] if settings.allow_weaker_sandbox else []
    return ["--workers", str(settings.workers), "--sandbox", settings.sandbox, *weaker]


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it said nothing"
