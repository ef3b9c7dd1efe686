"""Words follow the kind of image and the criterion: no colour for one grey channel, no "worse" for "more"."""

from typing import Any

import pytest
from drafting_stand_ins import golden, make_brief

from scafe.agent.brief.prompt import messages
from scafe.agent.brief.wording import fitting, wording_of
from scafe.knowledge.criteria.pack import Criterion, load_pack, pack_names

OPERATORS = ("plan", "draft", "repair", "refine", "simplify", "recombine", "counter", "redraft")
GREY = ("ultrasound.birads", "radiograph.chest", "mri.glioma_idh")


def ultrasound(operator: str) -> str:
    """Return both messages about what lies behind a mass."""
    return spoken("ultrasound.birads", operator, load_pack("ultrasound.birads").criterion("posterior"))


def spoken(pack_id: str, operator: str, criterion: Criterion, **changes: Any) -> str:
    """Return both messages about a pack."""
    pack = load_pack(pack_id)
    fields = {
        "modality": pack.modality.kind, "region": pack.region or "", "criterion": criterion,
        "title": pack.title, "pack_id": pack.id, "classes": pack.classes, "channels": pack.modality.channels,
        "criteria": pack.observable_criteria if operator == "plan" else (), "reference_region": "",
        "forbidden_shortcuts": pack.forbidden_shortcuts, "pack_note": pack.prompt_note, "idea": "",
        "bank": (), "parents": (), "verdict": None, "feedback": None, "taken_names": (),
    }  # fmt: skip
    return "\n".join(one.content for one in messages(make_brief(operator, **{**fields, **changes})))


@pytest.mark.parametrize("pack_id", GREY)
@pytest.mark.parametrize("operator", OPERATORS)
def test_words_of_skin_and_colour_are_kept_from_images_without_colour(pack_id: str, operator: str) -> None:
    told = spoken(pack_id, operator, load_pack(pack_id).observable_criteria[0])
    for word in (
        "skin tone",
        "no skin",
        "sRGB",
        "CIELAB",
        "colour space",
        "hair_mask",
        "lamp",
        "camera, focus",
    ):
        assert word not in told


def test_words_for_ultrasound_are_those_of_their_golden_file() -> None:
    golden("prompt-ultrasound.md", ultrasound("redraft"))


def test_a_direction_is_told_in_the_words_of_its_criterion() -> None:
    told = ultrasound("draft")
    assert 'how each moves from "shadow" to "enhancement"' in told
    assert "more severe" not in told


@pytest.mark.parametrize("pack_id", [name for name in pack_names() if name.count(".") == 1])
def test_no_prompt_calls_more_of_a_criterion_worse(pack_id: str) -> None:
    pack = load_pack(pack_id)
    told = messages(make_brief("plan", criteria=pack.observable_criteria, modality=pack.modality.kind))
    assert all("more severe" not in one.content for one in told)


def test_a_criterion_without_levels_is_told_by_its_name() -> None:
    own = load_pack("scar.vss").criterion("vascularity").model_copy(update={"levels": ()})
    assert "how each moves as there is more vascularity" in messages(make_brief(criterion=own))[1].content


def test_another_kind_of_image_is_spoken_of_by_its_channels_and_offered_all_primitives() -> None:
    assert not wording_of("fundus", ("R", "G", "B")).is_grey
    assert wording_of("thermal", ("T",)).is_grey
    assert {one.name for one in fitting("fundus")} > {one.name for one in fitting("ultrasound")}
