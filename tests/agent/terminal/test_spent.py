"""What processes took is counted once they were waited for, step by step."""

import subprocess
import sys

from scafe.agent.terminal.spent import Spent

WORK = "import time; t = time.process_time()\nwhile time.process_time() < t + 0.3: pass"
REST = "import time; time.sleep(0.3)"


def test_work_counts_as_processor_time_and_waiting_does_not() -> None:
    spent = Spent()
    for step, code in (("work", WORK), ("rest", REST)):
        with spent.on(step):
            subprocess.run([sys.executable, "-S", "-c", code], check=True)
    work, rest = spent.steps["work"], spent.steps["rest"]
    assert work["processor_seconds"] >= 0.3 > rest["processor_seconds"]
    assert min(work["seconds"], rest["seconds"]) >= 0.3
    assert spent.told()["largest_process_mb"] > 1


def test_a_step_that_comes_twice_is_summed_and_one_that_failed_is_counted() -> None:
    spent = Spent()
    for _ in range(2):
        try:
            with spent.on("work"):
                subprocess.run([sys.executable, "-S", "-c", f"{WORK}\nraise SystemExit(1)"], check=True)
        except subprocess.CalledProcessError:
            continue
    assert spent.steps["work"]["processor_seconds"] >= 0.6
