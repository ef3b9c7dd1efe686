"""What was sent is read one message after the other; what repeats is folded, and nothing else is left out."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.agent.egress.sent import Sent, list_sent
from scafe.agent.terminal.letters import readable

ROOT = Path(__file__).parents[3]
RULES = "# Rules\nfirst\nsecond\nthird\nfourth\n"


def sent(body: str) -> Sent:
    return Sent(
        request="ab" * 32, attempt=1, to="http://127.0.0.1:1/v1", model="m", level="aggregates",
        operator="draft", criterion="redness", bytes=len(body.encode("utf-8", "replace")), body=body,
    )  # fmt: skip


def chat(*contents: object) -> Sent:
    roles = ("system", "user", "user")
    said = [{"role": role, "content": one} for role, one in zip(roles, contents, strict=False)]
    return sent(json.dumps({"model": "m", "temperature": 0, "messages": said}))


def test_a_part_that_repeats_is_folded_with_the_place_where_it_stands_whole() -> None:
    first, second = readable([chat(RULES, "# Task\none"), chat(RULES, "# Task\ntwo")])
    assert "--- system\n# Rules\nfirst" in first
    assert "--- system\n    [5 lines as in 1 of 2: # Rules]\n--- user\n# Task\ntwo" in second
    assert "second" not in second


def test_what_differs_by_a_letter_is_printed_whole() -> None:
    _, second = readable([chat(RULES), chat(RULES.replace("third", "Third"))])
    assert "Third" in second
    assert "as in" not in second


def test_settings_of_the_request_are_told_and_a_picture_by_its_size_and_hash() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 4000}}
    (told,) = readable([chat("rules", [{"type": "text", "text": "look"}, picture])])
    assert '--- settings\n{"model": "m", "temperature": 0}' in told
    assert "look\n[image_url: " in told
    assert "AAAA" not in told


@pytest.mark.parametrize(
    "body", ["", "no JSON", "[1, 2]", '{"messages": 3}', '{"messages": [3, null]}', "nul"]
)
def test_a_body_of_any_form_is_told(body: str) -> None:
    (told,) = readable([sent(body)])
    assert told.startswith("=== 1 of 1: ")


@given(texts=st.lists(st.text(alphabet="ab#`\n ", max_size=60), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_nothing_is_folded_that_was_not_printed_before(texts: list[str]) -> None:
    told = list(readable([sent(one) for one in texts]))
    for number, (text, shown) in enumerate(zip(texts, told, strict=True)):
        for line in text.split("\n"):
            assert any(line in one.split("\n") for one in told[: number + 1]) or not line.strip(), shown


def test_the_prompts_of_a_played_run_take_half_of_the_lines() -> None:
    found = list_sent(ROOT / "runs" / "reference" / "played-scar")
    whole = sum(one.body.count("\n") for one in found)
    assert sum(one.count("\n") for one in readable(found)) < whole / 2
