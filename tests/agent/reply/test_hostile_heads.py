"""What a head or a plan can write with escapes and large numbers is a complaint, and ends no run."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_runs import events, go
from loop_stand_ins import FaultyDrafter

from scafe.agent.brief.brief import Brief
from scafe.agent.reply.plans import read_plan
from scafe.agent.reply.reply import read_reply
from scafe.knowledge.contract.errors import ContractError
from scafe.knowledge.contract.extractor import MAX_UNIT, parse_extractor

HEAD = (
    'CRITERION = "height"\n'
    'FEATURES = {"a": {"unit": %s, "range": %s, "direction": "up", "meaning": %s}}\n\n\n'
    'def extract(image, mask):\n    return {"a": 1.0}\n'
)


def head(unit: str = '"L"', values: str = "[0, 9]", meaning: str = '"m"') -> str:
    return HEAD % (unit, values, meaning)


ODD = {
    "half of a pair in the meaning": head(meaning=r'"\ud83d"'),
    "half of a pair in the unit": head(unit=r'"\udc80"'),
    "an escape for a terminal": head(meaning=r'"\x1b[2J\x1b]0;x\x07"'),
    "a null": head(unit=r'"\x00"'),
    "an override of the writing direction": head(meaning=r'"\u202eabc"'),
    "a bound of 400 digits": head(values="[0, " + "9" * 400 + "]"),
    "a bound of minus 400 digits": head(values="[-" + "9" * 400 + ", 0]"),
    "a unit as long as a page": head(unit=repr("u " * MAX_UNIT)),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_head_is_a_fault_of_the_contract_and_a_complaint_in_words(name: str) -> None:
    with pytest.raises(ContractError) as refused:
        parse_extractor(ODD[name])
    assert "FEATURES['a']" in str(refused.value)
    read = read_reply(f"```python\n{ODD[name]}```", "height")
    assert read.source is None
    assert "FEATURES['a']" in read.complaint
    assert read.complaint.isprintable() or "\n" in read.complaint


def test_a_meaning_of_two_lines_stays_allowed() -> None:
    (feature,) = parse_extractor(head(meaning=r'"one\n\ttwo"')).features
    assert feature.meaning == "one\n\ttwo"


def parsed_or_told(source: str) -> object:
    try:
        return parse_extractor(source).model_dump(mode="json")
    except ContractError as error:
        return str(error)


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec=None), min_size=1, max_size=6), st.sampled_from(["unit", "meaning"]))
def test_whatever_a_text_of_a_head_holds_can_be_written(text: str, where: str) -> None:
    written = json.dumps(parsed_or_told(head(**{where: ascii(text)})), ensure_ascii=False).encode()
    assert json.loads(written)


@pytest.mark.parametrize("idea", [r"\ud800 red", r"\udcff", r"\x1b[2J red", r"a\ud83d\ude00b"])
def test_ideas_of_a_plan_are_valid_unicode(idea: str) -> None:
    found = read_plan(f'```python\nPLAN = {{"height": ["{idea}", "fine"]}}\n```', ("height",)).plan
    assert found is not None
    assert len(found["height"]) == 2
    json.dumps(found, ensure_ascii=False).encode()


class Surrogates(FaultyDrafter):
    """Plans in halves of surrogate pairs, written as escapes: valid ASCII, and no text once it is read."""

    def text(self, brief: Brief) -> str:
        if brief.operator != "plan":
            return super().text(brief)
        ideas = ", ".join(f'"{one.id}": ["\\ud83d shade"]' for one in brief.criteria)
        return f"```python\nPLAN = {{{ideas}}}\n```"


def test_a_plan_of_halves_of_pairs_does_not_end_the_run(tmp_path: Path) -> None:
    """The trace could not be written, and since the reply is kept, every resume ended so too."""
    outcome = go(tmp_path, drafter=Surrogates())
    assert outcome.status == "frozen"
    (planned,) = events(tmp_path, "planned")
    assert planned["readable"]
    assert {idea for ideas in planned["ideas"].values() for idea in ideas} == {"\ufffd shade"}
