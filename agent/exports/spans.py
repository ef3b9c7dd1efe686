"""A run as OpenTelemetry spans in OTLP/JSON: one object on one line, as collectors read files.

One span for the run, one for each round, and one for each call under its round, named by the semantic
conventions for generative AI (`gen_ai.*`, status Development in 2026, so names may change). Prompts and
replies are opt-in there for privacy, and left out here: a span carries the SHA-256 by which they are found in
the run.
"""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from scafe.agent.exports.whole_run import WholeRun, metrics, new_place
from scafe.agent.view.reading.happened import Call

CLIENT, INTERNAL = 3, 1
OK: Final = 1


def write_otlp(run: WholeRun, into: Path) -> list[Path]:
    """Write one new file."""
    new_place(into)
    into.write_text(json.dumps(document(run), ensure_ascii=False) + "\n", encoding="utf-8")
    return [into]


def document(run: WholeRun) -> dict[str, Any]:
    """Build the TracesData message of a run, as OTLP's JSON encoding has it."""
    info = run.info
    resource = {
        "service.name": "scafe",
        "service.version": info.versions.get("scafe", ""),
        "scafe.run": run.folder.path.name,
    }
    scope = {"name": "scafe", "version": info.versions.get("scafe", "")}
    spans = [{"scope": scope, "spans": [_root(run), *_rounds(run), *_calls(run)]}]
    return {"resourceSpans": [{"resource": {"attributes": _attributes(resource)}, "scopeSpans": spans}]}


def _root(run: WholeRun) -> dict[str, Any]:
    started = run.happened.told.started
    told = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "scafe",
        "scafe.pack": started.pack if started else "",
        "scafe.seed": run.info.seed,
        "scafe.status": run.info.status,
        **{f"scafe.{name}": value for name, value in metrics(run)},
    }
    return _span(run, "run", "", f"invoke_agent {run.folder.path.name}", _ends(run), INTERNAL, told)


def _rounds(run: WholeRun) -> list[dict[str, Any]]:
    spans = []
    for one in run.happened.rounds.values():
        times = [one.ts, *(call.ts for call in run.happened.calls if call.round == one.number)]
        told = {"scafe.round": one.number, "scafe.planned": one.planned}
        name, ends = f"round {one.number}", (min(times), max(times))
        spans.append(_span(run, name, "run", name, ends, INTERNAL, told))
    return spans


def _calls(run: WholeRun) -> list[dict[str, Any]]:
    """Return one span a call; it begins when the call before it ended, for the trace holds ends alone."""
    spans, before = [], run.happened.first
    for call in run.happened.calls:
        is_planning = call.operator == "plan" or call.round not in run.happened.rounds
        parent = "run" if is_planning else f"round {call.round}"
        name, ends = f"chat {_model(run)}", (before, call.ts)
        spans.append(_span(run, f"call {call.number}", parent, name, ends, CLIENT, _told(run, call)))
        before = call.ts
    return spans


def _told(run: WholeRun, call: Call) -> dict[str, Any]:
    told: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": _model(run).partition(":")[0],
        "gen_ai.request.model": _model(run).partition(":")[2] or _model(run),
        "scafe.call": call.number,
        "scafe.operator": call.operator,
        "scafe.criterion": call.criterion,
        "scafe.brief_sha256": call.brief,
        "scafe.reply_sha256": call.reply,
    }
    for ours, theirs in (("prompt", "input"), ("completion", "output")):
        if f"{ours}_tokens" in call.usage:
            told[f"gen_ai.usage.{theirs}_tokens"] = call.usage[f"{ours}_tokens"]
    if call.revision:
        told["scafe.revision"] = call.revision
    if call.complaint or call.discarded:
        told["error.type"] = "no_extractor"
    return told


def _model(run: WholeRun) -> str:
    return str(run.info.config.get("model", "builtin"))


def _ends(run: WholeRun) -> tuple[str, str]:
    return run.happened.first, run.happened.last


def _span(
    run: WholeRun, key: str, parent: str, name: str, ends: tuple[str, str], kind: int, told: dict[str, Any]
) -> dict[str, Any]:
    """Build one span; its ids are hashes, so the same run gives the same spans."""
    base = run.folder.path.name
    span = {
        "traceId": _digest(base, 32),
        "spanId": _digest(f"{base}/{key}", 16),
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(_nanoseconds(ends[0])),
        "endTimeUnixNano": str(_nanoseconds(ends[1])),
        "attributes": _attributes(told),
        "status": {"code": OK},
    }
    return {**span, "parentSpanId": _digest(f"{base}/{parent}", 16)} if parent else span


def _attributes(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in told.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": str(value)}


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def _nanoseconds(ts: str) -> int:
    try:
        return int(datetime.fromisoformat(ts).timestamp() * 1000) * 1_000_000
    except ValueError:
        return 0
