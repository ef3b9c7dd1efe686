"""What a checkpoint holds, and what a node needs that a checkpoint must not hold.

The state is JSON-like: hashes, names, counters. Sources, replies, verdicts and score cards are files of
the run; images, clients and keys are nowhere near it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, TypedDict

from scafe.agent.brief.brief import Operator
from scafe.agent.drafters.drafter import Drafter
from scafe.agent.record.events import NEWEST, Format
from scafe.agent.record.run_folder import RunFolder
from scafe.agent.record.trace import Trace
from scafe.agent.settings.call_plan import CallPlan, Search
from scafe.evals.disclosure.bench import Bench, BenchSpec
from scafe.knowledge.criteria.pack import CriteriaPack


class Task(TypedDict):
    """One request to the drafter."""

    task: int
    operator: Operator
    origin: Operator
    """The operator that began this line; a repair keeps it."""
    criterion: str
    parents: list[str]
    idea: str
    variant: int
    repairs: int
    """How many repairs this line has had."""
    brief: str
    """SHA-256 of the brief's file; '' until it is composed."""
    may_mend: bool
    """Whether one more call may be spent on a malformed answer."""


class Attempt(TypedDict):
    """One answer of the drafter and what the ladder made of it."""

    brief: str
    reply: str
    steps: list[str]
    complaint: str
    """'' if an extractor was read, or the drafter declined."""
    usage: dict[str, int]


class Result(TypedDict):
    """What came back for one task."""

    wave: int
    task: int
    attempts: list[Attempt]
    source: bool
    """Whether the last attempt holds an extractor."""
    stopped: str
    """'', 'waiting' or 'capped': why the line stopped short."""
    why: str
    declined: NotRequired[bool]
    """Whether the drafter said that it cannot better what it was given; `why` is its reason."""


class Line(TypedDict):
    """A revision as the state knows it; everything else is in its file."""

    name: str
    """e.g. border/r003."""
    criterion: str
    origin: Operator
    parents: list[str]
    features: list[str]
    accepted: list[str]
    """Features that may be scored."""
    pooled: list[str]
    repairs: int
    round: int
    scored: bool
    variant: int
    idea: str


class LocatorLine(TypedDict):
    """One locator that was asked for; what is known of it beyond this is in its revision's files."""

    task: int
    variant: int
    sha256: str
    """'' if none could be read."""
    number: int
    parent: str
    reply: str
    """SHA-256 of the reply; '' if a cap came first."""
    complaint: str
    """Why none could be read; '' if one was."""
    passed: bool
    """Whether the probes let it through."""


class Request(TypedDict):
    """What was asked, as far as two requests for the same thing share it."""

    origin: Operator
    criterion: str
    parents: list[str]


class RoundResult(TypedDict):
    """What one round brought."""

    round: int
    gained: int
    operators: list[Operator]
    accepted: NotRequired[int]
    """Extractors that the gate accepted; where no label is looked at, those that entered the pool."""


def latest_wave(before: list[Result], new: list[Result]) -> list[Result]:
    """Join the answers of parallel branches; a new wave replaces the one before."""
    joined = [*before, *new]
    top = max((one["wave"] for one in joined), default=0)
    return sorted((one for one in joined if one["wave"] == top), key=lambda one: one["task"])


class LoopState(TypedDict):
    """The state of a run between two nodes."""

    cursor: int
    """Events in the trace when the next node begins."""
    calls: int
    queries_left: int
    mode: str
    classes: list[str]
    ideas: dict[str, list[str]]
    """criterion -> what the plan says its drafts should try."""
    struck_out: list[str]
    """Criteria that a person took out of the plan."""
    round: int
    wave: int
    asked: list[Operator]
    """Operators that the round began with, repairs aside."""
    region: str
    """The region whose locator is drafted before the plan; '' if none is."""
    locators: list[LocatorLine]
    locator: dict[str, str]
    """What was chosen and why, for the report; empty if nothing was."""
    tasks: list[Task]
    draws: list[dict[str, float]]
    """What decided the tasks: the draws of the bandit, its beliefs and its seed sequence."""
    beliefs: dict[str, list[float]]
    rng: list[int]
    results: Annotated[list[Result], latest_wave]
    pending: list[str]
    """Revisions (SHA-256) that the probes have not judged yet."""
    ready: list[str]
    """Judged revisions that wait for their score."""
    lines: dict[str, Line]
    repeated: list[Request]
    """Requests answered with a source the run has, or declined: asked again, they would be again."""
    declined: list[Request]
    """Those of them that were declined."""
    pool: list[list[str]]
    """(extractor, feature), in the order they entered."""
    repairs: int
    """Repair calls made so far."""
    wins: dict[str, int]
    """operator -> requests that brought something."""
    tries: dict[str, int]
    history: list[RoundResult]
    capped: str
    """Why the search was ended by a cap; '' if it was not."""
    bundle: str
    bundle_sha256: str
    keep_sealed: bool
    """Whether a person left the held-out test set closed."""
    outcome: str
    why: str


class Branch(TypedDict):
    """What one parallel branch is given."""

    wave: int
    task: Task


Update = dict[str, Any]
"""What a node returns: the keys of `LoopState` that change."""


@dataclass(frozen=True)
class LoopContext:
    """What a node works with; given anew to every invocation, never stored."""

    pack: CriteriaPack
    pack_sha256: str
    drafter: Drafter
    bench: Bench
    spec: BenchSpec
    run: RunFolder
    trace: Trace
    plan: Callable[[int, str], CallPlan]
    """(queries, mode) -> how the calls are spread."""
    search: Search
    max_calls: int
    approve: str
    """never, ask or auto."""
    seed: int
    max_evaluations: int | None = None
    patience: int = 1
    """Adaptive rounds without anything that the gate accepts, after which no more is asked."""
    format: Format = NEWEST
    """What the run keeps to; a run that was begun by an older version goes on as it began."""

    @property
    def numbers_names(self) -> bool:
        """Whether a feature gets a number where an older one has its name."""
        return self.format == 1

    @property
    def may_decline(self) -> bool:
        """Whether a drafter may say that it cannot better what it is given."""
        return self.format >= 3

    @property
    def goes_by_merit(self) -> bool:
        """Whether the gate's answers order what is shown and what is asked."""
        return self.format >= 3

    @property
    def spreads(self) -> bool:
        """Whether a round goes to several criteria, and no idea of the plan is handed out twice."""
        return self.format >= 4

    @property
    def tells_ends(self) -> bool:
        """Whether a brief tells of every criterion in the set, and of a mended draft only what mended it."""
        return self.format >= 5

    @property
    def earns_calls(self) -> bool:
        """Whether rounds go on only while the gate accepts something, and then leave no call unspent."""
        return self.format >= 5 and self.search == "loop"

    def evaluations_left(self, lines: Mapping[str, Line]) -> int:
        """Return how many extractors may still be asked for; those that wait to be run have their place.

        Asked for before a call, so that no paid draft is dropped. A call brings one extractor at most.
        """
        if self.max_evaluations is None:
            return self.max_calls
        return max(self.max_evaluations - len(lines), 0)


def first_state() -> LoopState:
    """Return the state of a run in which nothing has happened."""
    return LoopState(
        cursor=0,
        calls=0,
        queries_left=0,
        mode="blind",
        classes=[],
        ideas={},
        struck_out=[],
        round=0,
        wave=0,
        asked=[],
        region="",
        locators=[],
        locator={},
        tasks=[],
        draws=[],
        beliefs={},
        rng=[],
        results=[],
        pending=[],
        ready=[],
        lines={},
        repeated=[],
        declined=[],
        pool=[],
        repairs=0,
        wins={},
        tries={},
        history=[],
        capped="",
        bundle="",
        bundle_sha256="",
        keep_sealed=False,
        outcome="",
        why="",
    )
