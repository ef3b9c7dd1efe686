"""A command that waits for a process with images shows a person how far it is, and nobody else."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scafe.agent.terminal.offline import answer_of
from scafe.knowledge.contract.percent import LEAST, hearing

CHECK = "scafe.evals.processes.check"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("study")
    rng = np.random.default_rng(0)
    for label in ("a", "b"):
        (root / label).mkdir()
        for place in range(LEAST // 2):
            pixels = rng.integers(0, 255, (24, 24, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / label / f"{place}.png")
    return root


def on_a_terminal(*words: str) -> str:
    """Run a command whose stderr is a terminal; return what it shows there."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "scafe", *words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # Linux says that the other end is closed by EIO
            pass
        process.wait()
    os.close(ours)
    return shown.decode("utf-8", "replace")


def test_percents_come_through_from_the_process_that_reads(study: Path) -> None:
    told: list[int] = []
    with hearing(told.append):
        answer_of(CHECK, "data", str(study), "--labels=a,b")
    assert told == sorted(told)
    assert told[-1] == 100


def test_a_person_sees_a_bar(study: Path) -> None:
    shown = on_a_terminal("data", "check", str(study), "--labels", "a,b", "--json")
    assert "images" in shown
    assert "%" in shown


def test_quiet_shows_none(study: Path) -> None:
    shown = on_a_terminal("data", "check", str(study), "--labels", "a,b", "--json", "--quiet")
    assert "%" not in shown
