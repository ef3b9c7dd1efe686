"""How a run ended, in a record and in five lines, reduced from its trace."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from scafe.agent.record.evidence import sound_lines
from scafe.agent.record.trace import EVENTS, read_lines
from scafe.knowledge.contract.errors import IntegrityError

Status = Literal["frozen", "no_acceptable_set", "waiting", "interrupted"]
EXIT_CODES: dict[str, int] = {"frozen": 0, "no_acceptable_set": 1, "waiting": 3, "interrupted": 130}


@dataclass(frozen=True)
class RunOutcome:
    """What a run came to."""

    status: Status
    run: Path
    """The run folder."""
    report: Path | None
    """The report as HTML, if one was written."""
    summary: tuple[str, ...]
    """Five lines for a person; empty while the run is not finished."""
    why: str
    """Why it waits, stopped or found no set, and how to go on."""
    exit_code: int
    asks: dict[str, Any] | None = None
    """What a person is asked to decide, if the run waits at a gate."""


def finished(run: Path) -> RunOutcome | None:
    """Return the outcome of a finished run; None if its trace has no end yet."""
    events = {line["kind"]: line for line in sound_lines(read_lines(run / EVENTS), run / EVENTS)}
    end = events.get("run_finished")
    if end is None:
        return None
    files = events["reported"]["files"] if "reported" in events else {}
    return RunOutcome(
        status=end["status"],
        run=run,
        report=run / files["html"] if "html" in files else None,
        summary=_summary(events, run) if end["status"] == "frozen" else (),
        why=end["why"],
        exit_code=EXIT_CODES[end["status"]],
    )


def gate_of(why: str) -> str | None:
    """Return the gate that a run waits at, from what its head says."""
    _, found, rest = why.partition("at the gate '")
    return rest.partition("'")[0] if found else None


def _summary(events: dict[str, dict[str, Any]], run: Path) -> tuple[str, ...]:
    lacking = [kind for kind in ("run_started", "bench_opened", "set_frozen") if kind not in events]
    if lacking:
        raise IntegrityError(
            f"{run / EVENTS}: ends as frozen but holds no event {lacking[0]!r}; the file was edited. "
            "Restore it from a copy, or start a new run"
        )
    frozen, end = events["set_frozen"], events["run_finished"]
    opened = events.get("seal_opened")
    return (
        f"selected features: {frozen['features']} from {_criteria(events)}",
        _headline(opened),
        _controls(opened),
        f"spent: {end['calls']} of {events['run_started']['max_calls']} calls to the drafter, "
        f"{_queries(events)} label queries",
        f"bundle: the run's folder {frozen['bundle']}/, sha256 {frozen['sha256'][:16]}",
    )


def _criteria(events: dict[str, dict[str, Any]]) -> str:
    found, planned = events["set_frozen"]["criteria"], events.get("planned", {}).get("ideas", {})
    without = sorted(set(planned) - set(found))
    of = f"{len(found)} of {len(planned)} criteria" if planned else f"{len(found)} criteria"
    return of + (f"; none from {', '.join(without)}" if without else "")


def _queries(events: dict[str, dict[str, Any]]) -> str:
    allowed = events["bench_opened"]["queries"]
    left = events["scored"]["card"]["queries_left"] if "scored" in events else allowed
    return f"{allowed - left} of {allowed}"


def _headline(opened: dict[str, Any] | None) -> str:
    if opened is None:
        return "held-out test set: left sealed by a person"
    where = "held-out test set" if opened["sealed"] else "cross-validation (too few patients to hold any out)"
    return f"{where}: AUC {_number(opened['auc'])}{_interval(opened)}"


def _controls(opened: dict[str, Any] | None) -> str:
    if opened is None:
        return "controls: none, the held-out test set was not scored"
    return (
        f"same patients: colour-and-texture baseline AUC {_number(opened['baseline_auc'])}{_gain(opened)}, "
        f"label-permutation control {_number(opened['permuted_auc'])} (expected: .5)"
    )


def _gain(opened: dict[str, Any]) -> str:
    values = [opened.get(name) for name in ("difference", "difference_low", "difference_high")]
    if None in values:
        return ""
    gain, low, high = (float(str(value)) for value in values)
    return f" (ScaFE minus baseline {gain:+.3f}, 95 % CI {low:+.3f} to {high:+.3f})"


def _interval(opened: dict[str, Any]) -> str:
    if opened["low"] is None or opened["high"] is None:
        return ""
    return f" (95 % CI {opened['low']:.3f} to {opened['high']:.3f})"


def _number(value: float | None) -> str:
    return "not computed" if value is None or math.isnan(value) else f"{value:.3f}"
