"""What happened in a run, reduced from its events to what the pages list: revisions, calls, decisions.

Holds no code, no prompt and no verdict: those lie in files, and a page reads the one it shows.
"""

from dataclasses import dataclass, field

from scafe.agent.record.events import (
    AnyEvent,
    Approval,
    BenchOpened,
    CapReached,
    Declined,
    Discarded,
    Escalated,
    Judged,
    LocatorChosen,
    Planned,
    PoolPruned,
    Replied,
    Reported,
    Revised,
    RoundAssessed,
    RoundPlanned,
    RunFinished,
    RunStarted,
    Scored,
    SealOpened,
    SetFrozen,
    Simplified,
    TurnedAway,
)


@dataclass
class Call:
    """One answer of a drafter."""

    number: int
    """From 1, in the order of the trace."""
    ts: str
    round: int
    operator: str
    criterion: str
    brief: str
    """SHA-256."""
    reply: str
    """SHA-256."""
    steps: tuple[str, ...]
    complaint: str
    usage: dict[str, int]
    """Tokens, where the endpoint told them."""
    revision: str = ""
    """What was made of it."""
    discarded: str = ""
    """Why nothing was."""
    declined: str | None = None
    """The reason of a drafter that could not better what it was given; None: it did not decline."""


@dataclass
class Cell:
    """One revision, as the table of a run shows it."""

    criterion: str
    number: int
    sha256: str
    operator: str
    parents: tuple[str, ...]
    round: int
    ts: str
    call: Call | None
    predicted: dict[str, str]
    accepted: tuple[str, ...] = ()
    """Features that passed their probes."""
    findings: tuple[tuple[str, str, str], ...] = ()
    """(code, severity, feature)."""
    judged: bool = False
    gate: str = ""
    pooled: tuple[str, ...] = ()
    turned_away: list[str] = field(default_factory=list)
    replaced_by: str = ""
    """SHA-256 of the shorter revision that took its place."""
    selected: tuple[str, ...] = ()
    """Features of the frozen set."""

    @property
    def name(self) -> str:
        """E.g. border/r003."""
        return f"{self.criterion}/r{self.number:03d}"

    @property
    def standing(self) -> str:
        """One word: where the revision ended up."""
        if self.selected:
            return "selected"
        if self.replaced_by:
            return "replaced"
        if self.pooled:
            return "accepted"
        if not self.judged:
            return "drafted"
        return "rejected" if not self.accepted or self.gate or self.turned_away else "judged"

    @property
    def reason(self) -> str:
        """Why it was rejected, in a few words; '' if it was not."""
        if self.standing != "rejected":
            return ""
        if not self.accepted:
            codes = dict.fromkeys(code for code, severity, _ in self.findings if severity == "reject")
            return ", ".join(codes) or "no feature passed its probes"
        told = list(dict.fromkeys(self.turned_away))
        return "; ".join([f"gate: {self.gate}", *told] if self.gate and self.gate != "accepted" else told)


@dataclass
class Round:
    """One round of the loop; what is planned in several waves stands in one."""

    number: int
    ts: str
    planned: int = 0
    assessed: RoundAssessed | None = None


@dataclass
class Told:
    """Events that come once, or whose last one counts."""

    started: RunStarted | None = None
    bench: BenchOpened | None = None
    planned: Planned | None = None
    frozen: SetFrozen | None = None
    opened: SealOpened | None = None
    reported: Reported | None = None
    finished: RunFinished | None = None
    pruned: PoolPruned | None = None
    capped: CapReached | None = None


@dataclass
class Decided:
    """One decision at a gate, with the number of its event."""

    n: int
    ts: str
    event: Approval


@dataclass
class PassedOn:
    """One decision that was passed on, with the number of its event."""

    n: int
    ts: str
    event: Escalated


@dataclass
class Happened:
    """Everything that the pages list of one run."""

    told: Told = field(default_factory=Told)
    calls: list[Call] = field(default_factory=list)
    cells: dict[str, Cell] = field(default_factory=dict)
    """By name."""
    of_sha256: dict[str, Cell] = field(default_factory=dict)
    rounds: dict[int, Round] = field(default_factory=dict)
    decided: list[Decided] = field(default_factory=list)
    escalated: list[PassedOn] = field(default_factory=list)
    first: str = ""
    """Time of the first event."""
    last: str = ""
    """Time of the last event."""

    def take(self, n: int, ts: str, event: AnyEvent) -> None:
        """Take one more event in."""
        self.first, self.last = self.first or ts, ts
        if isinstance(event, Replied):
            self._replied(ts, event)
        elif isinstance(event, Revised):
            self._revised(ts, event)
        elif isinstance(event, Discarded) and self.calls:
            self.calls[-1].discarded = event.reason
        elif isinstance(event, Declined) and self.calls:
            self.calls[-1].declined = event.reason
        elif isinstance(event, (RoundPlanned, RoundAssessed)):
            self._round(ts, event)
        elif isinstance(event, Approval):
            self.decided.append(Decided(n, ts, event))
        elif isinstance(event, Escalated):
            self.escalated.append(PassedOn(n, ts, event))
        elif isinstance(event, (Judged, TurnedAway, Scored, Simplified)):
            self._judged(event)
        elif isinstance(event, LocatorChosen):
            self._chosen(event)
        else:
            self._once(event)

    def children(self, sha256: str) -> list[Cell]:
        """Return the revisions that were made from one."""
        return [cell for cell in list(self.cells.values()) if sha256 in cell.parents]

    def criteria(self) -> list[str]:
        """Return the criteria in the order of the plan, then of their first revision."""
        planned = self.told.planned.ideas if self.told.planned else {}
        return list(dict.fromkeys([*planned, *(cell.criterion for cell in list(self.cells.values()))]))

    def _replied(self, ts: str, event: Replied) -> None:
        self.calls.append(
            Call(
                number=len(self.calls) + 1,
                ts=ts,
                round=event.round,
                operator=event.operator,
                criterion=event.criterion or "",
                brief=event.brief,
                reply=event.reply,
                steps=event.steps,
                complaint=event.complaint,
                usage=event.usage,
            )
        )

    def _revised(self, ts: str, event: Revised) -> None:
        call = self.calls[-1] if self.calls else None
        cell = Cell(
            criterion=event.criterion,
            number=event.number,
            sha256=event.sha256,
            operator=event.operator,
            parents=event.parents,
            round=call.round if call else 0,
            ts=ts,
            call=call,
            predicted=event.predicted,
        )
        if call is not None:
            call.revision = cell.name
        self.cells[cell.name] = self.of_sha256[cell.sha256] = cell

    def _round(self, ts: str, event: RoundPlanned | RoundAssessed) -> None:
        found = self.rounds.setdefault(event.round, Round(event.round, ts))
        if isinstance(event, RoundPlanned):
            found.planned += len(event.operators)
        else:
            found.assessed = event

    def _judged(self, event: Judged | TurnedAway | Scored | Simplified) -> None:
        if isinstance(event, Simplified):
            parent, child = self.of_sha256.get(event.parent), self.of_sha256.get(event.child)
            if parent and child:
                parent.replaced_by, child.pooled = event.child, event.features
            return
        sha256 = event.card.extractor if isinstance(event, Scored) else event.sha256
        cell = self.of_sha256.get(sha256)
        if cell is None:
            return
        if isinstance(event, Judged):
            cell.judged, cell.accepted, cell.findings = True, event.accepted, event.findings
        elif isinstance(event, TurnedAway):
            cell.turned_away.append(event.reason)
        else:
            cell.gate, cell.pooled = event.card.gate, event.pooled

    def _chosen(self, event: LocatorChosen) -> None:
        cell = self.cells.get(event.revision)
        if cell is not None:
            cell.selected = (event.locator.region,)

    def _once(self, event: AnyEvent) -> None:
        for name, kind in _ONCE.items():
            if isinstance(event, kind):
                setattr(self.told, name, event)
        if isinstance(event, SetFrozen):
            self._select()

    def _select(self) -> None:
        """Mark what was frozen: what pruning kept, or the pool, without what a person struck out."""
        struck = {name for one in self.decided if one.event.gate == "freeze" for name in one.event.drop}
        for sha256, name in self.proposed():
            cell = self.of_sha256.get(sha256)
            if cell is not None and name not in struck:
                cell.selected = (*cell.selected, name)

    def proposed(self) -> list[tuple[str, str]]:
        """Return (extractor, feature) of what is proposed to be frozen: what pruning kept, else the pool."""
        if self.told.pruned:
            return list(self.told.pruned.kept)
        cells = [cell for cell in list(self.cells.values()) if not cell.replaced_by]
        return [(cell.sha256, name) for cell in cells for name in cell.pooled]


_ONCE = {
    "started": RunStarted,
    "bench": BenchOpened,
    "planned": Planned,
    "frozen": SetFrozen,
    "opened": SealOpened,
    "reported": Reported,
    "finished": RunFinished,
    "pruned": PoolPruned,
    "capped": CapReached,
}
