"""Phantoms as they are turned, contact sheets by dial, and what an extractor of the run measures on them."""

import math
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from scafe.agent.view.pages.opened import Opened, number_of, opened, require
from scafe.agent.view.pictures import curve_picture
from scafe.agent.view.reading.findings import read_code
from scafe.agent.view.reading.happened import Cell
from scafe.agent.view.rendering import environment, page
from scafe.agent.view.stage import PATIENCE_S, PICTURE_S, Stage
from scafe.knowledge.contract.errors import InputError, SandboxError, ScafeError
from scafe.knowledge.contract.inside import read_inside

MOST_PACK: Final = 4 << 20
SIZE: Final = 128
LEVELS: Final = 6
KNOB: Final = "k."
"""Before the name of what is turned, in an address."""


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    seed: int
    knobs: dict[str, float]
    dial: str
    extractor: str

    def query(self, **more: float) -> dict[str, str]:
        """Return the parameters of a picture."""
        knobs = {f"{KNOB}{name}": f"{level:g}" for name, level in {**self.knobs, **more}.items()}
        return {"seed": str(self.seed), **knobs}


def phantoms(request: Request) -> Response:
    """Show the sliders, the phantom that they give, and one dial turned."""
    one = opened(request)
    fault, kind, told = "", None, None
    asked = _asked(request)
    try:
        kind = _kind(request, one, PATIENCE_S)
        told = _values(request, one, asked, kind) if kind else None
    except ScafeError as error:
        fault = str(error)
    dial = asked.dial or _first_dial(one, asked, kind)
    return page(
        request,
        "phantoms",
        run=one,
        kind=kind,
        asked=asked,
        dial=dial,
        levels=_levels(kind, dial),
        told=told,
        fault=fault,
        size=SIZE,
        cells=list(one.happened.cells.values()),
        knob=KNOB,
    )


def picture(request: Request) -> Response:
    """Render one phantom as PNG."""
    one, asked = opened(request), _asked(request)
    kind = require(_kind(request, one, PICTURE_S), "phantom yet: its process did not start in time")
    data = _stage(request).picture(
        ask="picture", kind=kind["kind"], seed=asked.seed, knobs=asked.knobs, size=SIZE
    )
    return Response(data, media_type="image/png")


def sheet(request: Request) -> Response:
    """Render a contact sheet as PNG."""
    one, asked = opened(request), _asked(request)
    kind = require(_kind(request, one, PICTURE_S), "phantom yet: its process did not start in time")
    data = _stage(request).picture(
        ask="sheet", kind=kind["kind"], dial=asked.dial, seed=asked.seed, outline=True
    )
    return Response(data, media_type="image/png")


def curves(request: Request) -> Response:
    """Draw how one feature of a revision answers to every dial, measured now, in the sandbox."""
    one = opened(request)
    name = f"{request.path_params['criterion']}/{request.path_params['number']}"
    cell = require(one.happened.cells.get(name), f"revision {name[:80]!a} in this run")
    kind = require(_kind(request, one, PICTURE_S), "phantom yet: its process did not start in time")
    source = read_code(one.folder, cell)
    told = _stage(request).ask(PICTURE_S, ask="curves", kind=kind["kind"], source=source)
    if told is None:
        raise SandboxError("the curves were not ready in time; load them again")
    feature = request.query_params.get("feature", "")
    rows = require(told["curves"].get(feature), f"feature {feature[:80]!a} in {name}")
    drawn = [curve_picture(row["dial"], "", row["levels"], row["values"]) for row in rows]
    own = kind["dials"].get(cell.criterion, "")
    low, high = _reach(rows)
    svg = (
        environment()
        .get_template("curves.svg.j2")
        .render(curves=drawn, own=own, feature=feature, low=low, high=high)
    )
    return Response(svg, media_type="image/svg+xml")


def failed(request: Request) -> Response:
    """Draw the dial of a revision's criterion and the one that a finding names, with a feature's values."""
    one = opened(request)
    name = f"{request.path_params['criterion']}/{request.path_params['number']}"
    cell = require(one.happened.cells.get(name), f"revision {name[:80]!a} in this run")
    kind = require(_kind(request, one, PICTURE_S), "phantom yet: its process did not start in time")
    names = [kind["dials"].get(cell.criterion, ""), request.query_params.get("dial", "")]
    data = _stage(request).picture(
        ask="strips",
        kind=kind["kind"],
        source=read_code(one.folder, cell),
        feature=request.query_params.get("feature", ""),
        names=list(dict.fromkeys(names)),
    )
    return Response(data, media_type="image/png")


def _asked(request: Request) -> Asked:
    """Read the address; InputError if a level is no number."""
    knobs = {}
    for key, text in request.query_params.items():
        if key.startswith(KNOB):
            try:
                level = float(text)
            except ValueError:
                level = math.nan
            if not math.isfinite(level):
                raise InputError(f"{key[:60]}={text[:40]!a} is no number")
            knobs[key.removeprefix(KNOB)] = level
    query = request.query_params
    return Asked(number_of(request, "seed", 0), knobs, query.get("dial", ""), query.get("extractor", ""))


def _kind(request: Request, one: Opened, patience: float) -> dict[str, Any] | None:
    """Return what the pack's phantom is; None while its process starts."""
    read_inside(one.path, "pack.yaml", MOST_PACK)  # a link is refused before anybody opens it
    found: dict[str, Any] | None = _stage(request).ask(patience, ask="kind", pack=str(one.path / "pack.yaml"))
    return found


def _values(request: Request, one: Opened, asked: Asked, kind: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the extractor gives on what is shown; None while it is measured, {} without one."""
    if not asked.extractor:
        return {}
    cell = require(one.happened.cells.get(asked.extractor), f"revision {asked.extractor[:80]!a} in this run")
    dial = asked.dial or _first_dial(one, asked, kind)
    knobs = [asked.knobs, *({**asked.knobs, dial: level} for level in _levels(kind, dial))]
    found: dict[str, Any] | None = _stage(request).ask(
        ask="values",
        kind=kind["kind"],
        seed=asked.seed,
        knobs=knobs,
        size=SIZE,
        source=read_code(one.folder, cell),
    )
    return found


def _first_dial(one: Opened, asked: Asked, kind: dict[str, Any] | None) -> str:
    """Return the dial of the extractor's criterion, or the phantom's first."""
    if kind is None:
        return ""
    cell: Cell | None = one.happened.cells.get(asked.extractor)
    own = kind["dials"].get(cell.criterion) if cell else None
    return str(own or kind["knobs"][0]["name"])


def _levels(kind: dict[str, Any] | None, dial: str) -> list[float]:
    """Return levels from low to high, evenly."""
    knob = next((each for each in kind["knobs"] if each["name"] == dial), None) if kind else None
    if knob is None:
        return []
    step = (knob["high"] - knob["low"]) / (LEVELS - 1)
    return [round(knob["low"] + place * step, 6) for place in range(LEVELS)]


def _reach(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Return the least and greatest value over all dials."""
    values = [value for row in rows for value in row["values"] if value is not None]
    return min(values, default=0.0), max(values, default=0.0)


def _stage(request: Request) -> Stage:
    stage: Stage = request.app.state.stage
    stage.tidy()
    return stage
