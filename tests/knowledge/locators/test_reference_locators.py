"""Every pack with a region has a reference locator that cites its source and finds the region on phantoms."""

import numpy as np
import pytest

from scafe.knowledge.contract.errors import PackError
from scafe.knowledge.criteria.pack import load_pack, pack_names
from scafe.knowledge.locators.reference import (
    load_locator,
    locator_names,
    locator_source,
    reference_locator,
)
from scafe.knowledge.phantoms import load_phantom
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.pool.regions.finding import locate
from scafe.sandbox.pool.regions.located import Region

PACKS = [name for name in pack_names() if load_pack(name).region]
LEAST_MEDIAN_DICE = 0.75
ONE_PER_PHANTOM = {load_pack(name).phantom: name for name in PACKS}


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * float((one & other).sum()) / max(1, int(one.sum()) + int(other.sum()))


@pytest.mark.parametrize("name", locator_names())
def test_a_reference_locator_keeps_the_contract_and_cites_its_source(name: str) -> None:
    assert load_locator(name).region == name.rpartition("_")[2]
    assert "Source:" in locator_source(name)


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_with_a_region_has_a_reference_locator_for_it(name: str) -> None:
    pack = load_pack(name)
    assert reference_locator(pack).region == pack.region


def test_a_pack_without_a_region_is_told_so() -> None:
    with pytest.raises(PackError, match="names no `region`"):
        reference_locator(load_pack("histology.crc_tissue"))


def test_a_region_that_nothing_finds_is_told_with_the_way_out() -> None:
    pack = load_pack("scar.vss").model_copy(update={"region": "wound"})
    with pytest.raises(PackError, match="--locator FILE"):
        reference_locator(pack)


@pytest.mark.parametrize("kind", sorted(ONE_PER_PHANTOM))
def test_a_reference_locator_finds_the_region_of_its_phantoms(kind: str) -> None:
    pack, phantom = load_pack(ONE_PER_PHANTOM[kind]), load_phantom(kind)
    drawn = [phantom.draw(seed, phantom.classes[seed % 2]) for seed in range(16)]
    with Pool(2) as pool:
        got = locate(pool, reference_locator(pack).source, [one.image for one in drawn], talkative=True)
    assert all(isinstance(one, Region) for one in got.found), got.found[0]
    masks = got.masks([one.image.shape for one in drawn])
    agreement = [dice(mask, one.true_region) for mask, one in zip(masks, drawn, strict=True)]
    assert np.median(agreement) >= LEAST_MEDIAN_DICE
