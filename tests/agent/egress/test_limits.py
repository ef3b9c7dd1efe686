"""What an endpoint names as its limits, or refuses, is learnt once and used for the rest of the run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from drafting_stand_ins import REPLY, make_brief, open_drafter
from loop_stand_ins import StandInBench
from pydantic import SecretStr

from scafe.agent.drafters.endpoint_check import probe_model
from scafe.agent.egress.budget import Budget
from scafe.agent.egress.dialect import LEAST_REPLY, Dialect, Memory
from scafe.agent.egress.door import Egress
from scafe.agent.egress.journal import Journal
from scafe.agent.egress.limits import NamedLimits, named_limits
from scafe.agent.egress.models import ChatCarrier, Endpoint
from scafe.agent.egress.payload import Payload
from scafe.agent.egress.scripted import ScriptedReply, ScriptedServer, count_tokens
from scafe.agent.loop.run import resume_run, start_run
from scafe.agent.record.trace import EVENTS, read_lines
from scafe.agent.settings.run_config import RunConfig
from scafe.knowledge.contract.errors import ModelError

BOTH = "This model's maximum context length is 4096 tokens. However, you requested 9692 tokens "
SAID: list[tuple[str, NamedLimits]] = [
    (
        "max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you "
        "provided 8192.",
        NamedLimits(reply=4096),
    ),
    (
        BOTH + "(1500 in the messages, 8192 in the completion). Please reduce the length of the messages.",
        NamedLimits(4096, 1500, about_context=True),
    ),
    (
        "This model's maximum context length is 8,192 tokens. Your messages resulted in 9,000 tokens.",
        NamedLimits(8192, 9000, about_context=True),
    ),
    (
        "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is "
        "4096 tokens and your request has 1500 input tokens (8192 > 4096 - 1500).",
        NamedLimits(4096, 1500, about_context=True),
    ),
    (
        "This endpoint's maximum context length is 4096 tokens. However, you requested about 9692 tokens "
        "(1500 of text input, 8192 in the output).",
        NamedLimits(4096, 1500, about_context=True),
    ),
    (
        "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a "
        "total of 9692 tokens: 1500 tokens from the input messages and 8192 tokens for the completion.",
        NamedLimits(4096, 1500, about_context=True),
    ),
    (
        "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
        NamedLimits(4096, 5000, about_context=True),
    ),
    (
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 1500 `inputs` "
        "tokens and 8192 `max_new_tokens`",
        NamedLimits(4096, 1500, about_context=True),
    ),
    (
        "input length and `max_tokens` exceed context limit: 1500 + 8192 > 4096, decrease input length",
        NamedLimits(4096, 1500, about_context=True),
    ),
    (
        "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with "
        "context length of only 4096 tokens, which is not enough.",
        NamedLimits(4096, 5000, about_context=True),
    ),
    (
        "Prompt contains 5000 tokens and 0 draft tokens, too large for model with 4096 maximum "
        "context length",
        NamedLimits(4096, 5000, about_context=True),
    ),
    ("the input length exceeds the context length", NamedLimits(about_context=True)),
    ("prompt too long; exceeded max context length by 904 tokens", NamedLimits(about_context=True)),
    (
        "max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for claude-3-haiku",
        NamedLimits(reply=4096),
    ),
    ("`max_tokens` must be less than or equal to `4096`", NamedLimits(reply=4096)),
    ("Invalid max_tokens value, the valid range of max_tokens is [1, 4096]", NamedLimits(reply=4096)),
    (
        "it has a maxOutputTokens value of 8192 but the supported range is from 1 (inclusive) to 4097 "
        "(exclusive).",
        NamedLimits(reply=4096),
    ),
    ("max_tokens is not supported with gpt-5-2025-08-07. Use 'max_completion_tokens'.", NamedLimits()),
    ("temperature does not support 0.2 with this model", NamedLimits()),
    ("", NamedLimits()),
]


@pytest.mark.parametrize(("message", "limits"), SAID)
def test_the_limits_in_a_refusal_are_read_whoever_wrote_it(message: str, limits: NamedLimits) -> None:
    assert named_limits(json.dumps({"error": {"message": message, "code": 400}}).encode(), 8192) == limits
    assert named_limits(message.encode(), 8192) == limits


def test_limits_in_fields_of_their_own_are_read_too() -> None:
    error = {"code": 400, "message": "exceeds the available context size", "n_ctx": 4096}
    raw = json.dumps({"error": {**error, "n_prompt_tokens": 5000}}).encode()
    assert named_limits(raw, 8192) == NamedLimits(4096, 5000, about_context=True)
    fault = {
        "loc": ["body", "max_tokens"],
        "msg": "Input should be less than or equal to 4096",
        "input": 8192,
    }
    assert named_limits(json.dumps({"detail": [fault]}).encode(), 8192).reply == 4096


@pytest.mark.parametrize("raw", [b"\xff" * 100, b"[" * 50_000, b"context " * 9000, b"max_tokens 9" * 9000])
def test_a_refusal_that_is_none_is_read_in_no_time(raw: bytes) -> None:
    assert named_limits(raw, 8192).context is None


def test_a_reply_is_never_asked_to_be_longer_than_what_is_left() -> None:
    learnt = Dialect(context_tokens=4096, tokens_per_byte=0.25)
    assert learnt.longest_reply(8192, 4000) == 4096 - 1000 - 64
    assert learnt.longest_reply(100, 4000) == 100
    assert learnt.longest_reply(8192, 100_000) == LEAST_REPLY  # the server says that it does not fit
    assert Dialect(reply_tokens=2000).longest_reply(8192, 4000) == 2000


# --- against servers


def strict(message: str, at_most: int) -> Callable[[dict[str, Any]], ScriptedReply]:
    """A server that takes replies up to `at_most` tokens."""

    def respond(body: dict[str, Any]) -> ScriptedReply:
        asked = body.get("max_tokens") or body.get("max_completion_tokens") or 0
        if asked > at_most:
            return ScriptedReply(status=400, message=message.format(asked=asked))
        return ScriptedReply(text=REPLY)

    return respond


def small(context: int, *, counts: bool = True) -> Callable[[dict[str, Any]], ScriptedReply]:
    """A server whose prompt and reply together have `context` tokens; a token has four bytes."""

    def respond(body: dict[str, Any]) -> ScriptedReply:
        prompt = sum(count_tokens(one["content"]) for one in body["messages"])
        said = f"({prompt} in the messages, {body['max_tokens']} in the completion)" if counts else ""
        if prompt + body["max_tokens"] > context:
            message = f"This model's maximum context length is {context} tokens. You requested more {said}."
            return ScriptedReply(status=400, message=message)
        return ScriptedReply(text=REPLY)

    return respond


@pytest.mark.parametrize("message", [one for one, limits in SAID if limits.reply])
def test_a_longest_reply_that_a_server_names_is_learnt_and_kept(tmp_path: Path, message: str) -> None:
    told: list[str] = []
    with ScriptedServer(strict(message, 4096)) as server:
        drafter = open_drafter(tmp_path, server.url, tell=told.append)
        drafter.draft(make_brief())
        drafter.draft(make_brief(seed=9))
        open_drafter(tmp_path, server.url).draft(make_brief(seed=10))  # as a resumed run does
    assert [body["max_tokens"] for body in server.served.bodies] == [8192, 4096, 4096, 4096]
    assert told == ["scripted: the longest reply is 4096 tokens here; 8192 were asked for"]


@pytest.mark.parametrize("counts", [True, False])
def test_a_context_that_a_server_names_shortens_the_replies(tmp_path: Path, counts: bool) -> None:
    with ScriptedServer(small(8000, counts=counts)) as server:
        drafter = open_drafter(tmp_path, server.url)
        replies = [drafter.draft(make_brief(seed=seed)) for seed in range(3)]
    assert {reply.text for reply in replies} == {REPLY}
    assert server.served.calls == 4
    assert all(LEAST_REPLY < body["max_tokens"] < 8000 for body in server.served.bodies[1:])


@pytest.mark.parametrize("context", [300, 1024])
def test_a_prompt_that_does_not_fit_is_said_clearly(tmp_path: Path, context: int) -> None:
    with ScriptedServer(small(context)) as server:
        with pytest.raises(ModelError, match=rf"The prompt of \d+ tokens does not fit .* {context} tokens"):
            open_drafter(tmp_path, server.url).draft(make_brief())
    assert server.served.calls == 1


def test_a_server_that_names_no_number_is_not_asked_for_ever(tmp_path: Path) -> None:
    message = "the input length exceeds the context length"
    with ScriptedServer([{"status": 400, "message": message}], after="repeat") as server:
        with pytest.raises(ModelError, match="does not fit into the model's context"):
            open_drafter(tmp_path, server.url).draft(make_brief())
    assert server.served.calls == 1


def test_a_setting_that_is_refused_is_left_out_once_and_for_all(tmp_path: Path) -> None:
    told: list[str] = []
    with ScriptedServer([REPLY], after="repeat", refuse_fields=("temperature", "store")) as server:
        open_drafter(tmp_path, server.url, temperature=0.2, tell=told.append).draft(make_brief())
        open_drafter(tmp_path, server.url, temperature=0.2, tell=told.append).draft(make_brief(seed=9))
    assert server.served.calls == 4
    assert [set(body) & {"temperature", "store"} for body in server.served.bodies[2:]] == [set(), set()]
    assert told == [
        "scripted: temperature is refused and left out",
        "scripted: store is refused and left out",
    ]


def test_what_was_learnt_of_one_endpoint_is_not_used_at_another(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.keep("http://a/v1", "m", Dialect(reply_tokens=100), "learnt")
    assert memory.recall("http://a/v1", "m") == Dialect(reply_tokens=100)
    assert memory.recall("http://a/v1", "n") is memory.recall("http://b/v1", "m") is None
    (tmp_path / "endpoint.json").write_text('{"http://a/v1 m": {"reply_tokens": -1}}')
    assert memory.recall("http://a/v1", "m") is None


def test_a_run_records_what_it_learnt_and_a_resumed_run_remembers_it(tmp_path: Path) -> None:
    server_says = strict("This model supports at most 4096 completion tokens; max_tokens was {asked}", 4096)
    config = RunConfig(pack="scar.vss", approve="auto", max_calls=4, out=str(tmp_path), model="openai:m")
    bench = StandInBench(tmp_path / "bench")
    stop = iter(range(100))

    def respond(body: dict[str, Any]) -> ScriptedReply:
        return server_says(body) if next(stop) < 2 else ScriptedReply(status=401)

    with ScriptedServer(respond) as server:
        asked = config.model_copy(update={"base_url": server.url, "max_reply_tokens": 6000})
        outcome = start_run(asked, bench=bench)
        resume_run(outcome.run, bench=bench)
    assert [body["max_tokens"] for body in server.served.bodies][:2] == [6000, 4096]
    assert max(body["max_tokens"] for body in server.served.bodies[1:]) == 4096
    noticed = [line["what"] for line in read_lines(outcome.run / EVENTS) if line["kind"] == "noticed"]
    assert noticed == ["m: the longest reply is 4096 tokens here; 6000 were asked for"]


def test_the_doctor_learns_and_tells_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCAFE_API_KEY", raising=False)
    message = "This model supports at most 2048 completion tokens; max_tokens was {asked}"
    with ScriptedServer(strict(message, 2048)) as server:
        found = probe_model("m", server.url, context_tokens=600, max_reply_tokens=8192)
    told = [one.told for one in found.checks if one.name == "settings"]
    assert told == ["m: the longest reply is 2048 tokens here; 8192 were asked for"]
    assert server.served.bodies[0]["max_tokens"] == 8192


# --- what a client library does by itself

MODELS = ["gpt-4o", "gpt-4.1-mini", "gpt-5", "gpt-5-mini", "gpt-5.1", "gpt-5-chat-latest", "o1", "o3-mini"]


def on_the_wire(folder: Path, model: str, temperature: float | None) -> tuple[dict[str, Any], list[str]]:
    seen: list[dict[str, Any]] = []
    told: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        said = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}}]}
        return httpx.Response(200, json=said)

    journal = Journal(folder)
    egress = Egress(journal, Budget(journal), "aggregates", tell=told.append)
    carrier = ChatCarrier(
        Endpoint(model, "http://127.0.0.1:9/v1", temperature=temperature),
        egress,
        SecretStr("EMPTY"),
        httpx.MockTransport(answer),
    )
    payload = Payload(make_brief())
    egress.exchange(payload, carrier)
    assert json.loads(journal.request(payload.sha256).body) == seen[0]
    return seen[0], told


@pytest.mark.parametrize("temperature", [None, 0.0, 0.2, 1.0])
@pytest.mark.parametrize("model", MODELS)
def test_the_temperature_on_the_wire_is_the_one_that_was_asked_for(
    tmp_path: Path, model: str, temperature: float | None
) -> None:
    body, told = on_the_wire(tmp_path, model, temperature)
    assert body.get("temperature") == temperature
    assert ("temperature" in body) == (temperature is not None)
    assert told == []


def test_what_a_client_changes_by_itself_is_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    journal = Journal(tmp_path)
    egress = Egress(journal, Budget(journal), "aggregates", tell=told.append)

    class Wilful(ChatCarrier):
        def carry(self, ticket: Any) -> None:
            words = [{"role": one.role, "content": one.content} for one in ticket.payload.messages]
            ticket.asked = {"model": "m", "temperature": 0.2, "top_p": 1}
            self._http.post(
                self.base_url + "/chat/completions",
                json={"model": "m", "top_p": 0.9, "seed": 4, "messages": words},
            )

    said = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}}]}
    inner = httpx.MockTransport(lambda request: httpx.Response(200, json=said))
    carrier = Wilful(Endpoint("m", "http://127.0.0.1:9/v1"), egress, SecretStr("EMPTY"), inner)
    for seed in (1, 2):
        egress.exchange(Payload(make_brief(seed=seed)), carrier)
    (once,) = told
    assert "left out temperature" in once
    assert "added seed=4" in once
    assert "changed top_p" in once
