"""Canaries planted in the data: under every way to fail, none is found in anything that was sent."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from drafting_stand_ins import FakeClock
from loop_stand_ins import SOURCE, StandInBench, dice

from scafe.agent.drafters.chat import open_chat
from scafe.agent.drafters.drafter import DrafterSettings
from scafe.agent.egress.door import TRACING_OFF
from scafe.agent.egress.patience import Patience
from scafe.agent.egress.scripted import ScriptedServer
from scafe.agent.egress.sent import list_sent
from scafe.agent.loop.run import RunConfig, resume_run, start_run
from scafe.agent.record.outcome import RunOutcome
from scafe.agent.record.trace import EVENTS, read_lines
from scafe.evals.companion.note import CompanionNote
from scafe.evals.disclosure.bench import BenchFacts, FeatureRef
from scafe.evals.disclosure.score_card import ScoreCard
from scafe.knowledge.contract.errors import DatasetError, DisclosureError, EgressError, ScafeError
from scafe.sandbox.probes.verdict import Finding, Verdict

PATIENTS = ("P-4711", "MRN00815", "Mustermann_Erika")
LABELS = "keloid,keloid,hypertrophic,keloid,hypertrophic,hypertrophic"
PIXELS = ", ".join(str(17 * n % 256) for n in range(192))
KEY = "sk-canary-51c0ffee51c0ffee"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Plant ids, paths, labels and pixels."""
    folder = tmp_path / "clinic_dept_7" / "scars-2026"
    folder.mkdir(parents=True)
    rows = [f"scar_{n:04d}.png,{label},{PATIENTS[n % 3]}" for n, label in enumerate(LABELS.split(","))]
    (folder / "manifest.csv").write_text("path,label,patient_id\n" + "\n".join(rows))
    (folder / "scar_0000.png").write_text(PIXELS)
    return folder


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """Stand in for a proxy and for a tracing service that the environment names."""
    import langsmith.utils

    with ScriptedServer([], after="fail") as server:
        address = server.url.removesuffix("/v1")
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "LANGSMITH_ENDPOINT", "OPENAI_BASE_URL"):
            monkeypatch.setenv(name, address)
        for name in TRACING_OFF:
            monkeypatch.setenv(name, "true")
        monkeypatch.setenv("LANGSMITH_API_KEY", "x")
        monkeypatch.setenv("SCAFE_API_KEY", KEY)
        langsmith.utils.get_env_var.cache_clear()
        yield server
    langsmith.utils.get_env_var.cache_clear()


def canaries(data: Path) -> list[str]:
    """Return what must not be found anywhere outside."""
    pixels = PIXELS.split(", ")
    blocks = [", ".join(pixels[start : start + 8]) for start in range(0, 184, 8)]
    return [*PATIENTS, "clinic_dept_7", "scars-2026", "scar_0000", LABELS, *blocks, str(data), "/home/", KEY]


def answer(body: dict[str, Any]) -> Any:
    """Answer as a poor endpoint does; deterministic by the prompt."""
    prompt = body["messages"][1]["content"]
    if "PLAN = {" in prompt:
        ids = re.findall(r'^    "(\w+)": \[', prompt, re.MULTILINE)
        return f"PLAN = {json.dumps({one: [f'{one} in red'] for one in ids})}"
    draw = dice(prompt)
    if draw % 7 == 0:
        return "<think>no"
    criterion = re.findall(r"`CRITERION` is\s+`(\w+)`", prompt)[-1]
    source = SOURCE.format(criterion=criterion, number=draw % 997, name=f"{criterion}_share"[:48])
    return f"```python\n{source}```"


def shaky(body: dict[str, Any]) -> Any:
    draw = dice(body["messages"][1]["content"], len(body["messages"][1]["content"]))
    if draw % 3 == 0 and shaky_once(draw):
        return ({"status": 500}, {"status": 429}, {"drop": True}, {"raw": "<html>"})[draw % 4]
    return answer(body)


_SEEN: set[int] = set()


def shaky_once(draw: int) -> bool:
    is_new = draw not in _SEEN
    _SEEN.add(draw)
    return is_new


class LeakyBench(StandInBench):
    """Fails as a bench could, with the data's secrets in its mouth."""

    fault: Exception | None = None
    finding: str = ""
    after: int = 1

    def probe(self, source: str) -> Verdict:
        verdict = super().probe(source)
        if self.finding:
            told = Finding(code="exception", severity="reject", message=self.finding)
            features = tuple(one.model_copy(update={"accepted": False}) for one in verdict.features)
            return verdict.model_copy(update={"findings": (told,), "features": features})
        return verdict

    def score(self, source: str, names: tuple[str, ...], pool: tuple[FeatureRef, ...]) -> ScoreCard:
        self.after -= 1
        if self.fault is not None and self.after < 0:
            raise self.fault
        return super().score(source, names, pool)


def go(tmp_path: Path, data: Path, server: ScriptedServer, bench: StandInBench) -> RunOutcome | ScafeError:
    """Start a run, or take up the one that is there."""
    config = RunConfig(
        pack="scar.vss", data=str(data), model="openai:scripted", base_url=server.url, approve="auto",
        max_calls=14, out=str(tmp_path / "runs"), seed=3,
    )  # fmt: skip
    old = sorted((tmp_path / "runs").glob("*")) if (tmp_path / "runs").is_dir() else []
    try:
        if old:
            return resume_run(old[0], bench=bench, drafter=drafter(old[0], config))
        return start_run(config, bench=bench)
    except ScafeError as error:
        return error


def drafter(run: Path, config: RunConfig) -> Any:
    """Open the drafter with a clock that does not wait."""
    settings = DrafterSettings(run=run, base_url=config.base_url, never_send=(config.data or "",))
    return open_chat("scripted", settings, Patience(clock=FakeClock(), max_tries=3))


def assert_nothing_left(
    tmp_path: Path, data: Path, server: ScriptedServer, elsewhere: ScriptedServer
) -> None:
    heads = [(method, path, {**head, "authorization": ""}) for method, path, head in server.served.heads]
    sent = b"\n".join(server.served.raw).decode() + json.dumps(heads)
    records = "".join(one.body for run in (tmp_path / "runs").glob("*") for one in list_sent(run))
    for canary in canaries(data):
        assert canary not in sent
        assert canary not in records
    assert elsewhere.served.heads == []
    for path in (tmp_path / "runs").rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


def test_nothing_of_the_data_leaves_a_run_that_ends_well_at_a_shaky_endpoint(
    tmp_path: Path, data: Path, elsewhere: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scafe.agent.egress.patience.SystemClock.sleep", lambda self, seconds: None)
    _SEEN.clear()
    with ScriptedServer(shaky) as server:
        outcome = go(tmp_path, data, server, StandInBench(tmp_path / "bench"))
        assert isinstance(outcome, RunOutcome), outcome
        assert server.served.calls > 5
        assert_nothing_left(tmp_path, data, server, elsewhere)


@pytest.mark.parametrize("kind", [DatasetError, DisclosureError, KeyboardInterrupt])
def test_nothing_of_the_data_leaves_when_the_bench_fails_and_the_run_is_resumed(
    tmp_path: Path, data: Path, elsewhere: ScriptedServer, kind: Any
) -> None:
    with ScriptedServer(answer) as server:
        bench = LeakyBench(tmp_path / "bench")
        bench.fault = kind(f"{data}/scar_0000.png of {PATIENTS[0]}: {LABELS} {PIXELS}")
        go(tmp_path, data, server, bench)
        before = server.served.calls
        bench = LeakyBench(tmp_path / "bench")
        outcome = go(tmp_path, data, server, bench)
        assert isinstance(outcome, RunOutcome), outcome
        assert server.served.calls >= before > 0
        assert_nothing_left(tmp_path, data, server, elsewhere)


@pytest.mark.parametrize("secret", ["path", "file", "pixels"])
def test_a_finding_that_quotes_the_data_stops_the_run_at_the_way_out(
    tmp_path: Path, data: Path, elsewhere: ScriptedServer, secret: str
) -> None:
    quoted = {"path": str(data), "file": "scar_0000.png", "pixels": PIXELS}[secret]
    with ScriptedServer(answer) as server:
        bench = LeakyBench(tmp_path / "bench")
        bench.finding = f"ValueError while reading {quoted}"
        outcome = go(tmp_path, data, server, bench)
        assert isinstance(outcome, EgressError), outcome
        assert outcome.exit_code == 4
        for canary in canaries(data):
            assert canary not in str(outcome)
        assert server.served.calls > 0
        assert_nothing_left(tmp_path, data, server, elsewhere)


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_no_error_of_the_endpoint_carries_anything_of_the_data_or_the_key(
    tmp_path: Path, data: Path, elsewhere: ScriptedServer, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr("scafe.agent.egress.patience.SystemClock.sleep", lambda self, seconds: None)
    with ScriptedServer([{"status": status, "message": f"bad key {KEY}"}], after="repeat") as server:
        outcome = go(tmp_path, data, server, StandInBench(tmp_path / "bench"))
        told = str(outcome) if isinstance(outcome, ScafeError) else outcome.why
        for canary in canaries(data):
            assert canary not in told
        assert f"HTTP {status}" in told
        assert_nothing_left(tmp_path, data, server, elsewhere)


def test_a_person_s_outbox_holds_nothing_of_the_data(
    tmp_path: Path, data: Path, elsewhere: ScriptedServer
) -> None:
    config = RunConfig(
        pack="scar.vss", data=str(data), model="manual", approve="auto", out=str(tmp_path / "runs")
    )
    outcome = start_run(config, bench=StandInBench(tmp_path / "bench"))
    assert outcome.exit_code == 3
    sheets = [path.read_text() for path in (tmp_path / "runs").rglob("*.prompt.md")]
    assert sheets
    assert not [canary for canary in canaries(data) for sheet in sheets if canary in sheet]
    assert elsewhere.served.heads == []


def test_the_control_sees_an_id_that_the_bench_hands_over(
    tmp_path: Path, data: Path, elsewhere: ScriptedServer
) -> None:
    # No search can know a name: that none reaches a brief is owed to the bench, and these tests would see it.
    with ScriptedServer(answer) as server:
        bench = LeakyBench(tmp_path / "bench")
        bench.finding = f"ValueError for patient {PATIENTS[2]}"
        go(tmp_path, data, server, bench)
        with pytest.raises(AssertionError, match=PATIENTS[2]):
            assert_nothing_left(tmp_path, data, server, elsewhere)


NETWORK = CompanionNote(
    kind="onnx",
    where="mask",
    sha256="a" * 64,
    config_sha256="b" * 64,
    file="lite0.onnx",
    name="EfficientNet-Lite0",
    licence="Apache-2.0",
)


class BenchWithCompanion(StandInBench):
    """Its facts name a companion."""

    def facts(self) -> BenchFacts:
        return super().facts().model_copy(update={"companion": NETWORK})


def test_a_run_with_a_companion_sends_the_bytes_that_a_run_without_one_sends(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCAFE_API_KEY", KEY)
    bodies, folders = [], []
    with ScriptedServer(answer) as server:
        for bench, companion in ((StandInBench, None), (BenchWithCompanion, "onnx:nets/lite0.onnx")):
            config = RunConfig(
                pack="scar.vss", data=str(data), model="openai:scripted", base_url=server.url, seed=3,
                approve="auto", max_calls=14, out=str(tmp_path / bench.__name__), companion=companion,
            )  # fmt: skip
            folders.append(start_run(config, bench=bench(tmp_path / f"bench {bench.__name__}")).run)
            bodies.append([one.body for one in list_sent(folders[-1])])
    assert len(bodies[0]) >= 10
    assert bodies[0] == bodies[1]
    assert not any("lite0" in body or "companion" in body for body in bodies[1])
    opened = next(line for line in read_lines(folders[1] / EVENTS) if line["kind"] == "bench_opened")
    assert opened["companion"] == NETWORK.model_dump()  # an auditor sees it, the model does not
