"""What a pack says of its classes, as a sign for the labels of a data set."""

import pytest

from scafe.knowledge.criteria.directions import class_sign


@pytest.mark.parametrize(
    ("directions", "classes", "sign"),
    [
        ({"mel_minus_nv": "up"}, ("mel", "nv"), 1),
        ({"mel_minus_nv": "up"}, ("nv", "mel"), -1),
        ({"melanoma_minus_naevus": "down"}, ("mel", "nv"), -1),
        ({"mel_minus_nv": "unknown"}, ("mel", "nv"), 0),
        ({"mel_minus_nv": "up", "mel_minus_bkl": "up"}, ("mel", "bcc"), 0),
        ({}, ("mel", "nv"), 0),
    ],
)
def test_a_direction_is_predicted_only_where_the_pack_says_so(
    directions: dict[str, str], classes: tuple[str, ...], sign: int
) -> None:
    assert class_sign(directions, classes) == sign
