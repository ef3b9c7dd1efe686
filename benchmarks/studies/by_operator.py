"""What each operator of the loop brought for its calls, from the traces of finished runs.

A call counts for the operator that began its line: a repair for what it mends, a second answer for the first.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

from scafe.agent.record.trace import EVENTS, read_lines

ORDER = ("draft", "refine", "recombine", "redraft", "counter", "simplify")
ADAPTIVE = ORDER[1:]


@dataclass
class Brought:
    """What one operator brought over some runs."""

    calls: int = 0
    scored: int = 0
    """Extractors that the probes let through and the gate answered."""
    accepted: int = 0
    """Of them, those that the gate accepted."""
    selected: int = 0
    """Features of the frozen set."""
    gains: list[float] = field(default_factory=list)
    """Fall of the development AUC where one of these features is left out of the frozen set."""

    def add(self, other: "Brought") -> None:
        """Count what another one brought too."""
        self.calls += other.calls
        self.scored += other.scored
        self.accepted += other.accepted
        self.selected += other.selected
        self.gains += other.gains


def brought(runs: Iterable[Path]) -> dict[str, Brought]:
    """Return operator -> what it brought, over all runs."""
    found = {operator: Brought() for operator in ORDER}
    for run in runs:
        for operator, one in _of_run(run).items():
            found[operator].add(one)
    return found


def rounds(runs: Iterable[Path]) -> str:
    """Say how many adaptive rounds brought something that the gate accepted, and how many after a dry one."""
    counts = [
        [line["accepted"] > 0 for line in read_lines(run / EVENTS) if line["kind"] == "round_assessed"][1:]
        for run in runs
    ]
    told = [one for run in counts for one in run]
    after = [later for run in counts for one, later in pairwise(run) if not one]
    return (
        f"The gate accepted something in {sum(told)} of {len(told)} adaptive rounds, and in {sum(after)} of "
        f"{len(after)} that came\nafter one in which it accepted nothing.\n"
    )


def table(found: dict[str, Brought]) -> str:
    """Return one row for each operator, and one for the adaptive ones together."""
    together = Brought()
    for operator in ADAPTIVE:
        together.add(found[operator])
    rows = [(name, found[name]) for name in ORDER] + [("adaptive, all", together)]
    head = (
        "| operator | calls | scored | accepted | selected | accepted per call | selected per call "
        "| AUC lost without one of its features |"
    )
    return "\n".join([head, "|---|---|---|---|---|---|---|---|", *(_row(name, one) for name, one in rows)])


def _row(name: str, one: Brought) -> str:
    accepted, selected = (
        f"{count / one.calls:.2f}" if one.calls else "·" for count in (one.accepted, one.selected)
    )
    gain = f"{mean(one.gains):+.4f}" if one.gains else "·"
    counts = f"{one.calls} | {one.scored} | {one.accepted} | {one.selected}"
    return f"| {name} | {counts} | {accepted} | {selected} | {gain} |"


def _of_run(run: Path) -> dict[str, Brought]:
    found = {operator: Brought() for operator in ORDER}
    origins: dict[str, str] = {}
    began: dict[int, str] = {}
    for line in read_lines(run / EVENTS):
        kind = line["kind"]
        if kind == "round_planned":
            began = _began(line, origins)
        elif kind == "replied" and line["operator"] != "plan":
            found[began[line["task"]]].calls += 1
        elif kind == "revised":
            operator = line["operator"]
            origins[line["sha256"]] = origins[line["parents"][0]] if operator == "repair" else operator
        elif kind == "scored":
            one = found[origins[line["card"]["extractor"]]]
            one.scored += 1
            one.accepted += line["card"]["gate"] == "accepted"
    for feature in _frozen(run):
        one = found[origins[feature["extractor"]]]
        one.selected += 1
        if feature.get("gain"):
            one.gains.append(feature["gain"]["mean"])
    return found


def _began(line: Any, origins: dict[str, str]) -> dict[int, str]:
    """Return task -> the operator that began its line."""
    asked = enumerate(zip(line["operators"], line["parents"], strict=True))
    return {
        number: origins[parents[0]] if operator == "repair" else operator
        for number, (operator, parents) in asked
    }


def _frozen(run: Path) -> list[dict[str, Any]]:
    manifest = run / "frozen" / "manifest.json"
    return json.loads(manifest.read_text(encoding="utf-8"))["features"] if manifest.exists() else []
