"""The built-in drafter writes locators: variants of the one that ships, never that one itself."""

import pytest
from drafting_stand_ins import make_locator_brief

from scafe.agent.drafters.builtin import BuiltinDrafter
from scafe.agent.reply.kinds import LOCATOR
from scafe.agent.reply.reply import read_reply
from scafe.knowledge.contract.locator import parse_locator
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.locators.reference import reference_locator

PACKS = (
    "dermoscopy.abcd",
    "ultrasound.birads",
    "radiograph.chest",
    "mri.glioma_idh",
    "scar.vss",
    "photo.skin_lesion",
)


def written(pack_id: str, **changes):
    pack = load_pack(pack_id)
    brief = make_locator_brief(pack=pack, **changes)
    read = read_reply(BuiltinDrafter().draft(brief).text, pack.region, kind=LOCATOR)
    assert read.source is not None, read.complaint
    return parse_locator(read.source)


@pytest.mark.parametrize("pack_id", PACKS)
def test_drafts_differ_from_each_other_and_from_the_one_that_ships(pack_id: str) -> None:
    found = [written(pack_id, variant=number) for number in range(3)]
    hashes = {one.sha256 for one in found} | {reference_locator(load_pack(pack_id)).sha256}
    assert len(hashes) == 4
    assert {one.region for one in found} == {load_pack(pack_id).region}


def test_the_same_brief_is_answered_alike_and_another_seed_otherwise() -> None:
    assert written("scar.vss", seed=1) == written("scar.vss", seed=1)
    assert len({written("scar.vss", seed=seed).sha256 for seed in range(6)}) > 1


def test_a_repair_changes_another_constant_of_the_locator_that_it_mends() -> None:
    first = written("ultrasound.birads")
    mended = written("ultrasound.birads", operator="relocate", parents=(first.source,))
    assert mended.sha256 not in {first.sha256, reference_locator(load_pack("ultrasound.birads")).sha256}


def test_for_a_region_that_nothing_ships_for_it_says_so() -> None:
    told = BuiltinDrafter().draft(make_locator_brief(region="iris")).text
    assert "No locator ships for iris" in told
    assert "```" not in told
