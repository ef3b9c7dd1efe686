"""The journal of requests outlives edits, kills and torn lines; nothing is paid twice."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from drafting_stand_ins import REPLY, make_brief, open_drafter

from scafe.agent.egress.journal import Attempt, Journal
from scafe.agent.egress.scripted import ScriptedServer
from scafe.knowledge.contract.errors import IntegrityError

STAND_INS = Path(__file__).parents[1] / "stand_ins"


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
