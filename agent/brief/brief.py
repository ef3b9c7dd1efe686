"""All that a drafter is ever given: a brief, built from packs, verdicts and disclosed score cards.

Privacy is a property of this type. Nothing outside it is put into words (`scafe.agent.brief.prompt`) and
nothing but such words passes `scafe.agent.egress.door`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from scafe.evals.disclosure.score_card import FeedbackMode, LocatorCard, ScoreCard
from scafe.knowledge.criteria.pack import Criterion
from scafe.sandbox.probes.regions.verdict import LocatorVerdict
from scafe.sandbox.probes.verdict import Verdict

Operator = Literal["plan", "draft", "repair", "refine", "simplify", "recombine", "counter", "redraft"]
"""plan: name measurements for all criteria · draft: first extractor of a criterion · repair: mend what a
probe found · refine: sharpen a pooled extractor · simplify: same values, less code · recombine: join the
ideas of two · counter: what confound would fake this? · redraft: another idea for the criterion."""

LocatorOperator = Literal["locate", "relocate"]
"""locate: a first locator of the pack's region · relocate: mend what was found on one."""


def _is_unset(value: object) -> bool:
    # What older runs did not know is not written: their briefs keep the bytes, and so the hash, they had.
    return not value


class Record(BaseModel):
    """Frozen, closed record."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Feedback(Record):
    """What the bench disclosed about one extractor, with the run's own noise floor."""

    card: ScoreCard
    predicted: dict[str, str] = Field(
        default_factory=dict, description="feature -> direction stated before scoring"
    )


Fate = Literal["pooled", "not_selected", "rejected", "repeated", "replaced", "waiting"]
"""Where a feature ended. rejected: by a probe · not_selected: scored, but unsteady, missing or redundant
on images · repeated: it was there already · replaced: by a shorter form · waiting: not scored."""
Said = Literal["", "accepted", "rejected", "indecisive", "blind", "silent"]
"""What the gate said of an extractor. silent: it told of directions only · '': never scored."""


class KnownFeature(Record):
    """One feature of an earlier extractor, and where it ended."""

    name: str
    meaning: str = Field(default="", description="the formula in words, as its author declared it")
    fate: Fate
    finding: str = Field(default="", description="code of the finding that rejected it")
    evidence: str = Field(default="", description="as its score card has it; '' where it told nothing")
    strength: str = Field(default="", description="as its score card has it")


class BankEntry(Record):
    """One earlier extractor in the function bank: the best with its code, the worst as error classes."""

    criterion: str
    features: tuple[str, ...]
    standing: Literal["pooled", "turned_away"]
    reasons: tuple[str, ...] = Field(default=(), description="codes of findings, or strengths")
    source: str | None = Field(default=None, description="code of the best ones only, in runs of before")
    gate: Said = Field(default="", exclude_if=_is_unset, description="what the gate said of it")
    known: tuple[KnownFeature, ...] = Field(
        default=(), exclude_if=_is_unset, description="its features one by one, in place of its code"
    )


class BudgetLeft(Record):
    """What is left to spend."""

    calls: int = Field(ge=0)
    queries: int = Field(ge=0)


class Brief(Record):
    """One request to a drafter."""

    operator: Operator
    pack_id: str
    pack_version: str
    title: str
    modality: str
    channels: tuple[str, ...]
    purpose: str
    classes: tuple[str, ...]
    mode: FeedbackMode
    criterion: Criterion | None = Field(default=None, description="the one to write for; none when planning")
    criteria: tuple[Criterion, ...] = Field(default=(), description="all observable criteria, when planning")
    unobservable: tuple[str, ...] = Field(default=(), description="ids that no extractor may claim")
    region: str = Field(
        default="", exclude_if=_is_unset, description="what the mask outlines, e.g. mass; '' in older runs"
    )
    reference_region: str = Field(default="", description="where normal tissue is measured, in words")
    forbidden_shortcuts: tuple[str, ...] = ()
    pack_note: str = ""
    idea: str = Field(default="", description="what the plan says for this draft")
    parents: tuple[str, ...] = Field(default=(), description="sources to revise or join, best first")
    verdict: Verdict | None = Field(default=None, description="findings on the first parent")
    feedback: Feedback | None = None
    bank: tuple[BankEntry, ...] = ()
    taken_names: tuple[str, ...] = Field(default=(), description="feature names already in the pool")
    budget: BudgetLeft
    variant: int = Field(default=0, ge=0, description="tells parallel drafts of one criterion apart")
    seed: int = Field(default=0, description="for drafters that draw; part of the request's identity")
    may_decline: bool = Field(
        default=False, exclude_if=_is_unset, description="whether `NO BETTER: reason` is an answer"
    )

    @property
    def subject(self) -> str:
        """What it is about, in a word: the criterion, or '' when planning."""
        return self.criterion.id if self.criterion else ""


class LocatorBrief(Record):
    """One request for a locator. It names no class: where to look must not depend on what is looked for."""

    operator: LocatorOperator
    pack_id: str
    pack_version: str
    title: str
    modality: str
    channels: tuple[str, ...]
    region: str = Field(description="as LOCATOR names it")
    outlines: str = Field(default="", description="what a mask of the region outlines, in words")
    pack_note: str = ""
    beside: tuple[str, ...] = Field(
        default=(), description="what else the phantoms turn up in the frame: nuisances, in words"
    )
    forbidden_shortcuts: tuple[str, ...] = ()
    unobservable: tuple[str, ...] = ()
    outlined: bool = Field(default=False, description="whether masks of some images are given")
    parents: tuple[str, ...] = Field(default=(), description="the source to mend")
    complaint: str = Field(default="", description="why the last answer could not be read")
    verdict: LocatorVerdict | None = Field(default=None, description="findings on phantoms")
    card: LocatorCard | None = Field(default=None, description="what the images alone say, in bands")
    budget: BudgetLeft
    variant: int = Field(default=0, ge=0, description="tells drafts apart that are written independently")
    seed: int = Field(default=0, description="for drafters that draw; part of the request's identity")

    @property
    def subject(self) -> str:
        """What it is about, in a word: the region."""
        return self.region


AnyBrief = Brief | LocatorBrief
"""What a drafter may be given."""


def read_brief(text: str) -> AnyBrief:
    """Read a brief that a run kept; ValidationError if it is none."""
    return READER.validate_json(text)


READER: TypeAdapter[AnyBrief] = TypeAdapter(Annotated[AnyBrief, Field(discriminator="operator")])
