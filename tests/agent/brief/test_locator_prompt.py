"""The words of a brief for a locator: golden files, a head that parses, and nothing finer than bands."""

import os
from pathlib import Path

import pytest
from drafting_stand_ins import LOCATOR_SOURCE, make_locator_brief, make_locator_card

from scafe.agent.brief.brief import Brief, LocatorBrief, read_brief
from scafe.agent.brief.prompt import messages, seen_of_locator
from scafe.agent.reply.blocks import fenced_blocks
from scafe.knowledge.contract.locator import parse_locator
from scafe.knowledge.criteria.pack import load_pack, pack_names

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str, text: str) -> None:
    """Compare with a golden file; SCAFE_GOLDEN=write writes it anew."""
    path = GOLDEN / name
    if os.environ.get("SCAFE_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} changed; SCAFE_GOLDEN=write accepts it"


@pytest.mark.parametrize("operator", ["locate", "relocate"])
def test_the_words_for_each_operator_are_those_of_its_golden_file(operator: str) -> None:
    golden(f"prompt-{operator}.md", messages(make_locator_brief(operator))[1].content)


def test_the_standing_rules_are_those_of_their_golden_file() -> None:
    golden("prompt-locator-system.md", messages(make_locator_brief())[0].content)


def test_an_unreadable_answer_comes_back_with_its_complaint() -> None:
    brief = make_locator_brief("relocate", complaint="the module needs LOCATOR", verdict=None, card=None)
    golden("prompt-relocate-malformed.md", messages(brief)[1].content)


def test_the_head_in_the_contract_is_the_head_that_is_parsed() -> None:
    head = fenced_blocks(messages(make_locator_brief())[0].content)[0].code
    assert parse_locator(head + "def locate(image):\n    return image > 1, 0.5\n").region == "scar"


def test_the_locator_to_mend_is_quoted_as_it_is() -> None:
    text = messages(make_locator_brief("relocate"))[1].content
    assert LOCATOR_SOURCE in [block.code for block in fenced_blocks(text)]


@pytest.mark.parametrize("pack_id", [name for name in pack_names() if name.count(".") == 1])
def test_a_locator_for_every_shipped_pack_can_be_asked_for(pack_id: str) -> None:
    pack = load_pack(pack_id)
    if pack.region is not None:
        assert f"Write a locator for `{pack.region}`" in messages(make_locator_brief(pack=pack))[1].content


def test_no_class_of_the_task_is_a_field_of_the_brief() -> None:
    assert not {"classes", "criterion", "criteria", "feedback", "mode"} & set(LocatorBrief.model_fields)


def test_bands_are_said_as_bands() -> None:
    told = seen_of_locator(make_locator_card())
    assert "something found on 20 to 80 % of the images" in told
    assert "upper third" in told
    unknown = make_locator_card().model_copy(update={"found": "unknown"})
    assert seen_of_locator(unknown) == "too few images to tell anything"


def test_a_kept_brief_is_read_back_as_what_it_was() -> None:
    brief = make_locator_brief("relocate")
    assert read_brief(brief.model_dump_json()) == brief
    assert not isinstance(read_brief(brief.model_dump_json()), Brief)
