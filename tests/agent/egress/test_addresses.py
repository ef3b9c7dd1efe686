"""Tracing sends nothing, addresses are checked, and the scripted server does what it says."""

import json
import socket
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from drafting_stand_ins import REPLY, FakeClock, make_brief, open_drafter
from endpoint_stand_ins import SECRET, ask
from pydantic import SecretStr

from scafe.agent.egress.budget import Budget
from scafe.agent.egress.door import TRACING_OFF, Egress, no_tracing
from scafe.agent.egress.hosts import checked_url, is_private
from scafe.agent.egress.journal import Journal
from scafe.agent.egress.models import ChatCarrier, Endpoint
from scafe.agent.egress.patience import Patience
from scafe.agent.egress.payload import Payload
from scafe.agent.egress.scripted import ScriptedServer, load_script, main
from scafe.knowledge.contract.errors import EgressError, ModelError, SettingsError


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


def test_a_port_that_is_taken_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "replies.json"
    script.write_text("[]")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as stopped:
            main(["--replies", str(script), "--port", str(port)])
    assert stopped.value.code == 2
    assert f"port {port} cannot be used" in capsys.readouterr().err


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
