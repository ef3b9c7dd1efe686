"""The frozen features: what was predicted and found, what each contributes and answers to, and its source."""

import math
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from scafe.agent.view.pages.opened import Opened, opened
from scafe.agent.view.pictures import Curve, curve_picture
from scafe.agent.view.reading.happened import Cell
from scafe.agent.view.rendering import page
from scafe.knowledge.contract.errors import IntegrityError, ScafeError
from scafe.knowledge.contract.inside import read_inside
from scafe.knowledge.contract.plain_json import read_json

MOST_BYTES: Final = 32 << 20


@dataclass(frozen=True)
class Selected:
    """One feature of the set."""

    row: dict[str, Any]
    """Its entry in the manifest."""
    cell: Cell | None
    """The revision it comes from."""
    card: str
    """Its card, as Markdown; '' if there is none."""


@dataclass(frozen=True)
class Matrix:
    """How far each dial moves each feature, as a share of what its own dial does."""

    dials: list[str]
    rows: list[tuple[str, list[tuple[float | None, bool]]]]
    """(feature, [(reach, whether the dial is its own)])."""


def feature_set(request: Request) -> Response:
    """Show the frozen set."""
    one = opened(request)
    selected, matrix, faults = list[Selected](), None, list[str]()
    curves: dict[str, Curve] = {}
    try:
        manifest = _object(one, "manifest.json")
        selected = [_selected(one, row) for row in manifest.get("features", []) if isinstance(row, dict)]
        responses, columns = (
            _object(one, "responses.json"),
            [str(each.row.get("column")) for each in selected],
        )
        matrix, curves = _matrix(responses, columns), _curves(responses, columns)
    except (ScafeError, TypeError, ValueError, AttributeError, KeyError) as error:
        faults.append(str(error) if isinstance(error, ScafeError) else "the bundle's records are damaged")
    struck = [
        name
        for decided in one.happened.decided
        if decided.event.gate == "freeze"
        for name in decided.event.drop
    ]
    return page(
        request,
        "feature_set",
        run=one,
        selected=selected,
        matrix=matrix,
        curves=curves,
        faults=faults,
        pruned=one.happened.told.pruned,
        struck=struck,
        is_frozen=one.happened.told.frozen is not None,
    )


def _object(one: Opened, name: str) -> dict[str, Any]:
    found = read_json(read_inside(one.path, f"frozen/{name}", MOST_BYTES), f"frozen/{name}")
    if not isinstance(found, dict):
        raise IntegrityError(f"frozen/{name} is no object; the file was edited")
    return found


def _selected(one: Opened, row: dict[str, Any]) -> Selected:
    cell = one.happened.of_sha256.get(str(row.get("extractor")))
    name = str(row.get("column"))
    try:
        card = read_inside(one.path, f"frozen/cards/{name}.md", MOST_BYTES).decode("utf-8", "replace")
    except ScafeError:
        card = ""
    return Selected({"citation": {}, "gain": {}, **row}, cell, card)


def _matrix(responses: dict[str, Any], columns: list[str]) -> Matrix | None:
    curves, own = responses.get("curves", {}), responses.get("own_dial", {})
    if not columns or not curves:
        return None
    rows = []
    for column in columns:
        reach = max((_span(curve) for curve in curves[column] if curve["dial"] == own[column]), default=0.0)
        cells = [(_reach(curve, reach), curve["dial"] == own[column]) for curve in curves[column]]
        rows.append((column, cells))
    return Matrix([str(curve["dial"]) for curve in curves[columns[0]]], rows)


def _curves(responses: dict[str, Any], columns: list[str]) -> dict[str, Curve]:
    """Feature -> its curve over its own dial."""
    own = responses.get("own_dial", {})
    return {
        column: curve_picture(str(curve["dial"]), str(curve["unit"]), curve["levels"], curve["values"])
        for column in columns
        for curve in responses["curves"][column]
        if curve["dial"] == own[column]
    }


def _reach(curve: dict[str, Any], own: float) -> float | None:
    """Return the signed share of what the own dial does, within 1 either way; None if that does nothing."""
    return math.copysign(min(1.0, _span(curve) / own), float(curve["spearman"])) if own else None


def _span(curve: dict[str, Any]) -> float:
    """Return how far the values reach over the levels; 0 where none is there."""
    values = [float(value) for value in curve["values"] if value is not None]
    return max(values) - min(values) if values else 0.0
