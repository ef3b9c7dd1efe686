"""The one way out: nothing leaves but what was given, and it is on disk before it is used."""

import json
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from drafting_stand_ins import REPLY, FakeClock, make_brief, open_drafter
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from scafe.agent.brief.contraband import MAX_NUMBERS, cut_contraband, find_contraband
from scafe.agent.drafters.drafter import DrafterSettings
from scafe.agent.drafters.loading import load_drafter
from scafe.agent.egress.budget import Budget, ledger_of
from scafe.agent.egress.completion import GarbledError, read_completion
from scafe.agent.egress.door import Egress, require_level
from scafe.agent.egress.journal import Attempt, Journal
from scafe.agent.egress.models import ChatCarrier, Endpoint
from scafe.agent.egress.patience import Patience
from scafe.agent.egress.payload import LEVELS, Payload, Ticket
from scafe.agent.egress.scripted import ScriptedServer
from scafe.knowledge.contract.errors import EgressError, IntegrityError, ModelError, SettingsError

STAND_INS = Path(__file__).parents[1] / "stand_ins"


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


def test_a_request_is_on_disk_before_it_is_sent_and_its_answer_before_it_is_used(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def respond(body: dict[str, Any]) -> str:
        seen.append(sorted(re.sub(r"^\w{16}", "", path.name) for path in (tmp_path / "llm").iterdir()))
        return REPLY

    with ScriptedServer(respond) as server:
        reply = open_drafter(tmp_path, server.url).draft(make_brief())
    assert seen == [[".attempts.jsonl", ".request.json", "prices.json"]]
    journal = Journal(tmp_path / "llm")
    request = journal.request(reply.request_sha256)
    assert json.loads(request.body) == server.served.bodies[0]
    assert request.body.encode() == server.served.raw[0]
    raw = journal.answer(reply.request_sha256)
    assert raw is not None
    assert read_completion(raw).text == reply.text == REPLY


def test_a_request_is_paid_once_however_often_and_by_whomever_it_is_made(tmp_path: Path) -> None:
    with ScriptedServer([REPLY], after="fail") as server:
        drafter = open_drafter(tmp_path, server.url)
        with ThreadPoolExecutor(8) as threads:
            replies = list(threads.map(drafter.draft, [make_brief()] * 8))
        again = open_drafter(tmp_path, server.url).draft(make_brief())
    assert server.served.calls == 1
    assert {reply.text for reply in [*replies, again]} == {REPLY}
    assert sum(not reply.cached for reply in replies) == 1
    assert again.cached
    assert again.usage == replies[0].usage


def test_parallel_drafts_do_not_mix_their_words(tmp_path: Path) -> None:
    with ScriptedServer(
        lambda body: body["messages"][1]["content"][-40:] + str(len(body["messages"]))
    ) as server:
        drafter = open_drafter(tmp_path, server.url)
        briefs = [make_brief(idea=f"idea number {number}", variant=number) for number in range(12)]
        with ThreadPoolExecutor(6) as threads:
            replies = list(threads.map(drafter.draft, briefs))
    sent = {json.loads(raw)["messages"][1]["content"] for raw in server.served.raw}
    assert len(sent) == len({reply.request_sha256 for reply in replies}) == 12
    assert drafter.budget.ledger.calls == ledger_of(Journal(tmp_path / "llm")).calls == 12


def test_variant_and_seed_make_another_request_of_the_same_words() -> None:
    payload = Payload(make_brief("repair"))
    assert payload.sha256 == Payload(make_brief("repair")).sha256
    assert payload.sha256 != Payload(make_brief("repair", seed=8)).sha256
    assert payload.sha256 != Payload(make_brief("repair", variant=3)).sha256


def test_a_run_refuses_more_than_the_level_it_states(tmp_path: Path) -> None:
    with ScriptedServer([REPLY]) as server:
        settings_ = DrafterSettings(run=tmp_path, base_url=server.url, level="none")
        with pytest.raises(EgressError, match="egress level none"):
            load_drafter("openai:scripted", settings_)
        with pytest.raises(EgressError, match="egress level none"):
            load_drafter("manual", settings_)
    assert server.served.heads == []


@given(st.sampled_from(LEVELS), st.sampled_from(LEVELS))
def test_a_level_allows_itself_and_what_is_below(run: Any, needed: Any) -> None:
    if LEVELS.index(needed) <= LEVELS.index(run):
        require_level(run, needed, "it")
    else:
        with pytest.raises(EgressError):
            require_level(run, needed, "it")


@pytest.mark.parametrize(
    ("hidden", "what"),
    [
        (", ".join(str(n % 256) for n in range(65)), "list of 65 numbers"),
        ("[[" + "],[".join(" ".join(f"{n}.5" for n in range(9)) for _ in range(9)) + "]]", "numbers"),
        ("iVBORw0KGgo" * 60, "encoded data"),
        (
            "\n".join(["QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2"] * 9) + "\n",
            "encoded",
        ),
        ("seen in ISIC_0024306.jpg", "data file"),
        ("see /home/anna/study", "a path"),
        (r"see C:\study\scars", "a path"),
        ("the cohort of dept_7/scars-2026", "keeps"),
    ],
)
def test_pixels_lists_and_paths_stop_the_run_before_anything_is_sent(
    tmp_path: Path, hidden: str, what: str
) -> None:
    with ScriptedServer([REPLY]) as server:
        drafter = open_drafter(tmp_path, server.url, never_send=("Dept_7/Scars-2026",))
        with pytest.raises(EgressError, match=what) as refused:
            drafter.draft(make_brief("repair", parents=(f'A = """{hidden}"""\n',)))
    assert server.served.heads == []
    assert hidden not in str(refused.value)
    assert list((tmp_path / "llm").iterdir()) == []


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 255), min_size=MAX_NUMBERS + 1, max_size=200),
    st.sampled_from((", ", " ", "],[", ";\n")),
)
def test_no_list_of_pixels_passes_whatever_stands_between_them(pixels: list[int], between: str) -> None:
    text = "values: " + between.join(str(value) for value in pixels) + " end"
    assert find_contraband(text) is not None
    assert find_contraband(cut_contraband(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "A = image[..., 0] / 255.0\n" * 60,
        "-" * 2000,
        "the folder scars and the word photos are ordinary",
        "| a | 1 | 2 | 3 |\n" * 30,
        "RANGE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n",
    ],
)
def test_ordinary_code_and_prose_pass(text: str) -> None:
    assert find_contraband(text, ("scars", "photos", "data")) is None


HOSTILE = (
    "'1' * 50_000",
    "'1.1e' * 20_000",
    "'1 ' * 60 + 'x'",
    "'a/' * 40_000",
    "'A' * 511 + ' '",
    "'{' * 30_000",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_search_ends_on_texts_made_to_hold_it_up(text: str) -> None:
    search = f"from scafe.agent.brief.contraband import find_contraband; find_contraband(({text}) * 2)"
    # a search that backtracks without end cannot be stopped from within
    subprocess.run([sys.executable, "-c", search], timeout=60, check=True)


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


def test_a_changed_request_file_is_noticed(tmp_path: Path) -> None:
    with ScriptedServer([REPLY]) as server:
        reply = open_drafter(tmp_path, server.url).draft(make_brief())
        path = Journal(tmp_path / "llm").path(reply.request_sha256, "request.json")
        path.write_text(path.read_text().replace(reply.request_sha256, "0" * 64))
        with pytest.raises(IntegrityError, match="was changed"):
            open_drafter(tmp_path, server.url).draft(make_brief())


def test_a_kill_between_answer_and_note_pays_nothing_twice(tmp_path: Path) -> None:
    with ScriptedServer([REPLY]) as server:
        drafter = open_drafter(tmp_path, server.url)
        reply = drafter.draft(make_brief())
        path = drafter.egress.journal.path(reply.request_sha256, "attempts.jsonl")
        sent, done = path.read_text().splitlines()
        for torn in (f"{sent}\n", f"{sent}\n{done[:20]}"):
            path.write_text(torn)
            resumed = open_drafter(tmp_path, server.url)
            assert resumed.draft(make_brief()).text == REPLY
            ledger = resumed.budget.ledger
            assert (ledger.calls, ledger.lost) == (1, 0)
            assert ledger.prompt_tokens == server.served.prompt_tokens
            assert ledger.completion_tokens == server.served.completion_tokens
    assert server.served.calls == 1


@pytest.mark.slow
def test_a_kill_while_the_endpoint_worked_asks_once_more_and_counts_what_may_have_been_paid(
    tmp_path: Path,
) -> None:
    script = """
import os, sys
sys.path.insert(0, sys.argv[3])
from pathlib import Path
from drafting_stand_ins import make_brief, open_drafter
open_drafter(Path(sys.argv[1]), sys.argv[2]).draft(make_brief())
"""
    killed = threading.Event()
    child: list[subprocess.Popen[bytes]] = []

    def respond(body: dict[str, Any]) -> str:
        if not killed.is_set():
            child[0].kill()
            killed.set()
        return REPLY

    with ScriptedServer(respond) as server:
        arguments = [sys.executable, "-c", script, str(tmp_path), server.url, str(STAND_INS)]
        child.append(subprocess.Popen(arguments))
        assert child[0].wait(120) == -9
        drafter = open_drafter(tmp_path, server.url)
        assert drafter.budget.ledger.lost == 1
        assert drafter.budget.ledger.uncertain_tokens > server.served.prompt_tokens
        assert drafter.draft(make_brief()).text == REPLY
    assert server.served.calls == 2
    assert (drafter.budget.ledger.calls, drafter.budget.ledger.lost) == (1, 1)
    numbers = [one.attempt for one in drafter.egress.journal.entries()[0].attempts]
    assert numbers == [1, 2, 2]


def test_the_ledger_survives_a_torn_line_in_the_middle(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.note("a" * 64, Attempt(attempt=1, event="sent"))
    with journal.path("a" * 64, "attempts.jsonl").open("a") as file:
        file.write('{"attempt":1,"ev')
    journal.note("a" * 64, Attempt(attempt=2, event="sent"))
    assert [one.attempt for one in journal.attempts("a" * 64)] == [1, 2]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty body"),
        (b"<!DOCTYPE html><html>login</html>", "web page"),
        (b"[]", "list"),
        (b'{"choices": []}', "no choices"),
        (b'{"error": {"message": "overloaded"}}', "overloaded"),
        (b'{"choices": ["x"]}', "no choices"),
        (b"data: [DONE]\n\n", "no events"),
        (b"data: {oops\n\n", "not JSON"),
        (b"\xff\xfe\x00", "characters"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_completion_is_named(raw: bytes, said: str) -> None:
    with pytest.raises(GarbledError, match=said):
        read_completion(raw)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(("choices", "message", "content", "usage", "text", "delta")), inner
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_at_all_crashes_the_reader_of_completions(data: Any) -> None:
    try:
        completion = read_completion(json.dumps(data).encode())
    except GarbledError:
        return
    assert isinstance(completion.text, str)


def test_a_chat_model_without_a_run_folder_is_refused() -> None:
    with pytest.raises(SettingsError, match="run folder"):
        load_drafter("openai:scripted", DrafterSettings(base_url="http://127.0.0.1:9/v1"))


@pytest.mark.parametrize("spec", ["openai", "replay:", "nobody", "chatgpt:4"])
def test_an_unknown_or_unfinished_spec_says_what_is_known(spec: str) -> None:
    with pytest.raises(SettingsError, match=r"after the colon|known: builtin"):
        load_drafter(spec)
