"""What a locator is: one Python module that says where a region lies and runs without ScaFE.

The contract is text, read with `ast` and never executed here::

    LOCATOR = "mass"
    VARIANTS = {"SMOOTH": [0.015, 0.03]}

    def locate(image):
        ...
        return mask, 0.8

`image` is what an extractor gets: (H, W, 3) uint8 RGB, read-only (other channel counts where the pack says
so). The answer is an (H, W) bool mask, True inside the region and all False where nothing is found, and how
sure the locator is, a float from 0 to 1. `VARIANTS` may be left out.
"""

import ast
import hashlib
from collections.abc import Mapping
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field

from scafe.knowledge.contract.errors import ContractError
from scafe.knowledge.contract.extractor import FEATURE_NAME, literal_constants, parse_module

MAX_VARIANTS = 8
"""Constants that VARIANTS may name, and values of each."""


class Locator(BaseModel):
    """The source of one locator with what its head declares."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str = Field(description="the region it finds, as the pack's `region` names it")
    source: str = Field(description="the whole module, ends in a newline")
    variants: Mapping[str, tuple[int | float, ...]] = Field(
        default_factory=dict, description="constant -> other values that the built-in drafter may try"
    )

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the UTF-8 source, hexadecimal: the locator's identity."""
        return hashlib.sha256(self.source.encode()).hexdigest()


def parse_locator(source: str) -> Locator:
    r"""Read the head of a locator without running it.

    Parameters
    ----------
    source : str
        A Python module of at most 120 lines.

    Returns
    -------
    Locator

    Raises
    ------
    ContractError
        If the text does not parse or its head breaks the contract. The message names the line and what to
        write instead; a model can repair from it.

    Examples
    --------
    >>> parse_locator('LOCATOR = "mass"\ndef locate(image):\n    return image[:, :, 0] < 9, 0.5\n').region
    'mass'
    """
    tree = parse_module(source)
    constants = literal_constants(tree)
    region = constants.get("LOCATOR")
    if not isinstance(region, str) or not FEATURE_NAME.fullmatch(region):
        raise ContractError('the module needs LOCATOR = "<name of the region>" at its head, in snake_case')
    _require_locate(tree)
    return Locator(region=region, source=source, variants=_variants(constants))


def is_locator(source: str) -> bool:
    """Whether a text says at its head that it is a locator; anything else is read as an extractor."""
    try:
        return "LOCATOR" in literal_constants(parse_module(source))
    except ContractError:
        return False


def _require_locate(tree: ast.Module) -> None:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "locate":
            if [argument.arg for argument in node.args.args] != ["image"]:
                raise ContractError("write def locate(image): with this one argument", node.lineno)
            return
    raise ContractError("the module needs a function def locate(image)")


def _variants(constants: Mapping[str, object]) -> dict[str, tuple[int | float, ...]]:
    declared = constants.get("VARIANTS", {})
    if not isinstance(declared, dict) or len(declared) > MAX_VARIANTS:
        raise ContractError(
            f"VARIANTS must be a literal dict of at most {MAX_VARIANTS} constants: NAME -> [values]"
        )
    return {_constant(name, constants): _values(name, values) for name, values in declared.items()}


def _constant(name: object, constants: Mapping[str, object]) -> str:
    if not isinstance(name, str) or not isinstance(constants.get(name), (int, float)):
        raise ContractError(f"VARIANTS names {name!r}, which is no number that the module assigns")
    return name


def _values(name: object, values: object) -> tuple[int | float, ...]:
    numbers = isinstance(values, (list, tuple)) and 0 < len(values) <= MAX_VARIANTS
    if not numbers or any(type(one) not in (int, float) for one in values):  # type: ignore[attr-defined]
        raise ContractError(f"VARIANTS[{name!r}] must be a list of 1 to {MAX_VARIANTS} numbers")
    return tuple(values)  # type: ignore[arg-type]
