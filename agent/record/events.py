"""What can happen in a run, as typed records: the vocabulary of `events.jsonl`.

An event says what was decided and by which hash the evidence is found (briefs, replies, revisions are
files beside the trace). No event can hold a pixel, a path of a dataset or a per-image value.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from scafe.agent.brief.brief import LocatorOperator, Operator
from scafe.agent.record.sitting_events import Escalated as Escalated
from scafe.agent.record.sitting_events import Event as Event
from scafe.agent.record.sitting_events import Noticed as Noticed
from scafe.agent.record.sitting_events import Paused as Paused
from scafe.agent.record.sitting_events import Resumed as Resumed
from scafe.agent.record.sitting_events import TornLine as TornLine
from scafe.evals.disclosure.bench import Opened
from scafe.evals.disclosure.score_card import LocatorCard, ScoreCard

VOLATILE = frozenset({"n", "ts", "prev", "seconds", "at", "host"})
"""Fields that two equal runs may differ in: numbering, clock, chain, durations, machine."""

Format = Literal[1, 2, 3, 4, 5]
"""What a run keeps to from its begin to its end. 1: a feature got a number where its name was taken · 2:
names are kept as drafted · 3: a drafter may decline, and what is asked next follows what the gate said ·
4: a round goes to several criteria, and a new draft gets an idea of the plan that was not tried ·
5: a brief tells of every criterion that is in the set, and of no draft that a repair has mended;
rounds go on while the gate accepts something, and then hold no call back."""
NEWEST: Format = 5


class RunStarted(Event):
    """A run was asked for."""

    kind: Literal["run_started"] = "run_started"
    format: Format = Field(
        default=NEWEST,
        description="what the run keeps to; see `Format`",
    )
    pack: str
    pack_version: str
    pack_sha256: str
    drafter: str = Field(description="builtin, manual, replay or the model's name")
    seed: int
    max_calls: int
    search: str = Field(default="loop", description="loop, best_of_n or one_shot")
    feedback: str
    approve: str


class LocatorNote(BaseModel):
    """The locator that fills masks, and how many it had to, in bands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str
    sha256: str = Field(description="of the locator's source")
    chosen: str = Field(description="reference, draft (of this run) or own (a person's file)")
    given: str = Field(description="whether any mask was given: none or some")
    found: str = Field(description="share of the others in which it found something: 0-20%, 20-80%, 80-100%")


class BenchOpened(Event):
    """The bench told what may be known of the data."""

    kind: Literal["bench_opened"] = "bench_opened"
    classes: tuple[str, ...]
    mode: str
    queries: int
    sealed: bool
    patients_band: str
    data_sha256: str
    scorer_sha256: str
    toolkit_sha256: str = Field(
        default="", exclude_if=lambda value: not value, description="over the toolkit; none in older runs"
    )
    host: dict[str, str] = Field(description="sandbox tier and layers of this machine")
    locator: LocatorNote | None = Field(
        default=None, exclude_if=lambda value: value is None, description="what fills masks, if anything does"
    )
    companion: dict[str, str] | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="what is fused with the criteria features after the freeze: kind, place, hashes, name",
    )
    to_locate: str = Field(
        default="", exclude_if=lambda value: not value, description="region whose locator is drafted first"
    )
    outlined: bool = Field(
        default=False,
        exclude_if=lambda value: not value,
        description="whether masks of some images are given",
    )
    experts: tuple[str, ...] = Field(
        default=(), exclude_if=lambda value: not value, description="criteria that experts scored"
    )
    experts_sha256: str = Field(
        default="", exclude_if=lambda value: not value, description="hash over the experts' scores"
    )


class Planned(Event):
    """The plan over all criteria: what each draft is asked to try."""

    kind: Literal["planned"] = "planned"
    ideas: dict[str, tuple[str, ...]]
    readable: bool = Field(description="false: the reply held no plan, every draft starts without an idea")
    reply: str


class RoundPlanned(Event):
    """One batch of requests was decided, with the draws that decided it."""

    kind: Literal["round_planned"] = "round_planned"
    round: int = Field(description="0: the wide, blind wave")
    operators: tuple[Operator, ...]
    criteria: tuple[str, ...]
    parents: tuple[tuple[str, ...], ...]
    draws: tuple[dict[str, float], ...] = Field(default=(), description="Thompson draws, one per request")
    posterior: dict[str, tuple[float, float]] = Field(
        default_factory=dict, description="Beta parameters of each operator before the draws"
    )
    rng: tuple[int, ...] = Field(default=(), description="seed sequence of the draws")


class Replied(Event):
    """A drafter answered a brief; the ladder read the answer, or says why it could not."""

    kind: Literal["replied"] = "replied"
    round: int
    task: int
    attempt: int = Field(description="0: the answer; 1: after one request to mend its form")
    operator: Operator | LocatorOperator
    criterion: str | None
    brief: str = Field(description="SHA-256 of the brief, which is a file of the run")
    reply: str = Field(description="SHA-256 of the reply, which is a file of the run")
    steps: tuple[str, ...] = Field(description="what the ladder had to mend")
    complaint: str = Field(description="why nothing could be read; '' if it was, or the drafter declined")
    usage: dict[str, int] = Field(default_factory=dict, description="tokens, where the endpoint tells them")


class Discarded(Event):
    """No extractor could be read from a reply, or it is one that the run already has."""

    kind: Literal["discarded"] = "discarded"
    round: int
    task: int
    criterion: str | None
    reason: str


class Declined(Event):
    """A drafter answered that it cannot better what it was given; nothing more is asked of it about that."""

    kind: Literal["declined"] = "declined"
    round: int
    task: int
    operator: Operator
    criterion: str
    parents: tuple[str, ...] = Field(description="SHA-256 of what was to be bettered")
    reason: str = Field(description="in the drafter's words; '' if it gave none")


class Revised(Event):
    """A revision was written."""

    kind: Literal["revised"] = "revised"
    criterion: str
    number: int
    sha256: str
    operator: Operator | LocatorOperator
    parents: tuple[str, ...]
    predicted: dict[str, str] = Field(description="feature -> direction, stated before any score")
    renamed: dict[str, str] = Field(
        default_factory=dict, description="feature as drafted -> name given because the first was taken"
    )


class Judged(Event):
    """The probes judged a revision on phantoms."""

    kind: Literal["judged"] = "judged"
    criterion: str
    number: int
    sha256: str
    accepted: tuple[str, ...]
    findings: tuple[tuple[str, str, str], ...] = Field(description="(code, severity, feature or '')")


class Located(Event):
    """The bench told in bands what a locator does on images of patients; no label was looked at."""

    kind: Literal["located"] = "located"
    number: int
    card: LocatorCard


class LocatorChosen(Event):
    """The locator of the run is fixed: it fills masks that are not given in all that follows."""

    kind: Literal["locator_chosen"] = "locator_chosen"
    revision: str = Field(description="e.g. locator/r002; '' for the one that ships")
    why: str
    compared: int = Field(description="locators that passed the probes, the one that ships among them")
    locator: LocatorNote


class TurnedAway(Event):
    """A feature or revision did not go on to scoring; no query was spent on it."""

    kind: Literal["turned_away"] = "turned_away"
    sha256: str
    features: tuple[str, ...]
    reason: str


class Scored(Event):
    """The bench disclosed a score card."""

    kind: Literal["scored"] = "scored"
    criterion: str
    number: int
    card: ScoreCard
    pooled: tuple[str, ...]


class Simplified(Event):
    """A shorter revision took the place of its parent: the same values, so no query was spent."""

    kind: Literal["simplified"] = "simplified"
    parent: str
    child: str
    features: tuple[str, ...]


class RoundAssessed(Event):
    """What a round brought, and what follows from it."""

    kind: Literal["round_assessed"] = "round_assessed"
    round: int
    gained: int = Field(description="features that entered the pool")
    accepted: int
    rejected: int
    indecisive: int
    plateau: Literal["ok", "warn", "change", "stop"]
    next: Literal["round", "prune"]
    why: str
    calls: int = Field(description="calls made so far")
    queries_left: int


class CapReached(Event):
    """A cap on money, tokens, time or calls ended the search; what is pooled goes on to freeze."""

    kind: Literal["cap_reached"] = "cap_reached"
    why: str


class PoolPruned(Event):
    """Leave-one-out on fresh folds."""

    kind: Literal["pool_pruned"] = "pool_pruned"
    kept: tuple[tuple[str, str], ...] = Field(description="(extractor, feature)")
    dropped: tuple[tuple[str, str], ...]


class Approval(Event):
    """A person, or the run's policy, decided at a gate."""

    kind: Literal["approval"] = "approval"
    gate: Literal["plan", "freeze", "seal"]
    decision: Literal["approve", "modify", "reject"]
    name: str
    meaning: str = Field(description="what the decision stands for: review, approval, responsibility")
    drop: tuple[str, ...] = Field(default=(), description="criteria or features struck out (modify)")
    at: str = Field(description="UTC time of the decision")


class SetFrozen(Event):
    """The feature set is fixed."""

    kind: Literal["set_frozen"] = "set_frozen"
    bundle: str = Field(description="path inside the run folder")
    sha256: str
    features: int
    criteria: tuple[str, ...]


class SealOpened(Event, Opened):
    """The held-out test set was scored, once; what the bench told of it."""

    kind: Literal["seal_opened"] = "seal_opened"


class Reported(Event):
    """The report was written."""

    kind: Literal["reported"] = "reported"
    files: dict[str, str] = Field(description="kind -> path inside the run folder")


class RunFinished(Event):
    """The end; the trace is sealed after it."""

    kind: Literal["run_finished"] = "run_finished"
    status: Literal["frozen", "no_acceptable_set"]
    why: str
    calls: int


AnyEvent = Annotated[
    RunStarted
    | BenchOpened
    | Planned
    | RoundPlanned
    | Replied
    | Discarded
    | Declined
    | Revised
    | Judged
    | Located
    | LocatorChosen
    | TurnedAway
    | Scored
    | Simplified
    | RoundAssessed
    | CapReached
    | PoolPruned
    | Approval
    | SetFrozen
    | SealOpened
    | Reported
    | RunFinished
    | Resumed
    | TornLine
    | Paused
    | Escalated
    | Noticed,
    Field(discriminator="kind"),
]
READER: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)
OUTSIDE_BODY = frozenset({"resumed", "torn_line", "paused", "escalated", "noticed"})


def read_event(line: dict[str, JsonValue]) -> AnyEvent:
    """Validate one parsed line of a trace; numbering, clock and chain are dropped."""
    return READER.validate_python({key: line[key] for key in line if key not in ("n", "ts", "prev")})
