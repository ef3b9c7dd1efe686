"""The one way out: nothing leaves but what was given, and it is on disk before it is used."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from drafting_stand_ins import REPLY, make_brief, open_drafter
from hypothesis import given
from hypothesis import strategies as st

from scafe.agent.drafters.drafter import DrafterSettings
from scafe.agent.drafters.loading import load_drafter
from scafe.agent.egress.budget import ledger_of
from scafe.agent.egress.completion import read_completion
from scafe.agent.egress.door import require_level
from scafe.agent.egress.journal import Journal
from scafe.agent.egress.payload import LEVELS, Payload
from scafe.agent.egress.scripted import ScriptedServer
from scafe.knowledge.contract.errors import EgressError, SettingsError


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


def test_a_chat_model_without_a_run_folder_is_refused() -> None:
    with pytest.raises(SettingsError, match="run folder"):
        load_drafter("openai:scripted", DrafterSettings(base_url="http://127.0.0.1:9/v1"))


@pytest.mark.parametrize("spec", ["openai", "replay:", "nobody", "chatgpt:4"])
def test_an_unknown_or_unfinished_spec_says_what_is_known(spec: str) -> None:
    with pytest.raises(SettingsError, match=r"after the colon|known: builtin"):
        load_drafter(spec)
