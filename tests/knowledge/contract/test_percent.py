"""A process tells whoever waits for it how far it is: whole percents, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scafe.knowledge.contract.percent import LEAST, NAME, Ear, Percent, hearing

WORKS = """
import os
from scafe.knowledge.contract.percent import NAME, PERCENT
PERCENT.connect()
assert NAME not in os.environ
for part in PERCENT.over({parts}, {count}, {size}):
    pass
"""

FAILS = WORKS.replace("for part in", "try:\n    found = list(").replace(
    ":\n    pass", ")\nexcept ZeroDivisionError: pass"
)


def heard(parts: str, count: int, size: str = "None", code: str = WORKS) -> list[int]:
    """Return what a process tells that works through these parts."""
    told: list[int] = []
    with hearing(told.append), Ear() as ear:
        command = [sys.executable, "-I", "-c", code.format(parts=parts, count=count, size=size)]
        subprocess.run(command, pass_fds=ear.descriptors, env=ear.environment(("PATH",)), check=True)
    return told


class TestTelling:
    def test_percents_climb_and_end_at_a_hundred(self) -> None:
        found = heard("range(1000)", 1000)
        assert found == sorted(found)
        assert found[-1] == 100
        assert set(found) <= set(range(101))

    def test_parts_may_be_several_images_each(self) -> None:
        assert heard("[[0] * 150, [0] * 150]", 300, "len")[-1] == 100

    def test_work_that_fails_half_way_is_at_its_end(self) -> None:
        assert heard("(1 // (500 - n) for n in range(1000))", 1000, code=FAILS)[-1] == 100

    def test_little_work_is_not_told_of(self) -> None:
        assert heard(f"range({LEAST - 1})", LEAST - 1) == []

    def test_a_process_that_waits_no_more_stops_no_work(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        command = [sys.executable, "-c", WORKS.format(parts="range(1000)", count=1000, size="None")]
        subprocess.run(command, pass_fds=(writer,), env={NAME: str(writer)}, check=True)
        os.close(writer)


class TestHearing:
    def test_where_nobody_hears_a_process_gets_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SCAFE_API_KEY", "secret")
        monkeypatch.setenv("LANG", "C")
        with Ear() as ear:
            assert ear.descriptors == ()
            assert ear.environment(("LANG",)) == {"LANG": "C"}

    def test_a_byte_that_is_no_percent_counts_as_the_end(self) -> None:
        told: list[int] = []
        with hearing(told.append), Ear() as ear:
            os.write(ear.descriptors[0], b"\xff")
        assert told == [100]


def test_a_variable_that_names_a_file_is_written_to_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "mine").open("w") as file:
        monkeypatch.setenv(NAME, str(file.fileno()))
        percent = Percent()
        percent.connect()
        assert list(percent.over(range(LEAST), LEAST)) == list(range(LEAST))
    assert (tmp_path / "mine").read_bytes() == b""


@pytest.mark.parametrize("named", ["", "-1", "x", "999999", "9" * 40])
def test_a_variable_that_names_nothing_is_passed_over(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, named)
    percent = Percent()
    percent.connect()
    assert list(percent.over(range(LEAST), LEAST)) == list(range(LEAST))
    assert NAME not in os.environ
