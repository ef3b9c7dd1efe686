"""A drafter that asks the scripted server, and what its journal holds."""

from pathlib import Path
from typing import Any

from drafting_stand_ins import FakeClock, make_brief, open_drafter

from scafe.agent.drafters.drafter import Reply
from scafe.agent.egress.journal import Attempt, Journal
from scafe.agent.egress.scripted import ScriptedServer

SECRET = "sk-test-7f3a9c5e1b2d4f60"


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
