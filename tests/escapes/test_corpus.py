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
GIVEN, OWN = ([json.loads(line) for line in corpus.read_text().splitlines()] for corpus in CORPORA)
ENTRIES = {entry["id"]: entry for entry in (*GIVEN, *OWN)}
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
USERS = ("root", "nobody") if os.name == "posix" and os.geteuid() == 0 else ("ordinary",)
SECONDS = 560

pytestmark = [
    pytest.mark.skipif(platform.system() != "Linux", reason="LOUD: this wall exists on Linux only"),
]


@dataclass
class Runs:
    """Harness runs, started once and two at a time."""

    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))
    started: dict[tuple[str, str], Future[dict[str, dict[str, object]]]] = field(default_factory=dict)

    def start(self, setup: str, user: str, names: set[str]) -> None:
        self.started[setup, user] = self.pool.submit(self._run, setup, user, sorted(names))

    def _run(self, setup: str, user: str, names: list[str]) -> dict[str, dict[str, object]]:
        command = [sys.executable, "-P", str(HERE / "harness.py"), setup]
        command += ["--corpus", *map(str, CORPORA), "--only", *names]
        command += ["--nobody"] if user == "nobody" else []
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        if done.returncode:
            raise RuntimeError(f"the harness failed: {done.stderr[-2000:]}")
        report = json.loads(done.stdout)
        assert (report["uid"] == 0) == (user == "root")
        return report["outcomes"]

    def outcome(self, setup: str, user: str, name: str) -> dict[str, object]:
        return self.started[setup, user].result()[name]


@pytest.fixture(scope="session")
def runs() -> Runs:
    started = Runs()
    started.start("both", USERS[0], set(ENTRIES))
    for user in USERS[1:]:
        started.start("both", user, {entry["id"] for entry in GIVEN})
    for user in USERS:
        started.start("os", user, RAW)
    started.start("lang", USERS[0], LANGUAGE)
    started.start("naive", USERS[0], set(NAIVE))
    return started


def pairs() -> list[tuple[str, str]]:
    """Every attack as the user who runs the tests, the given hundred also as an ordinary user."""
    first = [(name, USERS[0]) for name in ENTRIES]
    return first + [(entry["id"], user) for user in USERS[1:] for entry in GIVEN]


@pytest.mark.parametrize(("name", "user"), pairs())
def test_both_walls_contain(runs: Runs, name: str, user: str) -> None:
    outcome = runs.outcome("both", user, name)
    assert not outcome["evidence"]
    if ENTRIES[name]["expect"] == "reject":
        assert outcome["how"] == "refused", "to be refused before the first pixel"


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", sorted(RAW))
def test_the_operating_system_wall_alone_contains(runs: Runs, user: str, name: str) -> None:
    outcome = runs.outcome("os", user, name)
    assert not outcome["evidence"]
    forged = name == "own-raw-refusal-channel"
    assert outcome["how"] != "refused" or forged, "the attack must have run, else this test is blind"


@pytest.mark.parametrize("name", sorted(LANGUAGE))
def test_the_language_wall_alone_refuses(runs: Runs, name: str) -> None:
    outcome = runs.outcome("lang", USERS[0], name)
    assert not outcome["evidence"]
    assert outcome["how"] == "refused" or (outcome["how"] == "error" and ENTRIES[name]["expect"] == "error")


@pytest.mark.parametrize("name", NAIVE)
def test_the_naive_setup_still_breaches(runs: Runs, name: str) -> None:
    assert runs.outcome("naive", USERS[0], name)["evidence"], "the harness is blind"
