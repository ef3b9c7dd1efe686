"""Many runs at once with checkpoints in one PostgreSQL: `python -m benchmarks.scale.postgres_runs --runs 32`.

Starts a server of its own on loopback (initdb and pg_ctl have to be installed), and so many processes at
the same moment on its empty database, each with the whole loop over a stand-in for bench and drafter. Every
third is killed by SIGKILL in the middle and resumed. Passes if all end, every trace verifies, and the
database has as many threads as there were runs.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "agent" / "stand_ins"))


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run a PostgreSQL on loopback in a temporary folder; yield its URL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise SystemExit("no PostgreSQL server is installed here (apt-get install postgresql)")
    programs = found[-1].parent if found else Path(str(on_path)).parent
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        as_user = {"user": "postgres", "group": "postgres"}
        shutil.chown(folder, "postgres", "postgres")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def call(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd="/", **as_user)

    data, control = str(folder / "data"), str(programs / "pg_ctl")
    call(str(programs / "initdb"), "-D", data, "-A", "trust", "-U", "scafe", "--no-sync")
    settings = f"-k {folder} -h 127.0.0.1 -p {port} -F"
    call(control, "-D", data, "-o", settings, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql://scafe@127.0.0.1:{port}/postgres"
    finally:
        call(control, "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


def begin(root: Path, url: str, number: int, kills: bool) -> None:
    """Run once; with `kills` the process ends itself in the middle."""
    from loop_stand_ins import FaultyDrafter, StandInBench

    from scafe.agent.loop.run import RunConfig, start_run

    def listener(line: dict[str, Any]) -> None:
        if kills and line["kind"] == "round_assessed":
            os.kill(os.getpid(), signal.SIGKILL)

    config = RunConfig(
        pack="scar.vss", approve="auto", max_calls=12, seed=number, out=str(root / "runs"), checkpoints=url
    )
    start_run(config, drafter=FaultyDrafter(), bench=StandInBench(root / "bench"), listener=listener)


def resume(root: Path, url: str) -> None:
    """Go on with a run that was killed."""
    from loop_stand_ins import FaultyDrafter, StandInBench

    from scafe.agent.loop.run import resume_run

    (run,) = (root / "runs").iterdir()
    resume_run(run, drafter=FaultyDrafter(), bench=StandInBench(root / "bench"), checkpoints=url)


def in_fork(root: Path, action: Any, *arguments: Any) -> int:
    """Do something in a process of its own, with what it says in a file; return its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        root.mkdir(parents=True, exist_ok=True)
        os.dup2(os.open(root / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
        action(root, *arguments)
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def all_at_once(folder: Path, url: str, runs: int) -> list[str]:
    """Start all runs, wait for them, resume those that were killed; return what went wrong."""
    started = {}
    for number in range(runs):
        root = folder / f"{number:02d}"
        started[in_fork(root, begin, url, number, number % 3 == 2)] = (number, root)
    again, faults = {}, []
    for pid, (number, root) in started.items():
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code == -signal.SIGKILL and number % 3 == 2:
            again[in_fork(root, resume, url)] = (number, root)
        elif code:
            faults.append(f"run {number} ended with {code}: {_last(root)}")
    for pid, (number, root) in again.items():
        if code := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
            faults.append(f"run {number}, resumed, ended with {code}: {_last(root)}")
    return faults


def _last(root: Path) -> str:
    lines = (root / "said.txt").read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def checked(folder: Path, url: str, runs: int) -> list[str]:
    """Return what is wrong with the runs and with the database."""
    import psycopg

    from scafe.agent.record.run_folder import load_run
    from scafe.agent.record.seal import verify_run

    faults = []
    for run in sorted(folder.glob("*/runs/*")):
        status, wrong = load_run(run).info().status, verify_run(run).faults
        if wrong or status not in ("frozen", "no_acceptable_set"):
            faults.append(f"{run}: {status} {list(wrong)}")
    with psycopg.connect(url) as connection:
        (threads,) = connection.execute("SELECT count(DISTINCT thread_id) FROM checkpoints").fetchone() or (
            0,
        )
    return faults + ([] if threads == runs else [f"{threads} threads in the database for {runs} runs"])


def main() -> None:
    """Print one line, and what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=32)
    asked = parser.parse_args()
    import scafe.agent.loop.run  # noqa: F401 - once here instead of in every forked process

    with server() as url, tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        faults = all_at_once(Path(folder), url, asked.runs)
        faults += checked(Path(folder), url, asked.runs)
        spent = time.monotonic() - began
    killed = len(range(2, asked.runs, 3))
    print(f"{asked.runs} runs at once, {killed} killed and resumed: {len(faults)} faults, {spent:.0f} s")
    for one in faults:
        print("  FAILED", one)
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
