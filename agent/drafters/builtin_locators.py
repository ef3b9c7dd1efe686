"""Locators of the built-in drafter: the one that ships for the region, with constants at other values.

The shipped one itself is a candidate in every run, so a draft differs from it.
"""

import hashlib

import numpy as np

from scafe.agent.brief.brief import LocatorBrief
from scafe.knowledge.contract.errors import ContractError
from scafe.knowledge.contract.locator import Locator, parse_locator
from scafe.knowledge.locators.reference import load_locator, locator_name
from scafe.knowledge.locators.variants import variants_of

MOST = 16
"""Variants of one locator that are told apart."""


def drafted_locator(brief: LocatorBrief) -> str:
    """Answer a brief in prose and one fenced block, as a model would; the same brief in the same way."""
    name = locator_name(brief.region, brief.pack_id, brief.modality)
    if name is None:
        return f"No locator ships for {brief.region}; a model or a person has to write one."
    base = _parent(brief) or load_locator(name)
    others = variants_of(base, MOST)
    if not others:
        return f"The locator {name} names no constant to vary."
    chosen = others[_place(brief, len(others))]
    return f"The locator {name}, {_told(base, chosen)}.\n\n```python\n{chosen.source}```\n"


def _parent(brief: LocatorBrief) -> Locator | None:
    try:
        return parse_locator(brief.parents[0]) if brief.parents else None
    except ContractError:  # an excerpt of what could not be read
        return None


def _place(brief: LocatorBrief, count: int) -> int:
    """Draw one variant: another for each draft of a run, by what tells this request from others alone."""
    text = "\0".join([brief.operator, brief.region, str(brief.seed), *brief.parents])
    digest = hashlib.sha256(text.encode()).digest()
    order = np.random.default_rng(int.from_bytes(digest[:8], "big")).permutation(count)
    return int(order[brief.variant % count])


def _told(base: Locator, chosen: Locator) -> str:
    pairs = zip(base.source.splitlines(), chosen.source.splitlines(), strict=True)
    return "with " + "; ".join(new.partition("  #")[0] for old, new in pairs if old != new)
