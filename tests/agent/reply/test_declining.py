"""A reply may say that there is no better extractor, where it is asked for one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.agent.reply.declining import MOST_REASON, declined_in
from scafe.agent.reply.reader import reader
from scafe.agent.reply.reply import read_reply

MODULE = """CRITERION = "redness"
FEATURES = {
    "red_share": {"unit": "fraction", "range": [0, 1], "direction": "up", "meaning": "mean share of red"},
}


def extract(image, mask):
    return {"red_share": float(image[mask].mean() / 255) if mask.any() else float("nan")}
"""
REASON = "the ring already takes the light out"


@pytest.mark.parametrize(
    "text",
    [
        f"NO BETTER: {REASON}",
        f"**NO BETTER:** {REASON}",
        f"**NO BETTER**: {REASON}",
        f"`NO BETTER: {REASON}`",
        f"```\nNO BETTER: {REASON}\n```",
        f"NO BETTER - {REASON}",
        f"NO BETTER: \u2028{REASON}",
        f"NO BETTER\n\n{REASON}",
        f"I looked at all of it.\n\nNO BETTER: {REASON}",
        f"<think>a better one? NO BETTER: nonsense</think>NO BETTER: {REASON}",
    ],
)
def test_a_decline_is_read_with_its_reason_however_it_is_dressed(text: str) -> None:
    read = read_reply(text, "redness", may_decline=True)
    assert (read.source, read.complaint) == (None, "")
    assert (read.declined or "").rstrip("` \n") == REASON
    assert reader.reply(text, "redness", may_decline=True) == read


def test_a_decline_needs_no_reason() -> None:
    assert read_reply("NO BETTER", "redness", may_decline=True).declined == ""


@pytest.mark.parametrize(
    "text",
    [
        "There is NO BETTER way that I know of.",
        "no better: I am tired",
        "NO BETTERMENT: none",
        "NO BETTER way than the ring exists.",
        "<think>NO BETTER: so far",
    ],
)
def test_a_sentence_about_something_better_is_no_decline(text: str) -> None:
    read = read_reply(text, "redness", may_decline=True)
    assert read.declined is None
    assert read.complaint


def test_a_first_draft_cannot_be_declined_and_is_told_so() -> None:
    read = read_reply(f"NO BETTER: {REASON}", "redness")
    assert read.declined is None
    assert "there is nothing yet to be bettered" in read.complaint


@pytest.mark.parametrize("said", [f"NO BETTER: {REASON}\n\n", "As `NO BETTER:` is not true, here it is.\n\n"])
def test_a_module_counts_before_what_is_said_about_it(said: str) -> None:
    read = read_reply(f"{said}```python\n{MODULE}```\n", "redness", may_decline=True)
    assert read.source == MODULE
    assert read.declined is None


def test_a_broken_module_is_asked_for_again_unless_the_reply_begins_with_the_decline() -> None:
    broken = "```python\nCRITERION = \ndef extract(image, mask):\n    return\n```\n"
    assert read_reply(f"{broken}\nNO BETTER: {REASON}", "redness", may_decline=True).complaint
    assert read_reply(f"NO BETTER: {REASON}\n{broken}", "redness", may_decline=True).declined is not None


def test_a_reason_can_be_sent_again_whatever_it_holds() -> None:
    table = ", ".join(map(str, range(90)))
    reason = declined_in(f"NO BETTER: see /home/somebody/scan.png and {table}. " + "x" * 900)
    assert reason is not None
    assert len(reason) <= MOST_REASON
    assert "somebody" not in reason
    assert "88, 89" not in reason


@given(text=st.text(max_size=300))
@settings(max_examples=40, deadline=None)
def test_whatever_follows_the_sign_is_a_decline_of_bounded_length(text: str) -> None:
    read = read_reply(f"NO BETTER: {text}", "redness", may_decline=True)
    assert read.source is None
    assert read.declined is None or len(read.declined) <= MOST_REASON
    assert (read.declined is None) == bool(read.complaint)
