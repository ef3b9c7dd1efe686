"""A comparison that is asked for: refused with a sentence, and ended with the one who waits for it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from scafe.agent.terminal.comparing import Asked, _ended_with_us, compare_apart
from scafe.knowledge.contract.errors import DatasetError, SettingsError


def ask(tmp_path: Path, **more: object) -> None:
    given = {"data": str(tmp_path), "pack": "scar.vss", "out": tmp_path / "out", **more}
    compare_apart(Asked(**given), lambda told: None, lambda text: None)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"data": "no/such.csv"}, r"no/such\.csv: there is no such data"),
        ({"bundle": "no/bundle"}, "no/bundle: there is no such bundle"),
        ({"locator": "no/locator.py"}, r"no/locator\.py: there is no such locator"),
        ({"networks": "no/networks"}, "no/networks: there is no such folder of networks"),
    ],
)
def test_what_is_not_there_is_said_before_anything_starts(tmp_path: Path, more: dict, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        ask(tmp_path, **more)
    assert not (tmp_path / "out").exists()


def test_a_comparison_drafts_no_locator_and_says_what_does(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"scafe run --locator draft.*--bundle"):
        ask(tmp_path, locator="draft")


@pytest.mark.parametrize("spec", ["builtin", "openai:", "manual"])
def test_only_an_endpoint_can_be_asked(tmp_path: Path, spec: str) -> None:
    with pytest.raises(SettingsError, match="a comparison asks openai:NAME"):
        _ = Asked("d", "p", tmp_path, model=spec).model_name


def test_two_models_do_not_share_their_answers(tmp_path: Path) -> None:
    first = Asked("d", "p", tmp_path, model="openai:a", base_url="http://localhost:1/v1")
    second = Asked("d", "p", tmp_path, model="openai:b", base_url="http://localhost:1/v1")
    assert first.asked_folder != second.asked_folder


def test_an_interrupt_ends_the_process_that_was_waited_for() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], stdout=subprocess.PIPE, encoding="utf-8"
    )
    with process, pytest.raises(KeyboardInterrupt), _ended_with_us(process):
        raise KeyboardInterrupt
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert process.returncode not in (None, 0)
