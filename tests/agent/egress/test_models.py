"""Every quirk of OpenAI-compatible servers that is known to us, against the scripted server."""

import json
import socket
import sys
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import pytest
from drafting_stand_ins import REPLY, FakeClock, make_brief, open_drafter
from pydantic import SecretStr

from scafe.agent.drafters.drafter import Reply
from scafe.agent.egress.budget import Budget
from scafe.agent.egress.door import TRACING_OFF, Egress, no_tracing
from scafe.agent.egress.hosts import OPENAI_URL, checked_url, is_private
from scafe.agent.egress.journal import Attempt, Journal
from scafe.agent.egress.models import ChatCarrier, Endpoint, find_key
from scafe.agent.egress.patience import Patience
from scafe.agent.egress.payload import Payload
from scafe.agent.egress.scripted import ScriptedServer, load_script, main
from scafe.knowledge.contract.errors import EgressError, ModelError, SettingsError

SECRET = "sk-test-7f3a9c5e1b2d4f60"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SCAFE_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "LANGSMITH_TRACING"):
        monkeypatch.delenv(name, raising=False)


def ask(
    folder: Path, replies: Any, clock: FakeClock | None = None, **more: Any
) -> tuple[Reply, ScriptedServer]:
    server_options = {key: more.pop(key) for key in ("refuse_fields", "after") if key in more}
    with ScriptedServer(replies, **server_options) as server:
        reply = open_drafter(folder, server.url, clock, **more).draft(make_brief())
    return reply, server


def done(folder: Path) -> list[Attempt]:
    (entry,) = Journal(folder / "llm").entries()
    return [one for one in entry.attempts if one.event == "done"]


# --- what is sent


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
        Endpoint("gpt-4o", base_url), egress, SecretStr(SECRET), httpx.MockTransport(handler)
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


# --- what comes back


@pytest.mark.parametrize("usage", ["absent", "null"])
def test_a_server_that_counts_no_tokens_is_counted_for(tmp_path: Path, usage: str) -> None:
    reply, server = ask(tmp_path, [{"text": REPLY, "usage": usage}])
    assert reply.usage is None
    ledger = Budget(Journal(tmp_path / "llm")).ledger
    assert ledger.estimated == 1
    assert ledger.prompt_tokens >= server.served.prompt_tokens
    assert ledger.completion_tokens >= server.served.completion_tokens


def test_reasoning_in_a_field_of_its_own_is_kept_in_the_journal_and_not_in_the_text(tmp_path: Path) -> None:
    reply, _ = ask(tmp_path, [{"text": REPLY, "reasoning": "let me see"}])
    assert reply.text == REPLY
    assert "let me see" in Journal(tmp_path / "llm").answer(reply.request_sha256).decode()  # type: ignore[union-attr]


def test_content_in_parts_is_joined(tmp_path: Path) -> None:
    assert ask(tmp_path, [{"text": REPLY, "parts": True}])[0].text == REPLY


@pytest.mark.parametrize("text", [None, "", "  \n"])
def test_an_answer_without_text_is_asked_for_once_more(tmp_path: Path, text: str | None) -> None:
    reply, server = ask(tmp_path, [{"text": text}, REPLY])
    assert reply.text == REPLY
    assert [one.outcome for one in done(tmp_path)] == ["empty", "answered"]
    assert Budget(Journal(tmp_path / "llm")).ledger.prompt_tokens == server.served.prompt_tokens


def test_a_model_that_says_nothing_twice_has_answered_with_nothing(tmp_path: Path) -> None:
    reply, server = ask(tmp_path, [{"text": None, "reasoning": "hm"}], after="repeat")
    assert reply.text == ""
    assert server.served.calls == 2
    again, later = ask(tmp_path, [REPLY])
    assert (again.text, again.cached, later.served.calls) == ("", True, 0)


def test_an_answer_that_was_cut_off_says_so_and_is_not_paid_again(tmp_path: Path) -> None:
    reply, server = ask(tmp_path, [{"text": "", "reasoning": "on and on", "finish_reason": "length"}])
    assert (reply.text, reply.finish_reason, server.served.calls) == ("", "length", 1)


@pytest.mark.parametrize(
    "refused", [{"refusal": "I cannot help with that."}, {"finish_reason": "content_filter"}]
)
def test_a_refusal_is_the_model_s_answer_and_is_not_asked_for_again(tmp_path: Path, refused: Any) -> None:
    reply, server = ask(tmp_path, [{"text": None, **refused}])
    assert reply.finish_reason in ("refusal", "content_filter")
    assert server.served.calls == 1


@pytest.mark.parametrize(
    "raw", ["<html>Sign in</html>", '{"error": {"message": "no slot"}}', '{"choices": []}', "", "null"]
)
def test_a_200_that_is_no_completion_is_tried_again(tmp_path: Path, raw: str) -> None:
    reply, _ = ask(tmp_path, [{"raw": raw}, REPLY])
    assert reply.text == REPLY
    assert [one.outcome for one in done(tmp_path)] == ["garbled", "answered"]


# --- when it goes wrong


def test_waits_double_and_every_attempt_is_on_record(tmp_path: Path) -> None:
    clock = FakeClock()
    reply, _ = ask(
        tmp_path, [{"status": 500}, {"status": 503}, {"drop": True}, {"status": 529}, REPLY], clock
    )
    assert reply.text == REPLY
    assert clock.sleeps == [2.0, 4.0, 8.0, 16.0]
    assert [(one.outcome, one.status) for one in done(tmp_path)] == [
        ("http", 500), ("http", 503), ("dropped", None), ("http", 529), ("answered", 200)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "waited"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("86400", 120.0),
        ("soon", 2.0),
        ("-3", 0.0),
        (formatdate(1_700_000_030), 30.0),
    ],
)
def test_what_the_endpoint_asks_for_is_waited_within_reason(
    tmp_path: Path, header: str, waited: float
) -> None:
    clock = FakeClock()
    ask(tmp_path, [{"status": 429, "headers": {"Retry-After": header}}, REPLY], clock)
    assert clock.sleeps == [waited]


def test_an_endpoint_that_stays_ill_is_given_up_with_the_way_out(tmp_path: Path) -> None:
    with ScriptedServer([{"status": 502, "message": "bad gateway"}], after="repeat") as server:
        with pytest.raises(ModelError, match=r"HTTP 502 after 5 attempts .*Resume the run") as failed:
            open_drafter(tmp_path, server.url).draft(make_brief())
        assert server.served.calls == 5
    assert "bad gateway" in str(failed.value)
    assert failed.value.exit_code == 5


@pytest.mark.parametrize(
    ("status", "message", "said"),
    [
        (401, "no such key", "export SCAFE_API_KEY"),
        (403, "not allowed", "may not use"),
        (404, "no such model", "No such model"),
        (413, "too long", "longer context"),
        (429, "You exceeded your current quota", "limit is reached"),
    ],
)
def test_what_waiting_cannot_mend_is_not_waited_for(
    tmp_path: Path, status: int, message: str, said: str
) -> None:
    with ScriptedServer([{"status": status, "message": message}], after="repeat") as server:
        with pytest.raises(ModelError, match=said):
            open_drafter(tmp_path, server.url).draft(make_brief())
        assert server.served.calls == 1


def test_a_server_that_is_not_there_is_said_and_nothing_is_counted(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    drafter = open_drafter(tmp_path, url)
    with pytest.raises(ModelError, match="cannot be reached: is the server running"):
        drafter.draft(make_brief())
    assert drafter.budget.ledger.calls == drafter.budget.ledger.tokens == 0
    assert [one.outcome for one in done(tmp_path)] == ["unreachable"] * 5


@pytest.mark.parametrize("slow", [{"wait_s": 2.0}, {"drip_s": 0.05}])
def test_a_slow_answer_is_given_up_in_time_and_may_have_been_paid(tmp_path: Path, slow: Any) -> None:
    with ScriptedServer([{"text": REPLY, **slow}], after="repeat") as server:
        patience = Patience(max_tries=1)
        journal = Journal(tmp_path / "llm")
        budget = Budget(journal)
        egress = Egress(journal, budget, "aggregates", patience=patience)
        carrier = ChatCarrier(Endpoint("m", server.url, timeout_s=0.5), egress, SecretStr("EMPTY"))
        with pytest.raises(ModelError, match="did not answer in time"):
            egress.exchange(Payload(make_brief()), carrier)
    assert [one.outcome for one in done(tmp_path)] == ["timeout"]
    assert budget.ledger.uncertain_tokens > 0


def test_no_secret_and_no_word_of_the_prompt_is_in_an_error_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCAFE_API_KEY", SECRET)
    echoes = [
        {"status": 500, "message": f"key {SECRET} failed"},
        {"status": 401, "raw": f"Incorrect API key provided: {SECRET}"},
    ]
    with ScriptedServer(echoes) as server, pytest.raises(ModelError) as failed:
        open_drafter(tmp_path, server.url).draft(make_brief(idea="a quite particular idea"))
    assert SECRET not in str(failed.value)
    assert "particular idea" not in str(failed.value)
    ask(tmp_path, [f"Your key is {SECRET}."])
    files = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert not [text for text in files if SECRET in text]
    assert [text for text in files if "Your key is ***." in text]


@pytest.mark.parametrize("key", ["EMPTY", "ollama", "none"])
def test_a_word_that_serves_as_key_is_not_cut_out_of_what_a_model_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("SCAFE_API_KEY", key)
    assert ask(tmp_path, [f"an {key} mask"])[0].text == f"an {key} mask"


# --- LangSmith


def test_tracing_in_the_environment_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import langsmith.utils
    from langchain_core.runnables import RunnableLambda
    from langchain_core.tracers.langchain import wait_for_all_tracers
    from langsmith.run_trees import get_cached_client

    def trace(reads: bool) -> None:
        langsmith.utils.get_env_var.cache_clear()
        for name in TRACING_OFF:
            monkeypatch.setenv(name, "true" if reads else "false")

    with ScriptedServer([REPLY] * 3) as tracer:
        monkeypatch.setenv("LANGSMITH_ENDPOINT", tracer.url.removesuffix("/v1"))
        monkeypatch.setenv("LANGSMITH_API_KEY", SECRET)
        trace(True)
        with no_tracing():
            RunnableLambda(lambda text: text).invoke("canary-outside-egress")
        trace(True)
        reply, _ = ask(tmp_path, [REPLY])
        wait_for_all_tracers()
        assert reply.text == REPLY
        assert tracer.served.heads == []
        trace(True)
        RunnableLambda(lambda text: text).invoke("canary")  # the control: without us, it is posted
        wait_for_all_tracers()
        get_cached_client().flush()
        assert any("runs" in path for _, path, _ in tracer.served.heads)
    trace(False)


# --- addresses and the scripted server itself


@pytest.mark.parametrize(
    "url", ["http://user:pw@host/v1", "ftp://host/v1", "host:8000/v1", "https://host/v1?key=1", "http://"]
)
def test_an_address_that_is_none_or_carries_a_secret_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsError, match="base URL") as refused:
        checked_url(url)
    assert "pw" not in str(refused.value).replace("plain", "")


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://127.0.0.1:8000/v1", True), ("http://[::1]:8000/v1", True), ("http://localhost/v1", True),
        ("http://10.0.3.4/v1", True), ("http://gpu.clinic.internal/v1", True), ("http://box.local/v1", True),
        ("https://api.openai.com/v1", False), ("http://8.8.8.8/v1", False),
        ("https://localhost.evil.com/v1", False),
    ],
)  # fmt: skip
def test_only_plainly_private_addresses_are_called_private(url: str, private: bool) -> None:
    assert is_private(url) == private
    assert ("a private address" in Endpoint("m", url).notice) == private


def test_a_script_is_read_as_a_list_or_line_by_line_and_chosen_by_what_the_prompt_holds(
    tmp_path: Path,
) -> None:
    whole, lines = tmp_path / "a.json", tmp_path / "b.jsonl"
    whole.write_text(json.dumps(["one", {"text": "two", "when": "never said"}]))
    lines.write_text('"one"\n{"text": "two", "when": "never said"}\n')
    assert load_script(whole) == load_script(lines)
    replies = [{"text": "for height", "when": "`height`"}, {"text": "for redness", "when": "`vascularity`"}]
    assert ask(tmp_path, replies)[0].text == "for redness"


def test_a_script_that_is_over_fails_instead_of_starting_again(tmp_path: Path) -> None:
    with ScriptedServer([]) as server, pytest.raises(ModelError, match="the script is over"):
        open_drafter(tmp_path, server.url).draft(make_brief())


def test_the_server_can_be_run_as_a_command_and_tells_its_count(tmp_path: Path) -> None:
    import subprocess

    (tmp_path / "replies.json").write_text(json.dumps([REPLY]))
    command = [
        sys.executable,
        "-m",
        "scafe.agent.egress.scripted",
        "--replies",
        str(tmp_path / "replies.json"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        url = child.stdout.readline().strip()
        try:
            assert open_drafter(tmp_path, url).draft(make_brief()).text == REPLY
            count = httpx.get(url.removesuffix("/v1") + "/scripted/count", trust_env=False).json()
        finally:
            child.kill()
    assert count["calls"] == count["answered"] == 1
    assert main


def test_the_door_s_refusal_is_not_taken_for_a_lost_connection(tmp_path: Path) -> None:
    class Chatty(ChatCarrier):
        def carry(self, ticket: Any) -> None:
            words = [(one.role, one.content + "!") for one in ticket.payload.messages]
            self._client.invoke(words)

    with ScriptedServer([REPLY]) as server:
        journal = Journal(tmp_path / "llm")
        egress = Egress(journal, Budget(journal), "aggregates", patience=Patience(clock=FakeClock()))
        with pytest.raises(EgressError, match="changed the words"):
            egress.exchange(
                Payload(make_brief()), Chatty(Endpoint("m", server.url), egress, SecretStr("EMPTY"))
            )
    assert server.served.heads == []
