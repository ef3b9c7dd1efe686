"""Criteria packs: clinical criteria as data, with citations and with what an image cannot show.

A pack is one YAML file that validates against `CriteriaPack`. It comes from the folder
`packs/`, from a path, or from another distribution through the entry point `scafe.criteria`
(the entry point's value names a function without arguments that returns the path of a pack).
"""

import difflib
import json
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from scafe.knowledge.contract.errors import PackError
from scafe.knowledge.criteria.yaml_text import parse_yaml, read_pack_text

Observability = Literal["direct", "proxy", "no_image"]
Expected = Literal["up", "down", "either", "unknown"]


class Record(BaseModel):
    """Frozen, closed record: a typo in a pack is an error, never an ignored key."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Citation(Record):
    """Where a clinical statement comes from."""

    text: str = Field(description="authors, journal, year, volume, pages", min_length=8)
    doi: str | None = Field(default=None, description="DOI without the resolver, if there is one")
    verified: bool = Field(default=False, description="true once checked against the primary source")
    license_note: str = Field(default="paraphrased facts, no form text", description="what may be reproduced")


class Level(Record):
    """One step of an ordinal or nominal item."""

    score: int = Field(description="number that the scale gives to this level")
    label: str = Field(description="paraphrase of the level", min_length=1)


class Proxy(Record):
    """One way to measure a criterion in pixels."""

    id: str = Field(description="name of the feature", pattern=r"^[a-z][a-z0-9_]{0,47}$")
    method: str = Field(description="the formula in words", min_length=1)
    expected_direction: Expected = Field(description="how it moves as there is more of the criterion")
    unit: str = Field(description="unit of the value", min_length=1)
    range: tuple[float, float] = Field(description="plausible lowest and highest value")
    measure: str | None = Field(
        default=None,
        description="measure that computes it: folder and file in knowledge/measures, scar_gloss",
    )
    citation: Citation | None = Field(default=None, description="source of the method or of its numbers")

    @model_validator(mode="after")
    def _range_is_ordered(self) -> Self:
        if not self.range[0] < self.range[1]:
            raise ValueError(f"range {list(self.range)} of proxy {self.id} must run from low to high")
        return self


class Criterion(Record):
    """One item of a scale, and what an image can show of it."""

    id: str = Field(description="snake_case, unique in its pack", pattern=r"^[a-z][a-z0-9_]{0,47}$")
    definition: str = Field(description="what the item asks, in our words", min_length=1)
    levels: tuple[Level, ...] = Field(default=(), description="the item's levels, if it has any")
    scale_type: Literal["ordinal", "nominal", "count", "continuous"] = Field(
        description="nominal codes are never regressed on"
    )
    observable: Observability = Field(description="no_image: kept in the pack, refused to every extractor")
    dial: str | None = Field(
        default=None, description="dial of the pack's phantom that this criterion turns; none if no_image"
    )
    proxies: tuple[Proxy, ...] = Field(default=(), description="ways to measure it")
    class_direction: dict[str, Expected] = Field(
        default_factory=dict, description="e.g. keloid_minus_hypertrophic: up; unknown is honest"
    )
    confounders: tuple[str, ...] = Field(default=(), description="what else moves the proxies")
    pair_with: tuple[str, ...] = Field(default=(), description="proxies to report beside these")
    citation: Citation | None = Field(default=None, description="source, where it is not the pack's")

    @model_validator(mode="after")
    def _observability_is_consistent(self) -> Self:
        if self.observable == "no_image" and (self.proxies or self.dial):
            raise ValueError(f"criterion {self.id} is no_image, so it has no proxies and no dial")
        if self.observable != "no_image" and not self.dial:
            raise ValueError(
                f"criterion {self.id} is {self.observable}, so it names the phantom dial it answers to"
            )
        return self


class Modality(Record):
    """What kind of image the pack reads."""

    kind: str = Field(description="clinical_photo, dermoscopy, histology, ultrasound, radiograph, mri")
    colour_space: str = Field(default="sRGB", description="meaning of the channels")
    channels: tuple[str, ...] = Field(default=("R", "G", "B"), description="channel names in order")
    needs: tuple[str, ...] = Field(default=(), description="e.g. lesion_mask")
    optional: tuple[str, ...] = Field(default=(), description="e.g. scale_mm_per_px")


class ReferenceRegion(Record):
    """Where normal tissue is measured: a ring around the lesion, or none."""

    kind: Literal["ring", "none"] = "ring"
    inner_frac: float = Field(
        default=0.03, ge=0, description="inner gap in units of the square root of the lesion's area"
    )
    outer_frac: float = Field(default=0.15, gt=0, description="outer edge in the same units")
    min_px: int = Field(default=400, gt=0, description="below this many pixels the value is NaN")


class Total(Record):
    """Total score of the scale; computable_from_image only if every item is observable."""

    min: float
    max: float
    computable_from_image: bool
    formula: str | None = Field(default=None, description="e.g. 1.3 A + 0.1 B + 0.5 C + 0.5 D")


def _is_none(value: object) -> bool:
    # What a pack does not say is not written: packs without a region keep the identity they had.
    return value is None


class CriteriaPack(Record):
    """Clinical criteria of one scale or differential, ready for the agent."""

    format: Literal["scafe/criteria-pack@1"] = Field(alias="schema", description="format of this file")
    id: str = Field(description="dotted id, e.g. scar.vss", pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")
    version: str = Field(description="version of this pack, major.minor.patch", pattern=r"^\d+\.\d+\.\d+$")
    title: str = Field(description="name for a person", min_length=1)
    scale: str = Field(description="the scale and its version, e.g. Sullivan 1990")
    citation: Citation
    modality: Modality
    classes: tuple[str, ...] = Field(description="default labels of the task", min_length=2)
    purpose: Literal["severity", "differential", "screening"]
    phantom: str = Field(description="kind of phantom that has this pack's dials")
    total: Total | None = None
    reference_region: ReferenceRegion = ReferenceRegion()
    region: str | None = Field(
        default=None,
        description="what a mask outlines and a locator finds: lesion, mass, lungs …; none: the whole image",
        pattern=r"^[a-z][a-z0-9_]{0,47}$",
        exclude_if=_is_none,
    )
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    forbidden_shortcuts: tuple[str, ...] = Field(description="what no feature may read", min_length=1)
    prompt_note: str = Field(default="", description="a paragraph that the model's brief carries")

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        for kind, ids in (
            ("criterion", [c.id for c in self.criteria]),
            ("proxy", [p.id for c in self.criteria for p in c.proxies]),
        ):
            twice = sorted({one for one in ids if ids.count(one) > 1})
            if twice:
                raise ValueError(f"{kind} id {twice[0]} occurs twice")
        return self

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all criteria, in the order of the file."""
        return tuple(one.id for one in self.criteria)

    @property
    def observable_criteria(self) -> tuple[Criterion, ...]:
        """The criteria an extractor may claim."""
        return tuple(c for c in self.criteria if c.observable != "no_image")

    def criterion(self, criterion_id: str) -> Criterion:
        """Return one criterion, or raise PackError naming the nearest ids."""
        for criterion in self.criteria:
            if criterion.id == criterion_id:
                return criterion
        known = ", ".join(criterion.id for criterion in self.criteria)
        raise PackError(f"pack {self.id} has no criterion {criterion_id!r}; it has {known}")


def pack_names() -> tuple[str, ...]:
    """Ids of every pack found, sorted; listing imports no plug-in."""
    return tuple(sorted({*_shipped(), *(point.name for point in entry_points(group="scafe.criteria"))}))


def load_pack(name_or_path: str) -> CriteriaPack:
    """Load a pack by id or by path.

    Raises
    ------
    PackError
        Unknown id (with the nearest names), unreadable file, or a wrong field (field and line).
    """
    return parse_pack(read_pack_text(pack_path(name_or_path)), str(name_or_path))


def pack_path(name_or_path: str) -> Path:
    """Return the YAML file of a pack id or path."""
    shipped = _shipped()
    if name_or_path in shipped:
        return shipped[name_or_path]
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") or path.exists():
        return _existing_file(path)
    for point in entry_points(group="scafe.criteria", name=name_or_path):
        return _existing_file(Path(point.load()()))
    near = difflib.get_close_matches(name_or_path, pack_names(), n=3, cutoff=0.3)
    hint = f"did you mean {', '.join(near)}?" if near else "see `scafe criteria list`"
    raise PackError(f"no criteria pack {name_or_path!r}; {hint}")


def parse_pack(text: str, where: str) -> CriteriaPack:
    """Validate the YAML text of a pack; `where` names it in errors."""
    node, data = parse_yaml(text, where)
    if not isinstance(data, dict):
        raise PackError(
            f"{where}: a pack is a YAML mapping; start from `scafe criteria show scar.vss --yaml`"
        )
    try:
        return CriteriaPack.model_validate(data)
    except ValidationError as error:
        raise PackError(_first_fault(error, node, where)) from None


def pack_json_schema() -> str:
    """Return the JSON Schema of a pack, for editors."""
    return json.dumps(CriteriaPack.model_json_schema(by_alias=True), indent=1, sort_keys=True) + "\n"


def _shipped() -> dict[str, Path]:
    folder = Path(str(resources.files("scafe.knowledge"))) / "packs"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def _existing_file(path: Path) -> Path:
    if not path.is_file():
        raise PackError(f"{path}: no such pack file; a pack is one YAML file")
    return path


def _first_fault(error: ValidationError, root: Any, where: str) -> str:
    fault = error.errors()[0]
    location = [part for part in fault["loc"] if part != "CriteriaPack"]
    field = ".".join(str(part) for part in location) or "pack"
    more = f" ({error.error_count()} faults in all)" if error.error_count() > 1 else ""
    return f"{where}, line {_line(root, location)}, field {field}: {fault['msg']}{more}"


def _line(node: Any, location: list[Any]) -> int:
    line = int(node.start_mark.line) + 1
    for part in location:
        child = _child(node, part)
        if child is None:
            break
        node, line = child
    return line


def _child(node: Any, part: Any) -> tuple[Any, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value, int(key.start_mark.line) + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], int(node.value[part].start_mark.line) + 1
    return None
