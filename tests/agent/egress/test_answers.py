"""What comes back from OpenAI-compatible servers: every quirk that is known to us."""

from pathlib import Path
from typing import Any

import pytest
from drafting_stand_ins import REPLY
from endpoint_stand_ins import ask, done

from scafe.agent.egress.budget import Budget
from scafe.agent.egress.journal import Journal


@pytest.mark.parametrize("usage", ["absent", "null"])
def test_a_server_that_counts_no_tokens_is_counted_for(tmp_path: Path, usage: str) -> None:
    reply, server = ask(tmp_path, [{"text": REPLY, "usage": usage}])
    assert reply.usage is None
    ledger = Budget(Journal(tmp_path / "llm")).ledger
    assert ledger.estimated == 1
    assert ledger.prompt_tokens >= server.served.prompt_tokens
    assert ledger.completion_tokens >= server.served.completion_tokens


def test_reasoning_in_a_field_of_its_own_is_kept_in_the_journal_and_not_in_the_text(tmp_path: Path) -> None:
    reply, _ = ask(tmp_path, [{"text": REPLY, "reasoning": "let me see"}])
    assert reply.text == REPLY
    assert "let me see" in Journal(tmp_path / "llm").answer(reply.request_sha256).decode()  # type: ignore[union-attr]


def test_content_in_parts_is_joined(tmp_path: Path) -> None:
    assert ask(tmp_path, [{"text": REPLY, "parts": True}])[0].text == REPLY


@pytest.mark.parametrize("text", [None, "", "  \n"])
def test_an_answer_without_text_is_asked_for_once_more(tmp_path: Path, text: str | None) -> None:
    reply, server = ask(tmp_path, [{"text": text}, REPLY])
    assert reply.text == REPLY
    assert [one.outcome for one in done(tmp_path)] == ["empty", "answered"]
    assert Budget(Journal(tmp_path / "llm")).ledger.prompt_tokens == server.served.prompt_tokens


def test_a_model_that_says_nothing_twice_has_answered_with_nothing(tmp_path: Path) -> None:
    reply, server = ask(tmp_path, [{"text": None, "reasoning": "hm"}], after="repeat")
    assert reply.text == ""
    assert server.served.calls == 2
    again, later = ask(tmp_path, [REPLY])
    assert (again.text, again.cached, later.served.calls) == ("", True, 0)


def test_an_answer_that_was_cut_off_says_so_and_is_not_paid_again(tmp_path: Path) -> None:
    reply, server = ask(tmp_path, [{"text": "", "reasoning": "on and on", "finish_reason": "length"}])
    assert (reply.text, reply.finish_reason, server.served.calls) == ("", "length", 1)


@pytest.mark.parametrize(
    "refused", [{"refusal": "I cannot help with that."}, {"finish_reason": "content_filter"}]
)
def test_a_refusal_is_the_model_s_answer_and_is_not_asked_for_again(tmp_path: Path, refused: Any) -> None:
    reply, server = ask(tmp_path, [{"text": None, **refused}])
    assert reply.finish_reason in ("refusal", "content_filter")
    assert server.served.calls == 1


@pytest.mark.parametrize(
    "raw", ["<html>Sign in</html>", '{"error": {"message": "no slot"}}', '{"choices": []}', "", "null"]
)
def test_a_200_that_is_no_completion_is_tried_again(tmp_path: Path, raw: str) -> None:
    reply, _ = ask(tmp_path, [{"raw": raw}, REPLY])
    assert reply.text == REPLY
    assert [one.outcome for one in done(tmp_path)] == ["garbled", "answered"]
