"""A text is a locator by its head alone; what breaks the contract is named with the way out."""

import pytest

from scafe.knowledge.contract.errors import ContractError
from scafe.knowledge.contract.locator import is_locator, parse_locator

BODY = "def locate(image):\n    return image[:, :, 0] < 9, 0.5\n"
GOOD = f'LOCATOR = "mass"\nLEVEL = 0.5\nVARIANTS = {{"LEVEL": [0.4, 0.6]}}\n{BODY}'


def test_a_locator_names_its_region_and_its_variants() -> None:
    found = parse_locator(GOOD)
    assert (found.region, dict(found.variants)) == ("mass", {"LEVEL": (0.4, 0.6)})


def test_variants_may_be_left_out() -> None:
    assert not parse_locator(f'LOCATOR = "mass"\n{BODY}').variants


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (BODY, 'needs LOCATOR = "<name of the region>"'),
        (f'LOCATOR = "a mass"\n{BODY}', "snake_case"),
        ('LOCATOR = "mass"\n', "needs a function def locate(image)"),
        ('LOCATOR = "mass"\ndef locate(image, mask):\n    pass\n', "line 2: write def locate(image):"),
        (f'LOCATOR = "mass"\nVARIANTS = {{"LEVEL": [1]}}\n{BODY}', "which is no number that the module"),
        (f'LOCATOR = "mass"\nA = 1\nVARIANTS = {{"A": ["b"]}}\n{BODY}', "must be a list of 1 to 8 numbers"),
        (f'LOCATOR = "mass"\nVARIANTS = [1]\n{BODY}', "must be a literal dict"),
        (f'LOCATOR = "mass"\n{BODY}' + "# idle\n" * 120, "at most 120 are allowed"),
        ("LOCATOR =\n", "line 1: not Python 3.11"),
    ],
)
def test_what_breaks_the_contract_is_told_with_the_way_out(source: str, told: str) -> None:
    with pytest.raises(ContractError) as met:
        parse_locator(source)
    assert told in str(met.value)


def test_an_extractor_is_no_locator() -> None:
    assert is_locator(GOOD)
    assert not is_locator('CRITERION = "echo"\n')
    assert not is_locator("def (")
