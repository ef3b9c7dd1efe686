"""Processes that read give what threads give, name the image that ends them, and end with who asks."""

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from made_studies import as_bytes, opened, picture
from PIL import Image

from scafe.evals.data.dataset import Dataset
from scafe.evals.data.decoding.readers import CHUNK, Readers, ToRead
from scafe.evals.data.decoding.through import MANY
from scafe.evals.data.formats import pixels_of
from scafe.evals.data.manifest import open_dataset
from scafe.knowledge.contract.errors import DatasetError
from scafe.sandbox.pool.extraction import ImageAndMask

PATIENCE_S = 60.0
needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are found in /proc")


@pytest.fixture
def rows(tmp_path: Path) -> list[ToRead]:
    """Images of very different sizes: what is read first is not what is ready first."""
    found = []
    for number in range(5 * CHUNK + 3):
        side = 400 if number % 7 == 0 else 12
        path = tmp_path / f"{number}.{'png' if number % 2 else 'tif'}"
        path.write_bytes(as_bytes(picture(number, (side, side)), "PNG" if number % 2 else "TIFF"))
        found.append(ToRead(f"row {number}", pixels_of(path)))
    return found


def test_what_processes_read_is_what_this_one_reads_in_the_same_order(rows: list[ToRead]) -> None:
    with Readers(2) as readers:
        found = list(readers.read(rows))
    here = [row.pixels.read(row.where) for row in rows]
    assert [one.sha256 for one in found] == [one.sha256 for one in here]
    assert [one.met for one in found] == [one.met for one in here]
    assert not [one for one in found if one.pair is not None]


def test_an_image_that_cannot_be_used_is_refused_in_its_turn(rows: list[ToRead], tmp_path: Path) -> None:
    (tmp_path / "20.tif").write_bytes(b"II*\0 nothing more")
    with Readers(2) as readers:
        found = readers.read(rows)
        assert len(list(itertools.islice(found, 20))) == 20
        with pytest.raises(DatasetError, match="row 20"):
            next(found)


@needs_proc
def test_a_process_that_ends_names_the_image_it_was_at(rows: list[ToRead]) -> None:
    with Readers(1) as readers:
        answers = readers.read(rows)
        next(answers)
        (reader,) = readers_of(os.getpid())
        os.kill(reader, signal.SIGKILL)
        come = 1
        with pytest.raises(DatasetError) as caught:  # noqa: PT012  what it said before stands in its socket
            for _ in answers:
                come += 1
    assert f"row {come}: the process that read it was ended by SIGKILL" in str(caught.value)
    assert "leave it out" in str(caught.value)


@needs_proc
def test_leaving_early_leaves_no_process(rows: list[ToRead]) -> None:
    with Readers(2) as readers:
        next(readers.read(rows))
        assert len(readers_of(os.getpid())) == 2
    assert not readers_of(os.getpid())


STARTS = """
import os, signal, sys
from scafe.evals.data.decoding.readers import Readers
with Readers(2) as readers:
    print("started", flush=True)
    sys.stdin.read()
"""


@needs_proc
def test_readers_end_when_who_started_them_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        started = readers_of(process.pid)
        assert len(started) == 2
        process.kill()
    assert eventually(lambda: not any(map(is_alive, started)))


class Onlooker:
    """Has every image shown, so that threads read them all."""

    def __init__(self) -> None:
        self.seen = 0

    def look(self, one: ImageAndMask) -> int:
        return int(one.mask.any())

    def keep(self, found: int) -> None:
        self.seen += found


def test_a_large_data_set_is_the_same_whoever_reads_it(many: Path) -> None:
    onlooker = Onlooker()
    by_threads = open_dataset(many / "manifest.csv", ("a", "b"), seen=onlooker)
    by_processes = opened(many)
    assert onlooker.seen == len(by_processes) == MANY + 20
    assert told(by_processes) == told(by_threads)
    assert by_processes.met == by_threads.met
    assert np.array_equal(by_processes.load(MANY).image, by_threads.load(MANY).image)


def test_an_image_at_the_end_of_a_large_data_set_is_named(many: Path) -> None:
    (many / f"{MANY + 7}.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=rf"row {MANY + 9} .*not an image"):
        opened(many)


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """More images than threads are left to read alone; none of them is kept in memory."""
    monkeypatch.setattr("scafe.evals.data.decoding.through.KEPT_BYTES", 50_000)
    lines = ["path,label"]
    for number in range(MANY + 20):
        Image.new("RGB", (12, 12), (number % 256, number // 256, 9)).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{'ab'[number % 2]}")
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def told(dataset: Dataset) -> list[tuple[str, str, str, str]]:
    return [(one.where, one.label, one.patient, one.sha256) for one in dataset.items]


def readers_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(one) for child in children for one in child.read_text().split()]
    return [one for one in found if "processes.reader" in Path(f"/proc/{one}/cmdline").read_text()]


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


def eventually(holds) -> bool:
    until = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
