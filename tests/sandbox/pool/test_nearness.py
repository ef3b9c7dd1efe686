"""A quick cell stands on the core of whoever waits for it; a slow one goes where the kernel likes."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest

from scafe.sandbox.pool.extraction import ImageAndMask
from scafe.sandbox.pool.nearness import HOST_SECONDS, QUICK_SECONDS, SLOW_SECONDS, Nearness, newest_cell
from scafe.sandbox.pool.pool import Pool

HEAD = """CRITERION = "vessels"
FEATURES = {"a": {"unit": "u", "range": [0, 1], "direction": "up", "meaning": "m"}}
"""

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="LOUD: no core can be chosen here"
)


def a_process() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


class TestNearness:
    def test_quick_work_is_held_on_one_core_and_slow_work_set_free_again(self) -> None:
        with a_process() as other:
            near = Nearness(other.pid)
            near.settle(QUICK_SECONDS / 2)
            assert os.sched_getaffinity(other.pid) < os.sched_getaffinity(0) or os.cpu_count() == 1
            near.settle((QUICK_SECONDS + SLOW_SECONDS) / 2)
            assert len(os.sched_getaffinity(other.pid)) == 1
            near.settle(SLOW_SECONDS * 2)
            assert os.sched_getaffinity(other.pid) == os.sched_getaffinity(0)
            other.kill()

    def test_a_process_that_is_gone_is_let_alone(self) -> None:
        with a_process() as other:
            other.kill()
        before, near = os.sched_getaffinity(0), Nearness(other.pid)
        near.settle(0.0)
        near.settle(0.0)
        assert os.sched_getaffinity(0) == before

    def test_the_host_is_held_beside_a_cell_that_is_quick_but_no_null_call(self) -> None:
        with a_process() as other:
            near, before = Nearness(other.pid), os.sched_getaffinity(0)
            assert near.hold_host() is None
            near.settle(HOST_SECONDS / 2)
            assert near.hold_host() is None
            near.settle(HOST_SECONDS * 2)
            assert near.hold_host() == before
            try:
                assert os.sched_getaffinity(0) == os.sched_getaffinity(other.pid)
            finally:
                near.free_host(before)
            assert os.sched_getaffinity(0) == before
            near.settle(SLOW_SECONDS * 2)
            assert near.hold_host() is None
            other.kill()

    def test_without_a_process_nothing_is_held(self) -> None:
        before = os.sched_getaffinity(0)
        Nearness(None).settle(0.0)
        assert os.sched_getaffinity(0) == before

    def test_nobody_sees_the_cells_of_a_process_without_children(self) -> None:
        assert newest_cell(os.getpid() + 10_000_000) is None


class TestInAPool:
    def test_the_thread_that_measured_may_run_where_it_could_before(self) -> None:
        before = os.sched_getaffinity(0)
        one = ImageAndMask(np.zeros((64, 64, 3), np.uint8), np.ones((64, 64), bool))
        work = HEAD + "def extract(image, mask):\n    return {'a': float(sum(range(20000)) > 0)}\n"
        with Pool(1) as pool:
            for _ in range(5):
                assert pool.extract(work, [one]).faults == (None,)
                assert os.sched_getaffinity(0) == before

    def test_the_cell_of_a_quick_extractor_is_held_and_of_a_slow_one_is_free(self) -> None:
        one = ImageAndMask(np.zeros((8, 8, 3), np.uint8), np.ones((8, 8), bool))
        quick = HEAD + "def extract(image, mask):\n    return {'a': 1.0}\n"
        slow = HEAD + (
            "import numpy as np\ndef extract(image, mask):\n"
            "    for _ in range(4):\n        np.sort(np.arange(1_000_000)[::-1])\n    return {'a': 1.0}\n"
        )
        with Pool(1) as pool:
            crew = pool.crew_for(quick, [one], talkative=False)
            held = _until_held(crew.measure_batch, newest_cell(pool.process_id))
            crew = pool.crew_for(slow, [one], talkative=False)
            crew.measure_batch(0, 1)
            free = os.sched_getaffinity(newest_cell(pool.process_id) or 0)
        assert held
        assert free == os.sched_getaffinity(0)


def _until_held(measure, cell: int | None) -> bool:  # type: ignore[no-untyped-def]
    """Whether the cell stood on one core at some time: on a loaded machine a batch may be slow."""
    assert cell is not None
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        measure(0, 1)
        if len(os.sched_getaffinity(cell)) == 1:
            return True
    return False
