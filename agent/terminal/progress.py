"""How a run looks while it goes: events reduced to a standing, shown live or as plain lines on stderr.

A terminal gets a small panel that is redrawn, with what happened scrolling above it; a pipe or a log
file gets the same happenings as plain lines. Nothing is shown that is not in the trace.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from scafe.agent.terminal.terminal import Terminal, say_plainly

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Caps:
    """What a run may spend at most; None where there is no cap."""

    calls: int | None = None
    tokens: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Standing:
    """Where a run stands, as its events tell it."""

    phase: str = "opening data and sandbox"
    step: str = ""
    """What is under way inside a round."""
    round: int = 0
    pooled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """criterion -> features in the pool."""
    gates: Mapping[str, int] = field(default_factory=dict)
    """Outcome of the gate -> how often."""
    revisions: int = 0
    calls: int = 0
    """Replies received; for a drafter that is no model, answers given."""
    tokens: int = 0
    queries_left: int | None = None
    last: str = ""

    @property
    def features(self) -> int:
        """How many features are in the pool."""
        return sum(len(names) for names in self.pooled.values())


PHASES = {
    "run_started": "opening data and sandbox",
    "bench_opened": "planning",
    "planned": "first drafts",
    "pool_pruned": "freezing",
    "set_frozen": "opening the seal",
    "seal_opened": "writing the report",
    "reported": "sealing the trace",
    "run_finished": "done",
}
"""What an event of a kind means for what comes next."""
STEPS = {
    "round_planned": "drafting",
    "revised": "probing on phantoms",
    "judged": "probing on phantoms",
    "scored": "scoring",
}
"""What an event of a kind says of the work inside a round."""


def advance(standing: Standing, line: Line) -> Standing:
    """Return where the run stands after one more event."""
    kind = line["kind"]
    step = "" if kind in PHASES else STEPS.get(kind, standing.step)
    now = replace(standing, phase=PHASES.get(kind, standing.phase), step=step)
    if kind == "bench_opened":
        return replace(now, queries_left=line["queries"])
    if kind == "round_planned" and line["round"] > 0:
        return replace(now, round=line["round"], phase=f"round {line['round']}")
    if kind == "replied":
        return _replied(now, line)
    if kind == "revised":
        return replace(now, revisions=now.revisions + 1)
    if kind == "scored":
        return _scored(now, line)
    if kind == "round_assessed":
        return replace(now, phase="pruning", step="") if line["next"] == "prune" else now
    if kind == "pool_pruned":
        return replace(now, pooled=_kept(now, line))
    return now


def in_words(line: Line) -> str | None:
    """Say one event as a line for a person; None for what is only bookkeeping."""
    return _SAYINGS[line["kind"]](line) if line["kind"] in _SAYINGS else None


class Progress:
    """Shows a run; use as a context manager and hand `tell` to the run as its listener."""

    def __init__(
        self, terminal: Terminal, caps: Caps | None = None, standing: Standing | None = None
    ) -> None:
        self.standing = standing or Standing()
        self._terminal = terminal
        self._caps = caps or Caps()
        self._began = time.monotonic()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Start the panel, if stderr is a terminal."""
        if not self._terminal.is_quiet and sys.stderr.isatty():
            from rich.live import Live

            self._live = Live(
                get_renderable=self._panel,
                console=self._terminal.aside(),
                refresh_per_second=4,
                transient=True,
            )
            self._live.start()
        return self

    @contextmanager
    def away(self) -> Iterator[None]:
        """Take the panel down while a person is asked."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()
        try:
            yield
        finally:
            if live is not None:
                live.start()
                self._live = live

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the panel down; what happened stays above."""
        if self._live is not None:
            self._live.stop()

    def tell(self, line: Line) -> None:
        """Take note of one event."""
        self.standing = advance(self.standing, line)
        words = in_words(line)
        if words is None:
            return
        if self._live is not None:
            say_plainly(self._live.console, words)
        else:
            self._terminal.say(words)

    def _panel(self) -> "RenderableType":
        from rich.console import Group
        from rich.rule import Rule
        from rich.table import Table

        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim")
        grid.add_column()
        for name, value in panel_rows(self.standing, self._caps, time.monotonic() - self._began):
            grid.add_row(name, value)
        return Group(Rule(style="dim"), grid)


def panel_rows(standing: Standing, caps: Caps, seconds: float) -> list[tuple[str, str]]:
    """Return the panel's rows: name and words."""
    criteria = len([names for names in standing.pooled.values() if names])
    gates = " · ".join(f"{count} {gate}" for gate, count in sorted(standing.gates.items())) or "none yet"
    phase = f"{standing.phase}: {standing.step}" if standing.step else standing.phase
    return [
        ("phase", f"{phase}  ({_clock(seconds)}{_of(caps.seconds, _clock)})"),
        ("features", f"{standing.features} accepted, from {_plural(criteria, 'criterion', 'criteria')}"),
        ("scored", gates),
        ("budget", _budget(standing, caps)),
    ]


def _budget(standing: Standing, caps: Caps) -> str:
    parts = [f"{standing.calls}{_of(caps.calls, str)} calls"]
    if standing.tokens or caps.tokens:
        parts.append(f"{standing.tokens}{_of(caps.tokens, str)} tokens")
    if standing.queries_left is not None:
        parts.append(f"{standing.queries_left} label queries left")
    return " · ".join(parts)


def _of(cap: Any, words: Any) -> str:
    return "" if cap is None else f" of {words(cap)}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _replied(standing: Standing, line: Line) -> Standing:
    return replace(
        standing, calls=standing.calls + 1, tokens=standing.tokens + sum(line.get("usage", {}).values())
    )


def _scored(standing: Standing, line: Line) -> Standing:
    gate = line["card"]["gate"]
    gates = {**standing.gates, gate: standing.gates.get(gate, 0) + 1}
    before = standing.pooled.get(line["criterion"], ())
    pooled = {**standing.pooled, line["criterion"]: tuple(dict.fromkeys((*before, *line["pooled"])))}
    return replace(standing, gates=gates, pooled=pooled, queries_left=line["card"]["queries_left"])


def _kept(standing: Standing, line: Line) -> dict[str, tuple[str, ...]]:
    kept = {name for _, name in line["kept"]}
    return {
        criterion: tuple(name for name in names if name in kept)
        for criterion, names in standing.pooled.items()
    }


def _plural(count: int, noun: str, nouns: str = "") -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {nouns or noun + 's'}"


def _say_bench(line: Line) -> str:
    seal = "with a sealed part" if line["sealed"] else "too small to seal"
    queries = f", {line['queries']} label queries" if line["mode"] == "gated" else ""
    tier = line["host"].get("tier", "?")
    return (
        f"data: {' against '.join(line['classes'])}, {line['patients_band']} dev patients, {seal}; "
        f"{line['mode']} feedback{queries}; sandbox tier {tier}"
    )


GATE_WORDS = {
    "accepted": "the set gained",
    "rejected": "the set did not gain; pruning decides",
    "indecisive": "no gain told yet; pruning decides",
    "blind": "blind",
}
"""What the gate's word means for what is pooled: only pruning takes a feature out again."""


def _say_scored(line: Line) -> str:
    pooled = f"pooled {', '.join(line['pooled'])}" if line["pooled"] else "nothing pooled"
    return f"{line['criterion']} r{line['number']:03d}: {pooled}; {GATE_WORDS[line['card']['gate']]}"


def _say_assessed(line: Line) -> str:
    return (
        f"round {line['round']} ended: {_plural(line['gained'], 'feature')} gained; "
        f"{line['accepted']} accepted, {line['rejected']} rejected, {line['indecisive']} indecisive; "
        f"{line['why']}"
    )


def _say_judged(line: Line) -> str:
    if line["accepted"]:
        passed = _plural(len(line["accepted"]), "feature")
        return f"{line['criterion']} r{line['number']:03d}: {passed} past the probes"
    reasons = sorted({code for code, severity, _ in line["findings"] if severity == "reject"})
    why = ", ".join(reasons) or "none passed"
    return f"{line['criterion']} r{line['number']:03d}: turned away by probes ({why})"


def _say_pruned(line: Line) -> str:
    kept, dropped = len(line["kept"]), [name for _, name in line["dropped"]]
    if not dropped:
        return f"pruned: all {kept} kept"
    return f"pruned: {kept} kept; better without {', '.join(dropped)} on folds that the search never used"


def _say_opened(line: Line) -> str:
    part = "sealed part" if line["sealed"] else "one honest cross-validation, nothing sealed"
    if line["auc"] is None:
        return f"{part}: no AUC"
    return f"{part}: AUC {interval(line['auc'], line['low'], line['high'])}"


def interval(value: float, low: float | None, high: float | None) -> str:
    """Say a value with its 95 % interval."""
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} (95 % {low:.3f} to {high:.3f})"


_SAYINGS: dict[str, Callable[[Line], str | None]] = {
    "bench_opened": _say_bench,
    "planned": lambda line: (
        f"plan: {_plural(sum(map(len, line['ideas'].values())), 'idea')} "
        f"for {_plural(len(line['ideas']), 'criterion', 'criteria')}"
    ),
    "discarded": lambda line: f"{line['criterion'] or 'plan'}: reply discarded, {line['reason']}",
    "judged": _say_judged,
    "scored": _say_scored,
    "round_assessed": _say_assessed,
    "cap_reached": lambda line: f"cap reached: {line['why']}",
    "pool_pruned": _say_pruned,
    "approval": lambda line: f"{line['gate']}: {line['decision']} by {line['name']}",
    "set_frozen": lambda line: (
        f"frozen: {_plural(line['features'], 'feature')} from {', '.join(line['criteria'])}"
    ),
    "seal_opened": _say_opened,
    "resumed": lambda line: f"resumed after {_plural(line['cursor'], 'event')}",
    "torn_line": lambda line: "the last event was cut off by a kill and is set aside",
}


def caps_of(config: Mapping[str, Any]) -> Caps:
    """Return the caps that a run's configuration states."""
    return Caps(config.get("max_calls"), config.get("max_tokens"), config.get("max_seconds"))
