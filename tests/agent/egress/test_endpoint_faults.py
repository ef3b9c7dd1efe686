"""When an endpoint is ill, slow, gone or says no: what is waited for and what is told."""

import socket
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from drafting_stand_ins import REPLY, FakeClock, make_brief, open_drafter
from endpoint_stand_ins import SECRET, ask, done
from pydantic import SecretStr

from scafe.agent.egress.budget import Budget
from scafe.agent.egress.door import Egress
from scafe.agent.egress.journal import Journal
from scafe.agent.egress.models import ChatCarrier, Endpoint
from scafe.agent.egress.patience import Patience
from scafe.agent.egress.payload import Payload
from scafe.agent.egress.scripted import ScriptedServer
from scafe.knowledge.contract.errors import ModelError


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
