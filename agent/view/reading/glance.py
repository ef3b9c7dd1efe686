"""What a table of many runs says of one: read from its head and both ends of its trace."""

import json
import os
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from scafe.agent.egress.budget import Ledger
from scafe.agent.egress.journal import Attempt
from scafe.agent.egress.prices import fixed_prices
from scafe.agent.record.run_folder import RunFolder, RunInfo
from scafe.agent.record.trace import EVENTS
from scafe.agent.view.reading.tail import Tail
from scafe.knowledge.contract.errors import ScafeError
from scafe.knowledge.contract.inside import read_inside

END_BYTES: Final = 1 << 16
"""Of the trace that are read at either end: its first and last events."""
MOST_ATTEMPTS: Final = 1 << 20
LIVE = ("running", "waiting")


@dataclass(frozen=True)
class Glance:
    """One row of the table of runs."""

    name: str
    """Of the folder."""
    fault: str = ""
    """Why nothing else is known; '' if it is."""
    status: str = ""
    why: str = ""
    started: str = ""
    changed: str = ""
    pack: str = ""
    model: str = ""
    seed: int | None = None
    data_sha256: str = ""
    auc: float | None = None
    low: float | None = None
    high: float | None = None
    is_sealed: bool | None = None
    """Whether the headline is of a held-out test set."""
    gain: float | None = None
    """AUC minus the baseline's, on the same patients."""
    gain_low: float | None = None
    gain_high: float | None = None
    calls: int | None = None
    features: int | None = None


def read_head(folder: Path) -> RunInfo:
    """Read run.json; a run goes by its folder's name.

    Raises
    ------
    ScafeError
        It is damaged, no file of its own, or of a newer version.
    """
    return RunFolder(folder).info().model_copy(update={"id": folder.name})


def glance(folder: Path) -> Glance:
    """Look at one run; what is wrong with it is in the glance."""
    try:
        info = read_head(folder)
        known = _ends(folder)
    except ScafeError as error:
        return Glance(folder.name, fault=str(error))
    config = info.config
    opened = known.get("seal_opened", {})
    return Glance(
        name=folder.name,
        status=info.status,
        why=info.why,
        started=info.started,
        changed=info.changed,
        pack=str(config.get("pack", "")),
        model=str(config.get("model", "")),
        seed=info.seed,
        data_sha256=str(known.get("bench_opened", {}).get("data_sha256", "")),
        auc=_number(opened.get("auc")),
        low=_number(opened.get("low")),
        high=_number(opened.get("high")),
        is_sealed=opened.get("sealed") if isinstance(opened.get("sealed"), bool) else None,
        gain=_number(opened.get("difference")),
        gain_low=_number(opened.get("difference_low")),
        gain_high=_number(opened.get("difference_high")),
        calls=_count(known, ("run_finished", "round_assessed"), "calls"),
        features=_count(known, ("set_frozen",), "features"),
    )


def money(folder: Path) -> Decimal | None:
    """Sum up what a run cost from its journal; None if it asked no endpoint, or one without a price."""
    journal = folder / "llm"
    if not journal.is_dir() or journal.is_symlink():
        return None
    try:
        prices, ledger = fixed_prices(journal), Ledger()
        names = sorted(name for name in os.listdir(journal) if name.endswith(".attempts.jsonl"))
        for price in list(prices.values())[:1]:
            for name in names:
                time.sleep(0)  # lets a page in
                for line in read_inside(journal, name, MOST_ATTEMPTS).split(b"\n"):
                    attempt = _attempt(line)
                    ledger = ledger.plus(attempt, price) if attempt else ledger
    except (ScafeError, ValueError, OSError):
        return None
    return ledger.cost if prices and ledger.calls else None


def _attempt(line: bytes) -> Attempt | None:
    try:
        found = Attempt.model_validate_json(line)
    except ValueError:
        return None
    return found if found.event == "done" else None


def _ends(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the last event of each kind that stands near either end; unchecked, for a glance alone."""
    tail = Tail(folder / EVENTS)
    tail.look()
    first = tail.at(0, END_BYTES)[: min(END_BYTES, tail.size)] if tail.size else b""
    last = tail.at(max(0, tail.size - END_BYTES), END_BYTES) if tail.size > END_BYTES else b""
    lines = first.split(b"\n")[:-1] + last.split(b"\n")[1:-1]
    found: dict[str, dict[str, Any]] = {}
    for raw in lines:
        if any(kind in raw for kind in _WANTED):
            line = _object(raw)
            found[str(line.get("kind"))] = line
    return found


_WANTED = (b'"bench_opened"', b'"seal_opened"', b'"run_finished"', b'"round_assessed"', b'"set_frozen"')


def _object(raw: bytes) -> dict[str, Any]:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return line if isinstance(line, dict) else {}


def _number(value: object) -> float | None:
    is_plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_plain and abs(float(value)) < 1e6 else None  # type: ignore[arg-type]


def _count(known: dict[str, dict[str, Any]], kinds: tuple[str, ...], field: str) -> int | None:
    for kind in kinds:
        value = known.get(kind, {}).get(field)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None
