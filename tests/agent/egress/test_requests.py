"""What is sent to an OpenAI-compatible server, seen at the scripted one."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from drafting_stand_ins import REPLY, FakeClock, make_brief, open_drafter
from endpoint_stand_ins import SECRET, ask
from pydantic import SecretStr

from scafe.agent.drafters.drafter import Reply
from scafe.agent.egress.budget import Budget
from scafe.agent.egress.dialect import MEMORY, Memory
from scafe.agent.egress.door import Egress
from scafe.agent.egress.hosts import OPENAI_URL
from scafe.agent.egress.journal import Journal
from scafe.agent.egress.models import ChatCarrier, Endpoint, find_key
from scafe.agent.egress.patience import Patience
from scafe.agent.egress.payload import Payload
from scafe.agent.egress.scripted import ScriptedServer
from scafe.knowledge.contract.errors import ModelError


def test_a_request_is_plain_text_and_carries_nothing_of_the_machine(tmp_path: Path) -> None:
    _, server = ask(tmp_path, [REPLY])
    (body,), (head,) = server.served.bodies, server.served.heads
    assert set(body) == {"model", "messages", "stream", "store", "max_tokens"}
    assert (body["stream"], body["store"], body["max_tokens"]) == (False, False, 8192)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert head[:2] == ("POST", "/v1/chat/completions")
    assert {name.lower() for name in head[2]} <= {
        "host", "authorization", "accept", "content-type", "content-length", "accept-encoding", "user-agent"
    }  # fmt: skip
    assert head[2]["user-agent"] == "scafe"


def test_a_local_server_gets_no_key_of_another_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    _, server = ask(tmp_path, [REPLY])
    assert server.served.heads[0][2]["authorization"] == "Bearer EMPTY"


def test_our_own_key_goes_to_the_endpoint_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCAFE_API_KEY", SECRET)
    _, server = ask(tmp_path, [REPLY])
    assert server.served.heads[0][2]["authorization"] == f"Bearer {SECRET}"


def test_without_a_key_openai_is_not_asked() -> None:
    with pytest.raises(ModelError, match="export SCAFE_API_KEY"):
        find_key(OPENAI_URL, {})
    assert find_key(OPENAI_URL, {"OPENAI_API_KEY": SECRET}).get_secret_value() == SECRET
    with pytest.raises(ModelError, match="export SCAFE_API_KEY"):
        find_key("https://lab.openai.azure.com/openai/v1", {"OPENAI_API_KEY": SECRET})


@pytest.mark.parametrize(
    "name",
    ["OPENAI_BASE_URL", "OPENAI_API_BASE", "HTTP_PROXY", "ALL_PROXY", "LANGSMITH_GATEWAY", "OPENAI_PROXY"],
)
def test_no_variable_of_the_environment_turns_the_words_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with ScriptedServer([REPLY]) as elsewhere:
        monkeypatch.setenv(name, elsewhere.url if "PROXY" not in name else elsewhere.url.removesuffix("/v1"))
        if name == "LANGSMITH_GATEWAY":
            monkeypatch.setenv("LANGSMITH_GATEWAY_API_KEY", SECRET)
        reply, server = ask(tmp_path, [REPLY])
    assert reply.text == REPLY
    assert server.served.calls == 1
    assert elsewhere.served.heads == []


def test_no_variable_of_the_environment_adds_to_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Canary: canary-77")
    monkeypatch.setenv("OPENAI_ORG_ID", "canary-77")
    monkeypatch.setenv("LC_OUTPUT_VERSION", "responses/v1")
    _, server = ask(tmp_path, [REPLY])
    assert "canary-77" not in json.dumps(server.served.heads)


@pytest.mark.parametrize("model", ["gpt-5.2-pro", "gpt-5-codex", "o3", "o1-preview", "gpt-4o"])
def test_no_name_of_a_model_changes_the_path_or_the_words(tmp_path: Path, model: str) -> None:
    reply, server = ask(tmp_path, [REPLY], model=model)
    assert reply.text == REPLY
    assert server.served.heads[0][1] == "/v1/chat/completions"


def at(base_url: str, folder: Path, handler: Any) -> Reply:
    """Ask an address that is not ours through a transport of our own."""
    journal = Journal(folder / "llm")
    egress = Egress(journal, Budget(journal), "aggregates", patience=Patience(clock=FakeClock()))
    carrier = ChatCarrier(
        Endpoint("gpt-4o", base_url),
        egress,
        SecretStr(SECRET),
        httpx.MockTransport(handler),
        Memory(folder / "llm"),
    )
    answer = egress.exchange(Payload(make_brief()), carrier)
    return Reply(answer.completion.text, "", answer.completion.usage, answer.cached)


def completion(text: str) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}


@pytest.mark.parametrize(
    "base_url", [OPENAI_URL, "https://lab.openai.azure.com/openai/v1", "https://API.OpenAI.com:443/v1/"]
)
def test_openai_gets_its_own_name_for_the_longest_reply_and_is_told_not_to_keep_it(
    tmp_path: Path, base_url: str
) -> None:
    seen: list[dict[str, Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        if "temperature" in seen[-1]:
            return httpx.Response(400, json={"error": {"message": "'store' is not supported"}})
        return httpx.Response(200, json=completion(REPLY))

    assert at(base_url, tmp_path, handler).text == REPLY
    assert seen[0]["max_completion_tokens"] == 8192
    assert "max_tokens" not in seen[0]
    assert seen[0]["store"] is False


def test_openai_is_never_asked_without_store_false(tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(400, json={"error": {"message": "Unknown parameter: 'store'"}})

    with pytest.raises(ModelError, match="HTTP 400"):
        at(OPENAI_URL, tmp_path, handler)
    assert [body["store"] for body in seen] == [False]


@pytest.mark.parametrize("fields", [("store",), ("temperature",), ("max_tokens",), ("store", "temperature")])
def test_a_strict_server_gets_the_request_without_the_field_it_refuses(
    tmp_path: Path, fields: tuple[str, ...]
) -> None:
    reply, server = ask(tmp_path, [REPLY], refuse_fields=fields, temperature=0.2)
    assert reply.text == REPLY
    assert not set(fields) & set(server.served.bodies[-1])
    assert len(server.served.bodies) == 1 + len(fields)
    sent = Journal(tmp_path / "llm").entries()[0]
    assert [json.loads(one.body or sent.request.body) for one in sent.attempts if one.event == "sent"] == (
        server.served.bodies
    )


def test_a_server_that_refuses_both_names_of_the_longest_reply_is_not_asked_for_ever(tmp_path: Path) -> None:
    with ScriptedServer([REPLY], refuse_fields=("max_tokens", "max_completion_tokens")) as server:
        with pytest.raises(ModelError, match="HTTP 400"):
            open_drafter(tmp_path, server.url).draft(make_brief())
        assert server.served.calls == 2


def test_a_prompt_that_is_too_long_is_not_taken_for_a_refused_field(tmp_path: Path) -> None:
    message = "This model's maximum context length is 900 tokens; reduce max_tokens or the messages."
    with ScriptedServer([{"status": 400, "message": message}], after="repeat") as server:
        with pytest.raises(ModelError, match="does not fit into a context of 900 tokens"):
            open_drafter(tmp_path, server.url).draft(make_brief())
        assert {body["store"] for body in server.served.bodies} == {False}
        assert server.served.calls == 2


@pytest.mark.parametrize(("url", "store"), [(OPENAI_URL, False), ("https://models.example/v1", None)])
def test_no_file_of_a_run_says_that_openai_may_keep_what_it_is_sent(
    tmp_path: Path, url: str, store: bool | None
) -> None:
    """A run of somebody else's could bring what it claims to have learnt of an endpoint."""
    (tmp_path / "llm").mkdir()
    (tmp_path / "llm" / MEMORY).write_text(json.dumps({f"{url} gpt-4o": {"store": False}}))
    sent: list[dict[str, Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        return httpx.Response(200, json=completion(REPLY))

    at(url, tmp_path, handler)
    assert [one.get("store") for one in sent] == [store]
