"""What the prompt and the docs say of a primitive is what its docstring says."""

import inspect

import pytest

from scafe.knowledge import toolkit
from scafe.sandbox.language.primitives import primitives


def test_every_public_primitive_is_told() -> None:
    assert [one.name for one in primitives()] == sorted(toolkit.__all__)


@pytest.mark.parametrize("one", primitives(), ids=lambda one: one.name)
def test_a_signature_can_be_called_and_a_line_stays_a_line(one) -> None:
    compile(f"tk.{one.signature.replace('image, mask, ', '')}", "<signature>", "eval")
    names = list(inspect.signature(getattr(toolkit, one.name)).parameters)
    assert all(name in one.signature for name in names)
    assert one.summary.endswith(".")
    assert one.result
    assert "\n" not in one.summary + one.result
    assert len(one.signature + one.summary + one.result) < 320


def test_a_tuple_names_its_parts_and_a_dict_its_keys() -> None:
    told = {one.name: one.result for one in primitives()}
    assert told["components"] == "labels (H, W) int32, areas (n,) float32"
    assert told["contour"] == "dict of area, compactness, solidity, elongation, roughness, cut"
