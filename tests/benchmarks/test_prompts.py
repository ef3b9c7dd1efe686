"""The table of prompt tokens counts every word of a prompt once, and names the parts it stands in."""

from pathlib import Path

import pytest
from drafting_stand_ins import make_brief

from benchmarks.prompts.__main__ import NAMES, main, parts_of, prompts_of, tokens_of
from scafe.agent.brief.prompt import messages
from scafe.agent.record.run_folder import load_run

BUILTIN = Path(__file__).parents[2] / "runs" / "reference" / "builtin"
OPERATORS = ("draft", "repair", "refine", "simplify", "recombine", "counter", "redraft")


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_parts_of_a_prompt_are_the_whole_of_it(operator: str) -> None:
    text = "\n".join(one.content for one in messages(make_brief(operator)))
    parts = parts_of(text)
    assert sum(parts.values()) == pytest.approx(tokens_of(text), rel=0.01)
    assert set(parts) <= set(NAMES)
    assert parts["primitives"] > 100
    assert ("parents" in parts) == (operator not in ("draft", "redraft"))
    assert ("examples" in parts) == (operator in ("draft", "redraft"))


def test_code_takes_more_tokens_a_byte_than_prose() -> None:
    assert tokens_of("```python\n" + "a = b\n" * 9 + "```") > tokens_of("a = b\n" * 9 + "and so on, on.")


def test_a_heading_within_code_begins_no_part() -> None:
    assert set(parts_of("# Task\n```python\n# Your answer\n# What you write\n```\n")) == {"rules", "task"}


def test_every_reply_of_a_run_has_its_prompt_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    run = load_run(BUILTIN)
    counted = list(prompts_of(run))
    assert {one.round for one in counted} >= {0, 1}
    main([str(BUILTIN), "--rounds", "0", "1"])
    told = capsys.readouterr().out
    assert f"| {' | '.join(('round', 'prompts', *NAMES, 'median', 'longest'))} |" in told
    assert told.count("\n| 0 | ") == told.count("\n| 1 | ") == 1
