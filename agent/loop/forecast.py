"""What a run would do and cost, before it does anything: the answer to `--dry-run`."""

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scafe.agent.brief.brief import Brief, BudgetLeft
from scafe.agent.brief.prompt import messages
from scafe.agent.egress.budget import Estimate, estimate
from scafe.agent.egress.hosts import OPENAI_URL
from scafe.agent.egress.prices import PriceTable
from scafe.agent.loop.asked import call_plan
from scafe.agent.loop.run import RunConfig
from scafe.agent.settings.call_plan import LocatorPlan, plan_locators
from scafe.evals.disclosure.bench import Bench, BenchFacts, BenchSpec
from scafe.knowledge.criteria.pack import CriteriaPack, load_pack

REPLY_TOKENS = 1500
"""A typical reply: an extractor of 60 to 100 lines with a few sentences around it."""


@dataclass(frozen=True)
class Forecast:
    """What a run would do."""

    facts: BenchFacts
    calls: dict[str, int]
    """Operator -> calls that are planned for it."""
    cost: Estimate | None
    """None for a drafter that pays nothing."""
    person: bool = False
    """Whether a person answers."""

    def document(self) -> dict[str, Any]:
        """Return it as JSON types."""
        cost = asdict(self.cost) if self.cost else None
        return {"data": self.facts.model_dump(mode="json"), "calls": self.calls, "estimate": cost}

    def in_words(self) -> str:
        """Say it to a person."""
        seal = "a held-out test set" if self.facts.sealed else "no held-out test set (too small)"
        plan = ", ".join(f"{count} {what}" for what, count in self.calls.items())
        classes = " vs ".join(self.facts.classes)
        return "\n".join(
            [
                f"data: {classes}, {self.facts.patients_band} development patients, {seal}",
                f"feedback: {self.facts.mode}; the search may query labels {self.facts.queries} times",
                f"sandbox: tier {self.facts.sandbox.get('tier', '?')}",
                f"calls: {plan}",
                _cost_in_words(self.cost, self.person),
                "nothing was run, and nothing was sent",
            ]
        )


def forecast(config: RunConfig) -> Forecast:
    """Open data and sandbox, plan the calls, and estimate tokens and money.

    Raises
    ------
    InputError
        What the run itself would say of pack, data or settings.
    """
    pack = load_pack(config.pack)
    with tempfile.TemporaryDirectory(prefix="scafe-dry-") as folder, Bench(_spec(config, folder)) as bench:
        facts = bench.facts()
    plan = call_plan(config, pack, facts.queries, facts.mode)
    region = plan_locators(config.max_calls, config.search) if facts.to_locate else LocatorPlan(0, 0)
    left = config.max_calls - 1 - plan.drafts - plan.repairs - region.drafts - region.repairs
    later = max(left, 0) if config.patience else 0
    reserve = min(plan.reserve, later)
    calls = {
        **({"locate": region.drafts, "relocate": region.repairs} if facts.to_locate else {}),
        "plan": 1,
        "draft": plan.drafts,
        "repair": plan.repairs,
        "adaptive": later - reserve,
        "in reserve": reserve,
    }
    return Forecast(facts, calls, _cost(config, pack, facts, calls), config.model == "manual")


def _spec(config: RunConfig, folder: str) -> BenchSpec:
    return BenchSpec(
        pack=config.pack,
        data=config.data,
        cohort=config.cohort,
        labels=config.labels,
        ordinal=config.ordinal,
        segment=config.segment,
        locator=config.locator,
        classifier=config.classifier,
        prior=config.prior,
        companion=config.companion,
        mask_label=config.mask_label,
        ignore_columns=config.ignore_columns,
        patient_column=config.patient_column,
        fitted=config.fitted,
        seed=config.seed,
        feedback=config.feedback,
        dp_epsilon=config.dp_epsilon,
        folder=folder,
        workers=config.workers,
        allow_weaker_sandbox=config.allow_weaker_sandbox,
        sandbox=config.sandbox,
    )


def _cost(config: RunConfig, pack: CriteriaPack, facts: BenchFacts, calls: dict[str, int]) -> Estimate | None:
    kind, _, model = config.model.partition(":")
    if kind != "openai":
        return None
    words = messages(_typical_brief(pack, facts), Path(config.prompts) if config.prompts else None)
    size = sum(len(one.content.encode()) for one in words)
    prices = PriceTable(Path(config.prices) if config.prices else None)
    return estimate(calls, size, REPLY_TOKENS, model, config.base_url or OPENAI_URL, prices)


def _typical_brief(pack: CriteriaPack, facts: BenchFacts) -> Brief:
    return Brief(
        operator="draft",
        pack_id=pack.id,
        pack_version=pack.version,
        title=pack.title,
        modality=pack.modality.kind,
        channels=pack.modality.channels,
        purpose=pack.purpose,
        classes=facts.classes,
        mode=facts.mode,
        criterion=pack.observable_criteria[0],
        forbidden_shortcuts=pack.forbidden_shortcuts,
        pack_note=pack.prompt_note,
        budget=BudgetLeft(calls=0, queries=0),
    )


def _cost_in_words(cost: Estimate | None, person: bool) -> str:
    if cost is None and person:
        return "cost: no money; a person answers each of these calls"
    if cost is None:
        return "cost: nothing, no model is asked"
    tokens = f"about {cost.prompt_tokens} prompt and {cost.completion_tokens} reply tokens"
    money = (
        "no price is known; name one with --prices"
        if cost.cost is None
        else f"about {cost.cost:.2f} {cost.currency}"
    )
    return f"cost: {tokens}, {money}"
