"""A client behind the door can send nothing but the words of its ticket."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from drafting_stand_ins import REPLY, FakeClock, make_brief, open_drafter
from pydantic import SecretStr

from scafe.agent.egress.budget import Budget
from scafe.agent.egress.door import Egress
from scafe.agent.egress.journal import Journal
from scafe.agent.egress.models import ChatCarrier, Endpoint
from scafe.agent.egress.patience import Patience
from scafe.agent.egress.payload import Payload, Ticket
from scafe.agent.egress.scripted import ScriptedServer
from scafe.knowledge.contract.errors import EgressError, ModelError


class OwnClient:
    """A carrier with a client of its own making, behind the door."""

    model, max_tokens, timeout_s = "own", 100, 5.0

    def __init__(self, base_url: str, egress: Egress, send: Any) -> None:
        self.base_url = base_url
        self._http = egress.client(base_url, 5.0)
        self._send = send

    def carry(self, ticket: Ticket) -> None:
        self._send(self._http, self.base_url, ticket)

    def adapt(self, ticket: Ticket) -> str:
        return ""


def open_egress(folder: Path, level: Any = "aggregates", **more: Any) -> Egress:
    journal = Journal(folder / "llm")
    return Egress(journal, Budget(journal), level, patience=Patience(clock=FakeClock()), **more)


def body_of(ticket: Ticket, **more: Any) -> dict[str, Any]:
    words = [{"role": one.role, "content": one.content} for one in ticket.payload.messages]
    return {"model": "own", "messages": words, **more}


def test_a_client_that_changes_the_words_sends_nothing(tmp_path: Path) -> None:
    def add(http: httpx.Client, url: str, ticket: Ticket) -> None:
        body = body_of(ticket)
        body["messages"].append({"role": "user", "content": "and here are the labels"})
        http.post(f"{url}/chat/completions", json=body)

    refused_without_a_trace(tmp_path, add, "changed the words")


def test_a_client_that_hides_an_image_in_another_field_sends_nothing(tmp_path: Path) -> None:
    def hide(http: httpx.Client, url: str, ticket: Ticket) -> None:
        http.post(f"{url}/chat/completions", json=body_of(ticket, user="A" * 600))

    refused_without_a_trace(tmp_path, hide, "encoded data")


def test_a_client_that_sends_parts_with_an_image_sends_nothing(tmp_path: Path) -> None:
    def attach(http: httpx.Client, url: str, ticket: Ticket) -> None:
        body = body_of(ticket)
        body["messages"][1]["content"] = [
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
        ]
        http.post(f"{url}/chat/completions", json=body)

    refused_without_a_trace(tmp_path, attach, "changed the words")


def test_a_client_that_turns_to_another_host_sends_nothing(tmp_path: Path) -> None:
    with ScriptedServer([REPLY]) as other:

        def turn(http: httpx.Client, url: str, ticket: Ticket) -> None:
            http.post(f"{other.url}/chat/completions", json=body_of(ticket))

        refused_without_a_trace(tmp_path, turn, "instead of")
    assert other.served.heads == []


def test_a_client_that_sends_bytes_sends_nothing(tmp_path: Path) -> None:
    def upload(http: httpx.Client, url: str, ticket: Ticket) -> None:
        http.post(f"{url}/files", content=b"\x89PNG")

    refused_without_a_trace(tmp_path, upload, "not a JSON object")


def refused_without_a_trace(folder: Path, send: Any, why: str) -> None:
    with ScriptedServer([REPLY]) as server:
        egress = open_egress(folder)
        with pytest.raises(EgressError, match=why):
            egress.exchange(Payload(make_brief()), OwnClient(server.url, egress, send))
    assert server.served.heads == []
    assert list((folder / "llm").glob("*.request.json")) == []


def test_a_client_without_a_ticket_sends_nothing(tmp_path: Path) -> None:
    with ScriptedServer([REPLY]) as server:
        http = open_egress(tmp_path).client(server.url, 5.0)
        with pytest.raises(EgressError, match="on its own"):
            http.post(f"{server.url}/chat/completions", json={"messages": []})
    assert server.served.heads == []


def test_the_asynchronous_side_of_the_client_is_shut(tmp_path: Path) -> None:
    import asyncio

    with ScriptedServer([REPLY]) as server:
        carrier = ChatCarrier(Endpoint("m", server.url), open_egress(tmp_path), SecretStr("EMPTY"))
        client = carrier._client
        with pytest.raises(Exception, match=r"asynchronously|Connection error"):
            asyncio.run(client.ainvoke("hello"))
    assert server.served.heads == []


@pytest.mark.parametrize(
    "extra", [{"stream": True, "stream_options": {"include_usage": True}}, {"tools": []}]
)
def test_a_streaming_or_tool_using_client_goes_through_the_same_door(tmp_path: Path, extra: Any) -> None:
    def send(http: httpx.Client, url: str, ticket: Ticket) -> None:
        http.post(f"{url}/chat/completions", json=body_of(ticket, **extra))

    with ScriptedServer([REPLY]) as server:
        egress = open_egress(tmp_path)
        answer = egress.exchange(Payload(make_brief()), OwnClient(server.url, egress, send))
        again = egress.exchange(Payload(make_brief()), OwnClient(server.url, egress, send))
    assert answer.completion == again.completion
    assert answer.completion.text == REPLY
    assert answer.completion.usage is not None
    assert answer.completion.usage.prompt_tokens == server.served.prompt_tokens
    assert (answer.cached, again.cached, server.served.calls) == (False, True, 1)


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with ScriptedServer([REPLY]) as other:
        moved = {"status": 307, "headers": {"Location": f"{other.url}/chat/completions"}}
        with ScriptedServer([moved]) as server, pytest.raises(ModelError, match="HTTP 307"):
            open_drafter(tmp_path, server.url).draft(make_brief())
    assert other.served.heads == []
