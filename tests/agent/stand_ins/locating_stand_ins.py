"""A bench whose run drafts its locator, and a drafter that writes some: by dice, like the other stand-ins."""

import hashlib
import json
from pathlib import Path
from typing import Any

from loop_runs import go
from loop_stand_ins import FaultyDrafter, StandInBench, dice

from scafe.agent.brief.brief import AnyBrief, LocatorBrief
from scafe.agent.record.outcome import RunOutcome
from scafe.evals.disclosure.bench import BenchFacts
from scafe.evals.disclosure.score_card import LocatorCard, LocatorChoice, LocatorFacts
from scafe.knowledge.contract.locator import parse_locator
from scafe.sandbox.probes.regions.verdict import LocatorVerdict
from scafe.sandbox.probes.verdict import Finding

LOCATES = '''"""Locator number {number}."""

LOCATOR = "scar"
NUMBER = {number}


def locate(image):
    """Mark what is bright."""
    return image[:, :, 0] > NUMBER, 0.5
'''
SHIPPED = hashlib.sha256(b"ships").hexdigest()


class LocatingDrafter(FaultyDrafter):
    """Of locators, one in three answers is malformed at first; a repair always holds one."""

    def text(self, brief: AnyBrief) -> str:
        if not isinstance(brief, LocatorBrief):
            return super().text(brief)
        draw = dice(brief.operator, brief.region, brief.variant, brief.seed, *brief.parents)
        if brief.operator == "locate" and brief.variant == 1:
            return "I would look for what is bright."
        source = LOCATES.format(number=draw % 200)
        return f"Here it is.\n\n```python\n{source}```\n"


class LocatingBench(StandInBench):
    """Rejects what its `rejects` say, tells that none agrees well, keeps the first that it is given."""

    def __init__(self, folder: Path, rejects: Any = lambda source: False, **more: Any) -> None:
        super().__init__(folder, **more)
        self.rejects = rejects
        self.chosen: list[tuple[str, ...]] = []

    def facts(self) -> BenchFacts:
        return super().facts().model_copy(update={"to_locate": "scar"})

    def probe_locator(self, source: str) -> LocatorVerdict:
        finding = Finding(code="misses", severity="reject", message="median Dice is 0.20")
        return LocatorVerdict(
            locator=parse_locator(source).sha256,
            region="scar",
            findings=(finding,) if self.rejects(source) else (),
            dice=0.2 if self.rejects(source) else 0.8,
            worst_decile=0.1,
            stability=0.9,
        )

    def compare_locators(self, sources: tuple[str, ...]) -> tuple[LocatorCard, ...]:
        return tuple(self._card(parse_locator(source).sha256) for source in sources)

    def choose_locator(self, sources: tuple[str, ...]) -> LocatorChoice:
        self.chosen.append(sources)
        kept = parse_locator(sources[0]).sha256 if sources else SHIPPED
        (self.folder / "chosen.json").write_text(json.dumps(kept))
        facts = LocatorFacts(
            region="scar",
            sha256=kept,
            chosen="draft" if sources else "reference",
            given="none",
            found="80-100%",
        )
        why = "agrees most with the other locators"
        return LocatorChoice(
            chosen=facts.chosen,
            why=why if sources else "no draft passed the probes and fits the images",
            compared=len(sources) + 1,
            facts=facts,
        )

    def _card(self, sha256: str) -> LocatorCard:
        return LocatorCard(
            locator=sha256,
            status="ok",
            found="80-100%",
            area="3-15%",
            height="middle",
            breadth="middle",
            steadiness=">=.9",
            worst_perturbation="jpeg",
            agreement=".5-.75",
            given="unknown",
        )


def located(root: Path, **more: Any) -> RunOutcome:
    """Run the loop so that it drafts its locator first."""
    bench = more.pop("bench", None) or LocatingBench(root / "bench")
    given = {"drafter": LocatingDrafter(root / "asked.log"), "max_calls": 30, "locator": "draft", **more}
    return go(root, bench=bench, **given)
