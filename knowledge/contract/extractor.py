"""What an extractor is: one Python module that measures one criterion and runs without ScaFE.

The contract is text, read with `ast` and never executed here::

    CRITERION = "vascularity"
    FEATURES = {
        "delta_a_median": {
            "unit": "CIELAB",
            "range": [-20, 40],
            "direction": "up",
            "meaning": "median a* of the scar minus that of the skin ring",
        },
    }

    def extract(image, mask):
        ...
        return {"delta_a_median": 4.2}

`image` is an (H, W, 3) uint8 RGB array (other channel counts where the pack says so), `mask` an
(H, W) bool array, True inside the lesion; both are read-only. A value is a finite number, or NaN
where the feature cannot be measured on this image.
"""

import ast
import hashlib
import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.knowledge.contract.bounds import UnfitError, parse_bounded
from scafe.knowledge.contract.errors import ContractError

MAX_LINES = 120
MAX_FEATURES = 12
MAX_UNIT = 300
FEATURE_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What an escape such as `\\x1b` can bring: terminals obey it, and half of a pair cannot be written."""

Direction = Literal["up", "down", "either"]
"""How a feature moves as there is more of its criterion (its dial is turned up)."""


class Feature(BaseModel):
    """One number that an extractor promises to return."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="snake_case, unique in its extractor", pattern=r"^[a-z][a-z0-9_]{0,47}$")
    unit: str = Field(
        description="unit as printed in a report, 'ratio' or 'fraction' if it has none", min_length=1
    )
    range: tuple[float, float] = Field(description="lowest and highest value that can occur")
    direction: Direction = Field(description="how the value moves as the criterion's dial is turned up")
    meaning: str = Field(description="the formula in words, one sentence", min_length=1, max_length=300)


class Extractor(BaseModel):
    """The source of one extractor with what its head declares."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    criterion: str = Field(description="id of the criterion in the pack")
    source: str = Field(description="the whole module, ends in a newline")
    features: tuple[Feature, ...] = Field(description="in the order of FEATURES")

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the UTF-8 source, hexadecimal: the extractor's identity."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in declared order."""
        return tuple(feature.name for feature in self.features)


def read_module(path: Path) -> str:
    """Read the file of an extractor; ContractError if it cannot be read or is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ContractError(f"{path}: not UTF-8 text; an extractor is one Python module") from None
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}); check the path") from None


def parse_extractor(source: str) -> Extractor:
    r"""Read the head of an extractor without running it.

    Parameters
    ----------
    source : str
        A Python module of at most 120 lines.

    Returns
    -------
    Extractor

    Raises
    ------
    ContractError
        If the text does not parse or its head breaks the contract. The message names the line
        and what to write instead; a model can repair from it.

    Examples
    --------
    >>> head = 'CRITERION = "height"\nFEATURES = {"rim": {"unit": "L", "range": [0, 9], '
    >>> head += '"direction": "up", "meaning": "edge shading"}}\n'
    >>> parse_extractor(head + "def extract(image, mask):\n    return {'rim': 1.0}\n").names
    ('rim',)
    """
    return _parsed(source)


@lru_cache(maxsize=256)
def _parsed(source: str) -> Extractor:
    """Read a head once: a run asks for the same few extractors at every score."""
    tree = parse_module(source)
    constants = literal_constants(tree)
    criterion = constants.get("CRITERION")
    if not isinstance(criterion, str):
        raise ContractError('the module needs CRITERION = "<id of one criterion>" at its head')
    _require_extract(tree)
    return Extractor(criterion=criterion, source=source, features=_features(constants, tree))


def parse_module(source: str) -> ast.Module:
    """Parse a module of at most 120 lines; ContractError with the line if it is none."""
    lines = source.count("\n") + 1
    if lines > MAX_LINES + 1:
        raise ContractError(f"the module has {lines} lines; at most {MAX_LINES} are allowed: keep one idea")
    try:
        return parse_bounded(source)
    except UnfitError as error:
        raise ContractError(str(error)) from None
    except SyntaxError as error:
        raise ContractError(f"not Python 3.11: {error.msg}", error.lineno) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ContractError(f"the text cannot be parsed ({type(error).__name__})") from None


def literal_constants(tree: ast.Module) -> dict[str, object]:
    """Return what the module assigns to names at its head, as far as it is written out."""
    found: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                continue
    return found


def _require_extract(tree: ast.Module) -> None:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "extract":
            if [argument.arg for argument in node.args.args] != ["image", "mask"]:
                raise ContractError("write def extract(image, mask): with these two arguments", node.lineno)
            return
    raise ContractError("the module needs a function def extract(image, mask)")


def _features(constants: dict[str, object], tree: ast.Module) -> tuple[Feature, ...]:
    declared = constants.get("FEATURES")
    if not isinstance(declared, dict) or not declared:
        raise ContractError(
            "FEATURES must be a literal dict: name -> {unit, range, direction, meaning}; nothing computed"
        )
    if len(declared) > MAX_FEATURES:
        raise ContractError(f"FEATURES names {len(declared)} features; at most {MAX_FEATURES} are allowed")
    return tuple(_feature(name, head) for name, head in declared.items())


def _feature(name: object, head: object) -> Feature:
    if not isinstance(name, str) or not FEATURE_NAME.fullmatch(name):
        raise ContractError(f"feature name {name!r} must be snake_case, at most 48 characters")
    wanted = {"unit", "range", "direction", "meaning"}
    if not isinstance(head, dict) or set(head) != wanted:
        raise ContractError(f"FEATURES[{name!r}] must have exactly the keys {sorted(wanted)}")
    if head["direction"] not in ("up", "down", "either"):
        raise ContractError(
            f"FEATURES[{name!r}]['direction'] is {head['direction']!r}; write 'up', 'down' or 'either'"
        )
    low_high = head["range"]
    if not _is_range(low_high):
        raise ContractError(f"FEATURES[{name!r}]['range'] must be [low, high] with low < high, both finite")
    if not isinstance(head["unit"], str) or not isinstance(head["meaning"], str):
        raise ContractError(f"FEATURES[{name!r}]: 'unit' and 'meaning' must be text")
    if not head["unit"] or not 0 < len(head["meaning"]) <= 300:
        raise ContractError(
            f"FEATURES[{name!r}]: 'unit' and 'meaning' must say something (meaning: at most 300 characters)"
        )
    if len(head["unit"]) > MAX_UNIT or UNPRINTABLE.search(head["unit"] + head["meaning"]):
        raise ContractError(
            f"FEATURES[{name!r}]: 'unit' (at most {MAX_UNIT} characters) and 'meaning' must be plain text, "
            "without control characters"
        )
    return Feature(
        name=name,
        unit=head["unit"],
        range=(float(low_high[0]), float(low_high[1])),
        direction=head["direction"],
        meaning=head["meaning"],
    )


def _is_range(value: object) -> bool:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return False
    if not all(isinstance(bound, (int, float)) and not isinstance(bound, bool) for bound in value):
        return False
    low, high = value
    return bool(low < high) and abs(low) < 1e308 and abs(high) < 1e308
