"""Variants of a locator: one constant each, of the kind it was, and still a locator."""

import pytest

from scafe.knowledge.contract.locator import parse_locator
from scafe.knowledge.locators.reference import load_locator, locator_names
from scafe.knowledge.locators.variants import variants_of

TEXT = """LOCATOR = "mass"
WIDE = 3  # pixels
EDGE = 0.5
VARIANTS = {"WIDE": [2, 4], "EDGE": [0.4]}


def locate(image):
    return image[:, :, 0] > WIDE, EDGE
"""


def changed(one: str, other: str) -> list[str]:
    pairs = zip(one.splitlines(), other.splitlines(), strict=True)
    return [line for before, line in pairs if line != before]


def test_each_variant_changes_one_line_and_the_first_values_come_first() -> None:
    found = variants_of(parse_locator(TEXT), 9)
    assert [changed(TEXT, one.source) for one in found] == [
        ["WIDE = 2  # pixels"],
        ["EDGE = 0.4"],
        ["WIDE = 4  # pixels"],
    ]


def test_a_whole_number_stays_one_so_that_a_size_in_pixels_does_not_become_a_fraction() -> None:
    assert "WIDE = 2  #" in variants_of(parse_locator(TEXT), 1)[0].source


def test_no_more_than_asked_for_and_none_without_variants() -> None:
    assert len(variants_of(parse_locator(TEXT), 2)) == 2
    assert variants_of(parse_locator(TEXT.replace("VARIANTS", "OTHERS")), 9) == ()


@pytest.mark.parametrize("name", locator_names())
def test_every_reference_locator_has_variants_that_keep_the_contract(name: str) -> None:
    locator = load_locator(name)
    found = variants_of(locator, 5)
    assert len({one.sha256 for one in (*found, locator)}) == len(found) + 1 >= 4
    assert {one.region for one in found} == {locator.region}
