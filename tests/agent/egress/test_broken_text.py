"""Replies, error bodies and streams with characters that are none: read, told, journalled, resumed."""

import json
from pathlib import Path
from typing import Any

import pytest
from drafting_stand_ins import SOURCE, make_brief, open_drafter
from loop_stand_ins import StandInBench

from scafe.agent.egress.completion import GarbledError, error_body, error_text, read_completion
from scafe.agent.egress.journal import Attempt, Journal
from scafe.agent.egress.scripted import ScriptedReply, ScriptedServer
from scafe.agent.loop.run import resume_run, start_run
from scafe.agent.record.outcome import RunOutcome
from scafe.agent.record.trace import EVENTS, read_lines
from scafe.agent.settings.run_config import RunConfig
from scafe.knowledge.contract.errors import ModelError

BROKEN = SOURCE.replace("import numpy", "# half of a pair: \ud83d\nimport numpy", 1)
HALF = f"```python\n{BROKEN}```\n"
MARKS = ["\u2028", "\u2029", "\x85", "\x0b", "\x0c"]


def body(text: str, usage: bool = True) -> bytes:
    message = {"role": "assistant", "content": text}
    said: dict[str, Any] = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    if usage:
        said["usage"] = {"prompt_tokens": 10, "completion_tokens": 5}
    return json.dumps(said).encode()


def stream(*events: object) -> bytes:
    lines = [f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events]
    return ("".join(lines) + "data: [DONE]\n\n").encode("utf-8", "surrogatepass")


def delta(text: str, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"delta": {"content": text}, "finish_reason": finish}]}


# --- one answer


@pytest.mark.parametrize("usage", [True, False])
def test_half_a_surrogate_pair_in_a_reply_is_replaced_and_noted(tmp_path: Path, usage: bool) -> None:
    scripted = ScriptedReply(raw=body(HALF, usage).decode())
    with ScriptedServer([scripted]) as server:
        reply = open_drafter(tmp_path, server.url).draft(make_brief())
    assert "# half of a pair: \ufffd" in reply.text
    assert reply.replaced == 1
    (entry,) = Journal(tmp_path / "llm").entries()
    assert "1 characters were no valid Unicode" in entry.attempts[-1].note


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (body("a\ud83db"), "a\ufffdb"),
        (body("a\ud83d\ude00b"), "a\U0001f600b"),
        (b"\xef\xbb\xbf" + body("marked"), "marked"),
        (body("ab").replace(b"ab", b"a\xffb"), "a\ufffdb"),
        (body("ab").replace(b"ab", b"a\xed\xa0\xbdb"), "a\ufffd\ufffd\ufffdb"),
        (stream(delta("a\ud83d"), delta("\ude00b", "stop")).replace(b"\xed", b"\xed"), None),
    ],
)
def test_no_answer_holds_what_cannot_be_written(raw: bytes, text: str | None) -> None:
    found = read_completion(raw)
    assert found.text.encode().decode() == found.text
    assert text is None or found.text == text


def test_a_pair_that_a_stream_cuts_in_two_is_joined() -> None:
    first, second = json.dumps(delta("a\ud83d")), json.dumps(delta("\ude00b", "stop"))
    assert read_completion(f"data: {first}\n\ndata: {second}\n\n".encode()).text == "a\U0001f600b"


@pytest.mark.parametrize("mark", MARKS)
def test_a_stream_is_cut_at_cr_and_lf_alone(mark: str) -> None:
    text = f"a{mark}b"
    assert read_completion(stream(delta(text, "stop"))).text == json.loads(json.dumps(text))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_of_the_standard_is_read(end: str) -> None:
    lines = [": hello", "event: message", f"data: {json.dumps(delta('a', 'stop'))}", "", "data: [DONE]", ""]
    assert read_completion(end.join(lines).encode()).text == "a"


def test_an_event_may_be_spread_over_several_lines() -> None:
    spread = "\n".join(f"data: {line}" for line in json.dumps(delta("ab", "stop"), indent=1).split("\n"))
    assert read_completion(f"{spread}\n\n".encode()).text == "ab"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"choices": ' + b"[" * 100_000,
        b'{"choices": [{"message": {"content": "a"}}], "created": ' + b"1" * 5000 + b"}",
        b"data: " + b"9" * 5000 + b"\n\n",
        b'data: {"choices": 5}\n\n',
        b'data: {"choices": ["a", 7]}\n\n',
        b'data: {"choices": "abc"}\n\n',
        b'{"error": {"message": "\\ud83d"}}',
        b"\xff\xfe{\x00}\x00",
        b"\x00" * 100,
    ],
)
def test_a_body_that_is_no_completion_is_garbled_and_never_a_traceback(raw: bytes) -> None:
    with pytest.raises(GarbledError) as garbled:
        read_completion(raw)
    assert str(garbled.value).encode()


@pytest.mark.parametrize("count", [-1, 10**12, 10**400, True, 1.5, "7", None, [1]])
def test_a_count_that_is_none_is_estimated(count: Any) -> None:
    usage = {"prompt_tokens": count, "completion_tokens": 5}
    said = json.dumps({**json.loads(body("a")), "usage": usage}).encode()
    assert read_completion(said).usage is None


def test_an_error_body_that_is_nested_too_deep_is_told_in_a_sentence() -> None:
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    assert "nested too deep" in error_text({"error": deep})
    assert error_body(b"[" * 100_000) is None


def test_an_error_body_with_half_a_pair_is_told(tmp_path: Path) -> None:
    refusal = ScriptedReply(status=400, raw='{"error": {"message": "bad token \\ud83d\\u2028here"}}')
    with ScriptedServer([refusal]) as server, pytest.raises(ModelError, match="bad token \ufffd here"):
        open_drafter(tmp_path, server.url).draft(make_brief())


@pytest.mark.parametrize("mark", MARKS)
def test_a_note_with_a_line_separator_does_not_tear_the_journal(tmp_path: Path, mark: str) -> None:
    journal = Journal(tmp_path)
    journal.note("a" * 64, Attempt(attempt=1, event="sent", reserved_tokens=7))
    journal.note("a" * 64, Attempt(attempt=1, event="done", outcome="http", status=500, note=f"x{mark}y"))
    assert [one.event for one in journal.attempts("a" * 64)] == ["sent", "done"]
    assert journal.attempts("a" * 64)[-1].note == f"x{mark}y"


# --- a run


def asked(root: Path, url: str, **more: Any) -> RunConfig:
    given = {"pack": "scar.vss", "seed": 3, "approve": "auto", "max_calls": 8, "out": str(root / "runs")}
    return RunConfig.model_validate({**given, "model": "openai:m", "base_url": url, **more})


def replied(run: Path) -> list[dict[str, Any]]:
    return [line for line in read_lines(run / EVENTS) if line["kind"] == "replied"]


def half_answers(body_: dict[str, Any]) -> ScriptedReply:
    """Answer whatever is asked with a module for its criterion, half a pair in a comment."""
    criterion = body_["messages"][1]["content"].partition('CRITERION = "')[2].partition('"')[0]
    text = HALF.replace('"vascularity"', f'"{criterion or "vascularity"}"')
    return ScriptedReply(raw=body(text, usage=False).decode())


@pytest.fixture
def broken_then_stopped(tmp_path: Path) -> tuple[Path, RunOutcome]:
    """A run whose endpoint sent three such replies and then failed."""
    count = iter(range(1000))

    def respond(said: dict[str, Any]) -> ScriptedReply:
        return half_answers(said) if next(count) < 3 else ScriptedReply(status=401, message="\ud83d no")

    with ScriptedServer(respond) as server:
        outcome = start_run(asked(tmp_path, server.url), bench=StandInBench(tmp_path / "bench"))
    return tmp_path, outcome


def test_a_run_with_half_a_pair_in_its_replies_stops_and_resumes(
    broken_then_stopped: tuple[Path, RunOutcome],
) -> None:
    root, outcome = broken_then_stopped
    assert outcome.exit_code == 5
    assert "401" in outcome.why
    with ScriptedServer(half_answers, port=_port_of(outcome.run)) as server:
        again = resume_run(outcome.run, bench=StandInBench(root / "bench"))
    assert again.status in ("frozen", "no_acceptable_set")
    assert server.served.calls > 0
    assert any("replaced_invalid_unicode" in line["steps"] for line in replied(outcome.run))


def _port_of(run: Path) -> int:
    url = json.loads((run / "run.json").read_text())["config"]["base_url"]
    return int(url.rpartition(":")[2].partition("/")[0])
