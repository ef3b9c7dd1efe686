"""How fast the viewer answers on large runs, and how much memory it takes: `python -m benchmarks.viewer`.

Makes a run of 2,000 revisions and 20 MB of events out of the reference run's own records, and a folder of 500
runs, starts `scafe view` on each, and asks for every page twice: first on a viewer that has just started,
then again. Limits: first byte within 300 ms on two cores, resident memory under 300 MB. Exits with 1 if one
is passed.
"""

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

REFERENCE = Path(__file__).parents[1] / "runs" / "reference" / "played-scar"
REVISIONS, RUNS = 2000, 500
EVENT_BYTES = 20_000_000
MOST_MS, MOST_MB = 300.0, 300.0
Line = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One page, asked for once."""

    page: str
    status: int
    first_byte_ms: float
    cpu_ms: float
    """Of the viewer, all its threads: what the first byte costs where no other work waits for the cores."""
    kilobytes: float


def main() -> int:
    """Measure and print; return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        large, many = Path(folder) / "large", Path(folder) / "many"
        make_large_run(large / "large")
        make_many_runs(many)
        ok = measured(f"a run of {REVISIONS} revisions, {EVENT_BYTES // 10**6} MB of events", large, LARGE)
        ok &= measured(f"a folder of {RUNS} runs", many, MANY)
    return 0 if ok else 1


LARGE = (
    "/run/large", "/run/large?page=9", "/run/large/findings",
    "/run/large/findings?q=pigment&severity=reject",
    "/run/large/revision/border/r1500", "/run/large/revision/border/r002", "/run/large/set",
    "/run/large/egress",
    "/run/large/egress?page=20", "/run/large/egress?q=hatch_marks", "/run/large/egress?q=no_such_word",
    "/run/large/egress/1500", "/run/large/approvals", "/run/large/integrity", "/run/large/events",
    "/run/large/events?page=100", "/run/large/phantoms", "/",
)  # fmt: skip
MANY = ("/", "/?page=5", "/?sort=auc", "/?q=run-0250", "/compare?run=run-0001&run=run-0400", "/run/run-0123")


def make_large_run(run: Path) -> None:
    """Write a run whose events, revisions, briefs, replies and journal hold what a real one's do."""
    shutil.copytree(REFERENCE, run)
    lines = [json.loads(raw) for raw in (REFERENCE / "events.jsonl").read_bytes().splitlines()]
    of_kind: dict[str, Line] = {}
    for line in lines:
        of_kind.setdefault(line["kind"], line)
    source = (REFERENCE / "revisions" / "margin_overgrowth" / "r001.py").read_text()
    record = json.loads((REFERENCE / "revisions" / "margin_overgrowth" / "r001.json").read_text())
    request = json.loads(next((REFERENCE / "llm").glob("*.request.json")).read_text())
    for old in (run / "llm").iterdir():
        old.unlink()
    (run / "revisions" / "border").mkdir()
    body: list[Line] = []
    for number in range(1, REVISIONS + 1):
        body += _one_revision(run, number, of_kind, source, record, request)
    head = [line for line in lines if line["kind"] in ("run_started", "bench_opened", "planned")]
    tail = [
        line for line in lines if line["kind"] in ("pool_pruned", "approval", "set_frozen", "seal_opened")
    ]
    end = [line for line in lines if line["kind"] == "run_finished"]
    write_events(run / "events.jsonl", [*head, *body, *tail, *end], EVENT_BYTES)


def _one_revision(
    run: Path, number: int, of_kind: dict[str, Line], source: str, record: Line, request: Line
) -> list[Line]:
    text = f"{source}# {number}\n"
    reply = f"```python\n{text}```\n"
    sha, reply_sha = (hashlib.sha256(one.encode()).hexdigest() for one in (text, reply))
    stem = run / "revisions" / "border" / f"r{number:03d}"
    stem.with_suffix(".py").write_text(text)
    stem.with_suffix(".json").write_text(
        json.dumps({**record, "criterion": "border", "number": number, "sha256": sha, "parents": []})
    )
    (run / "replies" / f"{reply_sha}.md").write_text(reply)
    identity = hashlib.sha256(str(number).encode()).hexdigest()
    sent = {**request, "sha256": identity, "operator": "draft", "criterion": "border"}
    answer = {"object": "chat.completion", "choices": [{"message": {"role": "assistant", "content": reply}}]}
    base = run / "llm" / identity[:16]
    base.with_suffix(".request.json").write_text(json.dumps(sent))
    base.with_suffix(".response.json").write_text(json.dumps(answer))
    base.with_suffix(".attempts.jsonl").write_text(
        '{"attempt":1,"event":"sent"}\n{"attempt":1,"event":"done","outcome":"answered","prompt_tokens":5000}\n'
    )
    rounds, task = divmod(number - 1, 20)
    named = {"criterion": "border", "number": number, "sha256": sha}
    said = {"round": rounds, "task": task, "operator": "draft", "criterion": "border", "reply": reply_sha}
    events = [
        {**of_kind["replied"], **said},
        {**of_kind["revised"], **named, "operator": "draft", "parents": []},
        {**of_kind["judged"], **named},
    ]
    return [{**of_kind["round_planned"], "round": rounds}, *events] if task == 0 else events


def write_events(path: Path, lines: list[Line], size: int) -> None:
    """Chain events, with notices among them until the trace has its size."""
    short = max(0, size - sum(len(json.dumps(line)) + 110 for line in lines))
    words = "x" * (short // max(len(lines), 1))
    prev, n = "0" * 64, 0
    with path.open("wb") as file:
        for line in lines:
            for one in (line, {"ts": line["ts"], "kind": "noticed", "what": words}):
                plain = {key: value for key, value in one.items() if key not in ("n", "prev")}
                data = json.dumps({"n": n, **plain, "prev": prev}, ensure_ascii=False).encode()
                file.write(data + b"\n")
                prev, n = hashlib.sha256(data).hexdigest(), n + 1


def make_many_runs(root: Path) -> None:
    """Write many runs, each with its own head and trace; what a table does not read is left out."""
    head = json.loads((REFERENCE / "run.json").read_text())
    events = (REFERENCE / "events.jsonl").read_bytes()
    for number in range(RUNS):
        run = root / f"run-{number:04d}"
        run.mkdir(parents=True)
        started = f"2026-11-{1 + number % 28:02d}T06:32:00+00:00"
        (run / "run.json").write_text(
            json.dumps({**head, "id": run.name, "started": started, "seed": number})
        )
        (run / "events.jsonl").write_bytes(events)


def measured(what: str, root: Path, pages: tuple[str, ...]) -> bool:
    """Ask a viewer for pages and print what came; True if every limit holds."""
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"\n{what}; {cores} cores, load average {load:.1f}")
    print(
        f"{'page':58} {'status':>6} {'first byte ms':>14} {'CPU ms':>7} "
        f"{'again ms':>9} {'CPU ms':>7} {'kB':>6}"
    )
    worst = busiest = 0.0
    with viewer(root) as (address, pid):
        cookie = admitted(address)
        for page in pages:
            first = ask(address, cookie, page, pid)
            again = ask(address, cookie, page, pid)
            worst = max(worst, first.first_byte_ms, again.first_byte_ms)
            busiest = max(busiest, first.cpu_ms, again.cpu_ms)
            print(
                f"{page:58} {first.status:6d} {first.first_byte_ms:14.0f} {first.cpu_ms:7.0f} "
                f"{again.first_byte_ms:9.0f} {again.cpu_ms:7.0f} {again.kilobytes:6.0f}"
            )
        settled = ask_until_whole(address, cookie, pages[0])
        memory = peak_mb(pid)
    print(
        f"worst first byte {worst:.0f} ms (limit {MOST_MS:.0f}); "
        f"peak memory {memory:.0f} MB (limit {MOST_MB:.0f}); "
        f"everything was read after {settled:.1f} s"
    )
    is_shared = load > (cores or 1)
    if is_shared:
        print(f"the cores were shared: by the viewer's own CPU time the slowest page took {busiest:.0f} ms")
    return (busiest if is_shared else worst) < MOST_MS and memory < MOST_MB


@contextmanager
def viewer(root: Path) -> Iterator[tuple[str, int]]:
    """Start a viewer; yields its address and process."""
    command = [sys.executable, "-m", "scafe", "view", str(root), "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), process.pid
    finally:
        process.terminate()
        process.wait(20)


def admitted(address: str) -> str:
    """Take the token to the viewer; return the cookie."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("GET", f"/?{parts.query}")
    return str(connection.getresponse().headers["set-cookie"]).split(";")[0]


def ask(address: str, cookie: str, page: str, pid: int) -> Asked:
    """Ask for one page on a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.connect()
    began, busy = time.perf_counter(), cpu_ms(pid)
    connection.request("GET", page, headers={"cookie": cookie})
    answer = connection.getresponse()
    first = time.perf_counter()
    busy = cpu_ms(pid) - busy
    data = answer.read()
    connection.close()
    return Asked(page, answer.status, (first - began) * 1e3, busy, len(data) / 1e3)


def cpu_ms(pid: int) -> float:
    """Return how long all threads of a process ran so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1e3 / os.sysconf("SC_CLK_TCK")


def ask_until_whole(address: str, cookie: str, page: str) -> float:
    """Load a page until it is not reading any more; return the seconds that took."""
    began = time.monotonic()
    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    while True:
        connection.request("GET", page, headers={"cookie": cookie})
        if b"data-reload" not in connection.getresponse().read():
            return time.monotonic() - began
        time.sleep(0.1)


def peak_mb(pid: int) -> float:
    """Return the most memory that a process had resident."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1e3
    raise ValueError("no VmHWM in /proc")


if __name__ == "__main__":
    raise SystemExit(main())
