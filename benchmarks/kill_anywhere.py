"""Kill a run by SIGKILL all along its way and compare what comes of it with a run that was left alone.

    python benchmarks/kill_anywhere.py [--every 2] [--requests 12] [--hash-seeds 0 1 7]

The drafter is the real chat drafter against a scripted endpoint in a process of its own; the bench is a
stand-in, so that a point costs seconds. Points are events (every second one with a torn last line) and
requests on their way. A point passes if body of the trace, frozen set, report and revisions have the bytes
of the undisturbed run and the endpoint was asked nothing twice; a request that was on its way when the
process died may be asked again.
"""

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "agent" / "stand_ins"))

IN_FLIGHT = 8
"""Drafts that the graph has under way at once."""


def main() -> None:
    """Run every hash seed in a process of its own and print one line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=2, help="kill at every N-th event")
    parser.add_argument(
        "--requests", type=int, default=12, help="kill with each of so many requests on its way"
    )
    parser.add_argument("--hash-seeds", nargs="+", default=["0", "1", "7"])
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    if os.environ.get("SCAFE_KILL_FOLDER"):
        _one_hash_seed(Path(os.environ["SCAFE_KILL_FOLDER"]), options)
        return
    for hash_seed in options.hash_seeds:
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "SCAFE_KILL_FOLDER": folder}
            environment["SCAFE_API_KEY"] = "unused"
            subprocess.run([sys.executable, *sys.argv], check=True, env=environment)


def _one_hash_seed(folder: Path, options: argparse.Namespace) -> None:
    server, url = _serve(folder)
    import langchain_openai  # noqa: F401 - once here instead of in every forked process

    import scafe.agent.loop.run  # noqa: F401 - likewise

    try:
        told = _all_points(folder, url, options)
    finally:
        os.kill(server, signal.SIGTERM)
        os.waitpid(server, 0)
    bad = [one for one in told if not one["equal"] or one["twice"] > one["in_flight"]]
    print(
        f"PYTHONHASHSEED={os.environ['PYTHONHASHSEED']}: {len(told)} points, "
        f"{sum(one['equal'] for one in told)} equal to the undisturbed run, "
        f"{sum(one['twice'] for one in told)} requests asked again (all on their way when killed: "
        f"{all(one['twice'] <= one['in_flight'] for one in told)})",
        flush=True,
    )
    for one in bad:
        print("  FAILED", json.dumps(one))
    if bad:
        sys.exit(1)


def _all_points(folder: Path, url: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    from loop_stand_ins import fingerprint

    whole = folder / "whole"
    _in_a_fork(_start, whole, url, options.seed, 0, 0)
    reference, asked = fingerprint(whole), _asked(folder, whole)
    events = next(whole.glob("runs/*/events.jsonl")).read_bytes().count(b"\n")
    points = [(f"event {k}", k, 0) for k in range(1, events + 1, options.every)]
    points += [(f"request {k}", 0, k) for k in range(1, min(options.requests, asked) + 1)]
    told = []
    for number, (name, event, request) in enumerate(points):
        root = folder / f"point-{number:03d}"
        torn = 1 + 13 * number % 90 if event and number % 2 else 0
        killed = _in_a_fork(_start, root, url, options.seed, event, torn, request)
        if os.WTERMSIG(killed) != signal.SIGKILL:
            sys.exit(f"{name}: the process was not killed")
        resumed = _in_a_fork(_resume, root)
        equal = resumed == 0 and fingerprint(root) == reference
        twice = _asked(folder, root) - asked
        told.append({"point": name, "equal": equal, "twice": twice, "in_flight": IN_FLIGHT if request else 0})
    return told


def _start(root: Path, url: str, seed: int, kill_at: int, torn: int, request: int = 0) -> None:
    from kill_points import Killer
    from loop_stand_ins import StandInBench

    from scafe.agent.loop.run import RunConfig, start_run

    root.mkdir()
    (root.parent / "control.json").write_text(
        json.dumps({"folder": root.name, "pid": os.getpid(), "at": request})
    )
    config = RunConfig(
        pack="scar.vss",
        seed=seed,
        approve="auto",
        model="openai:scripted",
        base_url=url,
        max_calls=20,
        out=str(root / "runs"),
    )
    start_run(config, bench=StandInBench(root / "bench"), listener=Killer(root, kill_at, torn))


def _resume(root: Path) -> None:
    from loop_stand_ins import StandInBench

    from scafe.agent.loop.run import resume_run

    (root.parent / "control.json").write_text(json.dumps({"folder": root.name, "pid": 0, "at": 0}))
    resume_run(next((root / "runs").glob("*")), bench=StandInBench(root / "bench"))


def _in_a_fork(action: Any, *arguments: Any) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            action(*arguments)
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1]


def _serve(folder: Path) -> tuple[int, str]:
    """Serve the scripted endpoint in a process of its own, so that the runs are forked without threads."""
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # a killed client is a reset connection to the server
        _serve_forever(folder)
    address = folder / "url"
    while not address.exists():
        time.sleep(0.05)
    return pid, address.read_text()


def _serve_forever(folder: Path) -> None:
    from loop_stand_ins import SOURCE, dice

    from scafe.agent.egress.scripted import ScriptedServer

    def respond(body: dict[str, Any]) -> str:
        control = json.loads((folder / "control.json").read_text())
        prompt = "\n".join(str(message["content"]) for message in body["messages"])
        log = folder / f"{control['folder']}.asked"
        with log.open("a") as file:
            file.write(hashlib.sha256(prompt.encode()).hexdigest() + "\n")
        if control["at"] and len(log.read_text().splitlines()) == control["at"]:
            os.kill(control["pid"], signal.SIGKILL)
        return _answer(prompt, SOURCE, dice)

    with ScriptedServer(respond) as server:
        beside = folder / "url.new"
        beside.write_text(server.url)
        beside.rename(folder / "url")
        while True:
            time.sleep(60)


def _answer(prompt: str, source: str, dice: Any) -> str:
    """Answer by dice over the prompt; one in six answers is malformed."""
    asked = prompt.rsplit("## Criterion `", 1)[-1].split("`")[0]
    draw = dice("scripted", prompt)
    if "PLAN = {" in prompt.rsplit("# Your answer", 1)[-1]:
        return f"```python\nPLAN = {{{asked!r}: ['redness against the ring']}}\n```"
    if draw % 6 == 0:
        return "It depends."
    text = source.format(criterion=asked, number=draw % 1000, name=f"{asked}_share")
    return f"<think>red?</think>\n```python\n{text}```"


def _asked(folder: Path, root: Path) -> int:
    return len((folder / f"{root.name}.asked").read_text().splitlines())


if __name__ == "__main__":
    main()
