"""What a reply may hold, an extractor or a locator: how its module is known, mended, and read."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from scafe.agent.reply.mend import mend_module
from scafe.agent.reply.mend_head import mend_head
from scafe.agent.reply.mend_returns import disagreement, match_features
from scafe.agent.reply.parsing import parses
from scafe.knowledge.contract.errors import ContractError
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.contract.locator import parse_locator

Repair = Callable[[str], tuple[str, tuple[str, ...]]]
"""Source -> source and what was done to it."""


@dataclass(frozen=True)
class Kind:
    """One kind of module."""

    marker: str
    """A name that stands at the head of every such module."""
    repairs: Callable[[str | None], tuple[Repair, ...]]
    """What was asked for -> what is mended without guessing, in order."""
    head_complaint: Callable[[str, str | None], str]
    """Source and what was asked for -> what is wrong with it; raises ContractError for a broken head."""

    def is_whole(self, code: str) -> bool:
        """Whether a block holds a head, and so may be the whole module."""
        return bool(re.search(rf"\b{self.marker}\b", code))

    def mended(self, source: str, asked: str | None) -> tuple[str, tuple[str, ...]]:
        """Return the module with what can be mended mended, and what was done."""
        steps: list[str] = []
        for repair in self.repairs(asked):
            changed, more = repair(source)
            if parses(changed):
                source = changed
                steps += more
        return source.strip("\n") + "\n", tuple(steps)

    def complaint(self, source: str, asked: str | None) -> str:
        """Say what is wrong with a module, in words that a drafter can act on; '' if nothing."""
        try:
            told = self.head_complaint(source, asked)
            compile(source, "<module>", "exec")  # catches what parsing does not: a return outside a function
        except ContractError as error:
            return str(error)
        except SyntaxError as error:
            return f"line {error.lineno}: not Python 3.11: {error.msg}"
        return told


def _of_extractor(source: str, criterion: str | None) -> str:
    extractor = parse_extractor(source)
    if criterion and extractor.criterion != criterion:
        return f"CRITERION is {extractor.criterion!r}; this brief asks for {criterion!r}"
    return disagreement(source) or ""


def _of_locator(source: str, region: str | None) -> str:
    locator = parse_locator(source)
    if region and locator.region != region:
        return f"LOCATOR is {locator.region!r}; this brief asks for {region!r}"
    return ""


EXTRACTOR = Kind(
    "FEATURES",
    lambda criterion: (mend_module, lambda source: mend_head(source, criterion), match_features),
    _of_extractor,
)
LOCATOR = Kind("LOCATOR", lambda region: (mend_module,), _of_locator)
