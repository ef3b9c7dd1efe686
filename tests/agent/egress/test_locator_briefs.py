"""A brief for a locator passes the same door: its words leave and nothing else, no pixel and no path."""

import json
from pathlib import Path

import pytest
from drafting_stand_ins import LOCATOR_SOURCE, make_locator_brief, open_drafter

from scafe.agent.brief.prompt import messages
from scafe.agent.drafters.drafter import DrafterSettings
from scafe.agent.drafters.mailbox import prompt_of, waiting_requests
from scafe.agent.drafters.manual import ManualDrafter
from scafe.agent.drafters.replay import ReplayDrafter
from scafe.agent.egress.checks import require_clean
from scafe.agent.egress.payload import Payload
from scafe.agent.egress.scripted import ScriptedServer
from scafe.agent.egress.sent import list_sent
from scafe.knowledge.contract.errors import EgressError, WaitingError

REPLY = f"Here it is.\n\n```python\n{LOCATOR_SOURCE}```\n"
PIXELS = "TABLE = [" + ", ".join(str(17 * n % 256) for n in range(96)) + "]\n"


@pytest.mark.parametrize("operator", ["locate", "relocate"])
def test_what_is_sent_are_the_words_of_the_brief_and_nothing_else(operator: str, tmp_path: Path) -> None:
    brief = make_locator_brief(operator)
    with ScriptedServer([REPLY], after="fail") as server:
        reply = open_drafter(tmp_path, server.url).draft(brief)
    assert reply.text == REPLY
    said = [one["content"] for one in server.served.bodies[0]["messages"]]
    assert said == [one.content for one in messages(brief)]
    (sent,) = list_sent(tmp_path)
    assert json.loads(sent.model_dump_json())["operator"] == operator


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        (PIXELS, "a list of 96 numbers"),
        ("# /home/clinic/scan\n", "a path"),
        ("# scan_0042.png\n", "data file"),
    ],
)
def test_a_locator_that_carries_pixels_or_paths_is_never_sent_back(planted: str, what: str) -> None:
    brief = make_locator_brief("relocate", parents=(LOCATOR_SOURCE + planted,))
    with pytest.raises(EgressError, match=what):
        require_clean(Payload(brief), "aggregates", ())


def test_the_level_none_sends_no_brief_for_a_locator() -> None:
    with pytest.raises(EgressError, match="level none"):
        require_clean(Payload(make_locator_brief()), "none", ())


def test_a_person_is_handed_the_same_words_and_asked_once(tmp_path: Path) -> None:
    brief, settings = make_locator_brief(), DrafterSettings(run=tmp_path)
    with pytest.raises(WaitingError):
        ManualDrafter(settings).draft(brief)
    (waiting,) = waiting_requests(tmp_path)
    assert "(locate scar)" in waiting.prompt.read_text()
    assert prompt_of(tmp_path, waiting) == "\n".join(one.content for one in messages(brief))
    waiting.reply.write_text(REPLY)
    assert ManualDrafter(settings).draft(brief).text == REPLY
    assert ReplayDrafter(tmp_path, DrafterSettings()).draft(brief).text == REPLY
