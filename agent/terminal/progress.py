"""How a run looks while it goes: events reduced to a standing, shown live or as plain lines on stderr.

A terminal gets a small panel that is redrawn, with what happened scrolling above it; a pipe or a log
file gets the same happenings as plain lines. Nothing is shown that is not in the trace, but for the
percents that the process with the images tells.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from scafe.agent.terminal.sayings import EXPLAINED, GATE_WORDS, Line, in_words, plural
from scafe.agent.terminal.terminal import Terminal, say_plainly
from scafe.evals.disclosure.bench import FeatureRef, column_names
from scafe.knowledge.contract.inert import inert
from scafe.knowledge.contract.percent import hearing

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live


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
    pool: tuple[FeatureRef, ...] = ()
    """Features in the pool, in the order they entered."""
    revised: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of an extractor -> its revision, e.g. border/r003."""
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
        return len(self.pool)

    @property
    def columns(self) -> dict[tuple[str, str], str]:
        """(extractor, feature) -> name of its column in the pool."""
        return {ref.key: name for ref, name in zip(self.pool, column_names(self.pool), strict=True)}

    @property
    def pooled(self) -> dict[str, tuple[str, ...]]:
        """Criterion -> names of its columns in the pool."""
        found: dict[str, tuple[str, ...]] = {}
        for ref, name in zip(self.pool, column_names(self.pool), strict=True):
            criterion = ref.revision.partition("/")[0]
            found[criterion] = (*found.get(criterion, ()), name)
        return found


PHASES = {
    "run_started": "opening data and sandbox",
    "bench_opened": "planning",
    "locator_chosen": "planning",
    "planned": "first drafts",
    "pool_pruned": "freezing",
    "set_frozen": "scoring the held-out test set",
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
        return _revised(now, line)
    if kind == "scored":
        return _scored(now, line)
    if kind == "round_assessed":
        return replace(now, phase="pruning", step="") if line["next"] == "prune" else now
    if kind == "pool_pruned":
        kept = {tuple(one) for one in line["kept"]}
        return replace(now, pool=tuple(ref for ref in now.pool if ref.key in kept))
    return _simplified(now, line) if kind == "simplified" else now


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
        self._percent = 100
        """Of the images that are read or measured; 100: none are."""
        self._ears = ExitStack()

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
            self._ears.enter_context(hearing(self._hear))
        return self

    def _hear(self, percent: int) -> None:
        self._percent = percent

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
        self._ears.close()
        if self._live is not None:
            self._live.stop()

    def tell(self, line: Line) -> None:
        """Take note of one event."""
        words = in_words(line, self.standing.columns)
        self.standing = advance(self.standing, line)
        if words is None:
            return
        for said in (inert(words), *EXPLAINED.get(line["kind"], ())):
            if self._live is not None:
                say_plainly(self._live.console, said)
            else:
                self._terminal.say(said)

    def _panel(self) -> "RenderableType":
        from rich.console import Group
        from rich.rule import Rule
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim")
        grid.add_column()
        seconds = time.monotonic() - self._began
        for name, value in panel_rows(self.standing, self._caps, seconds, self._percent):
            grid.add_row(name, Text(inert(value)))
        return Group(Rule(style="dim"), grid)


def panel_rows(standing: Standing, caps: Caps, seconds: float, percent: int = 100) -> list[tuple[str, str]]:
    """Return the panel's rows: name and words; `percent` of the images, while fewer than all are done."""
    criteria = len([names for names in standing.pooled.values() if names])
    gates = " · ".join(f"{GATE_WORDS[gate]}: {n}" for gate, n in sorted(standing.gates.items())) or "none yet"
    phase = f"{standing.phase}: {standing.step}" if standing.step else standing.phase
    phase += f", {percent} % of the images" if percent < 100 else ""
    return [
        ("phase", f"{phase}  ({_clock(seconds)}{_of(caps.seconds, _clock)})"),
        ("features", f"{standing.features} added, from {plural(criteria, 'criterion', 'criteria')}"),
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
    sha256, revision = line["card"]["extractor"], _name(line)
    added = (FeatureRef(extractor=sha256, name=name, revision=revision) for name in line["pooled"])
    pool = tuple(dict.fromkeys((*standing.pool, *added)))
    return replace(standing, gates=gates, pool=pool, queries_left=line["card"]["queries_left"])


def _revised(standing: Standing, line: Line) -> Standing:
    revised = {**standing.revised, line["sha256"]: _name(line)}
    return replace(standing, revisions=standing.revisions + 1, revised=revised)


def _simplified(standing: Standing, line: Line) -> Standing:
    """Put the shorter revision in the place of its parent."""
    child = {"extractor": line["child"], "revision": standing.revised[line["child"]]}
    return replace(
        standing,
        pool=tuple(
            ref.model_copy(update=child) if ref.extractor == line["parent"] else ref for ref in standing.pool
        ),
    )


def _name(line: Line) -> str:
    return f"{line['criterion']}/r{line['number']:03d}"


def caps_of(config: Mapping[str, Any]) -> Caps:
    """Return the caps that a run's configuration states."""
    return Caps(config.get("max_calls"), config.get("max_tokens"), config.get("max_seconds"))
