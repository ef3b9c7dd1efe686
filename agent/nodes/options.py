"""What each operator could be asked next, and how likely each request is to be picked.

What is known of an extractor decides: the strongest one that the gate accepted is refined first, before
anything is simplified; nothing that the gate rejected is simplified or doubted; what a drafter declined to
better is picked half as often for anything else. A round goes to as many criteria as it can: in a run that
was played by hand four requests of four went to the strongest, and two criteria were never bettered. Runs of
before go on as they began.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from scafe.agent.brief.brief import Operator
from scafe.agent.nodes.merit import Merit, merit_of
from scafe.agent.nodes.state import Line, LoopContext, LoopState, Request, Task
from scafe.agent.record.revisions import read_revision

PAIRED = 3
"""Extractors of one criterion that may be recombined: the best three."""
PER_DECLINE = 0.5
"""What is left of a chance after the drafter declined to better one of the parents."""


@dataclass(frozen=True)
class Option:
    """One thing an operator could be asked."""

    criterion: str
    parents: tuple[str, ...]
    weight: float
    """Relative chance of being picked."""


Options = dict[Operator, list[Option]]


def options_of(state: LoopState, context: LoopContext, chosen: list[Task]) -> Options:
    """Return what each operator could be asked, less what was asked before."""
    known = _Known(state, context)
    scored = [sha256 for sha256, line in state["lines"].items() if line["scored"]]
    revisable = [_revision(known, sha256) for sha256 in scored]
    fruitful = [_revision(known, sha256) for sha256 in scored if known.is_fruitful(sha256)]
    found: Options = {
        "refine": revisable,
        "recombine": _pairs(known),
        "redraft": _new_ideas(known),
        "counter": fruitful,
        "simplify": fruitful,
    }
    asked = {(one["operator"], one["criterion"], tuple(one["parents"])) for one in chosen}
    past = {(one["origin"], one["criterion"], tuple(one["parents"])) for one in answered(state)}
    past = {one for one in past if one[2]}  # a criterion may be drafted anew as often as one likes
    fresh: Options = {
        operator: [one for one in listed if (operator, one.criterion, one.parents) not in asked | past]
        for operator, listed in found.items()
    }
    fresh = _strongest_first(fresh, known) if context.goes_by_merit else fresh
    fresh = _elsewhere(fresh, {one["criterion"] for one in chosen}) if context.spreads else fresh
    return {operator: listed for operator, listed in fresh.items() if listed}


def answered(state: LoopState) -> list[Line | Request]:
    """Return what was answered, with an extractor that is new or not, or with a decline."""
    return [*state["lines"].values(), *state.get("repeated", [])]


class _Known:
    """What a run knows of its extractors when it chooses what to ask."""

    def __init__(self, state: LoopState, context: LoopContext) -> None:
        self.state = state
        self.context = context
        self.pooled = Counter(state["lines"][sha256]["criterion"] for sha256, _ in state["pool"])
        """Pooled features of each criterion."""
        self.declined = Counter(parent for one in state.get("declined", []) for parent in one["parents"])

    @cached_property
    def merits(self) -> dict[str, Merit]:
        """What is known of every extractor that was scored."""
        lines = {sha256: line for sha256, line in self.state["lines"].items() if line["scored"]}
        return {
            sha256: merit_of(line, read_revision(self.context.run, line["name"]).card)
            for sha256, line in lines.items()
        }

    @property
    def strongest(self) -> str | None:
        """The best extractor that the gate accepted and the pool holds; the earlier of two that are alike."""
        found = [sha256 for sha256, merit in self.merits.items() if merit.gate == "accepted" and merit.pooled]
        names = {sha256: self.state["lines"][sha256]["name"] for sha256 in found}
        best = max((self.merits[sha256] for sha256 in found), default=None)
        return min((one for one in found if self.merits[one] == best), key=names.__getitem__, default=None)

    def is_fruitful(self, sha256: str) -> bool:
        """Whether an extractor is worth simplifying or doubting."""
        is_pooled = bool(self.state["lines"][sha256]["pooled"])
        if not self.context.goes_by_merit:
            return is_pooled
        return is_pooled and self.merits[sha256].gate != "rejected"

    def chance(self, criterion: str, parents: tuple[str, ...]) -> float:
        """Relative chance of a request, by what is known of its parents, or else of its criterion."""
        if not self.context.goes_by_merit:
            return 1.0
        about = parents or [
            sha256 for sha256 in self.merits if self.state["lines"][sha256]["criterion"] == criterion
        ]
        chances = [self.merits[one].chance for one in about if one in self.merits]
        # Of two to be joined the weaker decides: what the gate rejected is no better for its company.
        best = (min if parents and self.context.spreads else max)(chances, default=1.0)
        return best * PER_DECLINE ** sum(self.declined[one] for one in parents)


def _revision(known: _Known, sha256: str) -> Option:
    """Prefer criteria that have little in the pool: breadth is what a small search can afford."""
    criterion = known.state["lines"][sha256]["criterion"]
    weight = known.chance(criterion, (sha256,)) / (1 + known.pooled[criterion])
    return Option(criterion, (sha256,), weight)


def _pairs(known: _Known) -> list[Option]:
    """Pair the extractors of one criterion that passed the probes, the fuller one first."""
    lines = known.state["lines"]
    found = []
    for criterion in sorted({line["criterion"] for line in lines.values()}):
        passed = [
            (-len(line["pooled"]), line["name"], sha256)
            for sha256, line in lines.items()
            if line["criterion"] == criterion and line["accepted"]
        ]
        best = [sha256 for _, _, sha256 in sorted(passed)[:PAIRED]]
        for pair in combinations(best, 2):
            weight = known.chance(criterion, pair) / (1 + known.pooled[criterion])
            found.append(Option(criterion, pair, weight))
    return found


def _new_ideas(known: _Known) -> list[Option]:
    """Return the criteria worth another idea: the emptier, the likelier, unless the gate said no to them."""
    state, context = known.state, known.context
    criteria = [one.id for one in context.pack.observable_criteria if one.id not in state["struck_out"]]
    thinness = 1 if context.goes_by_merit else 2
    return [Option(one, (), known.chance(one, ()) / (1 + known.pooled[one]) ** thinness) for one in criteria]


def _strongest_first(options: Options, known: _Known) -> Options:
    """Leave only the strongest to refine, and nothing to simplify, until it was refined once."""
    waiting = [one for one in options["refine"] if one.parents == (known.strongest,)]
    return {**options, "refine": waiting, "simplify": []} if waiting else options


def _elsewhere(options: Options, taken: set[str]) -> Options:
    """Leave the criteria that this round asks nothing about yet, as long as there are any."""
    others: Options = {
        operator: [one for one in listed if one.criterion not in taken]
        for operator, listed in options.items()
    }
    return others if any(others.values()) else options
