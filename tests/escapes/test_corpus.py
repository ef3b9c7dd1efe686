"""Every attack of the corpus against both walls, against each wall alone, and against the naive set-up."""

import json
import os
import platform
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CORPORA = (HERE / "corpus.jsonl", HERE / "more.jsonl")
ENTRIES = {
    entry["id"]: entry
    for corpus in CORPORA
    if corpus.exists()
    for entry in map(json.loads, corpus.read_text().splitlines())
}
LANGUAGE = {
    name for name, entry in ENTRIES.items()
    if entry["category"] == "lang" or entry["category"].endswith(("-file", "-exec", "-net", "-module-walk"))
}  # fmt: skip
RAW = {name for name, entry in ENTRIES.items() if entry["category"] == "raw-os"}
NAIVE = (
    "np-f2py-os",
    "np-load-pickle",
    "np-loadtxt",
    "np-savetxt",
    "cv2-imread",
    "cv2-importlib",
    "skimage-io-url",
)
DETECTED = ("raw-worker-patch", "raw-protocol-spoof")
USERS = ("root", "nobody") if os.name == "posix" and os.geteuid() == 0 else ("ordinary",)
SECONDS = 560

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(platform.system() != "Linux", reason="LOUD: this wall exists on Linux only"),
]


@dataclass
class Runs:
    """Harness runs, started once and two at a time."""

    folder: Path
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))
    started: dict[tuple[str, str], Future[dict[str, dict[str, object]]]] = field(default_factory=dict)

    def start(self, setup: str, user: str, names: set[str]) -> None:
        self.started[setup, user] = self.pool.submit(self._run, setup, user, sorted(names))

    def _run(self, setup: str, user: str, names: list[str]) -> dict[str, dict[str, object]]:
        out = self.folder / f"{setup}-{user}.json"
        command = [sys.executable, "-P", str(HERE / "harness.py"), setup, str(out)]
        corpora = [str(corpus) for corpus in CORPORA if corpus.exists()]
        command += ["--corpus", *corpora, "--only", *names, *(["--nobody"] if user == "nobody" else [])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        if not out.exists():
            raise RuntimeError(f"the harness failed: {done.stderr[-2000:]}")
        report = json.loads(out.read_text())
        assert (report["uid"] == 0) == (user == "root")
        return report["outcomes"]

    def outcome(self, setup: str, user: str, name: str) -> dict[str, object]:
        return self.started[setup, user].result()[name]


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("escapes")
    for parent in (folder, *folder.parents):  # nobody writes its report here
        if parent.owner() != "root" or not str(parent).startswith("/tmp/pytest"):
            break
        parent.chmod(0o777)
    started = Runs(folder)
    for user in USERS:
        started.start("both", user, set(ENTRIES))
    for user in USERS:
        started.start("os", user, RAW)
    started.start("lang", USERS[0], LANGUAGE)
    started.start("naive", USERS[0], set(NAIVE))
    return started


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", ENTRIES)
def test_both_walls_contain(runs: Runs, user: str, name: str) -> None:
    outcome = runs.outcome("both", user, name)
    assert not outcome["evidence"]
    if ENTRIES[name]["expect"] == "reject":
        assert outcome["how"] == "refused", "to be refused before the first pixel"


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", sorted(RAW))
def test_the_operating_system_wall_alone_contains(runs: Runs, user: str, name: str) -> None:
    outcome = runs.outcome("os", user, name)
    assert not outcome["evidence"]
    assert outcome["how"] != "refused", "the attack must have run, else this test is blind"
    assert outcome["how"] != "ran" or ENTRIES[name]["expect"] == "error" or name in DETECTED


@pytest.mark.parametrize("name", sorted(LANGUAGE))
def test_the_language_wall_alone_refuses(runs: Runs, name: str) -> None:
    outcome = runs.outcome("lang", USERS[0], name)
    assert not outcome["evidence"]
    assert outcome["how"] == "refused" or (outcome["how"] == "error" and ENTRIES[name]["expect"] == "error")


@pytest.mark.parametrize("name", NAIVE)
def test_the_naive_setup_still_breaches(runs: Runs, name: str) -> None:
    assert runs.outcome("naive", USERS[0], name)["evidence"], "the harness is blind"
