"""The built-in drafter: no model, no network; the honest baseline that a language model has to beat.

It writes extractors from the reference measures that ship with ScaFE: it varies their named constants
and statistics, drops features, joins two measures of one criterion, and reacts to the same findings and
score cards that a model gets. A feature keeps its name. It is given a `Brief` and nothing else.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

import numpy as np

from scafe.agent.brief.brief import AnyBrief, Brief, LocatorBrief
from scafe.agent.brief.prompt import amount
from scafe.agent.drafters.builtin_locators import drafted_locator
from scafe.agent.drafters.drafter import Reply
from scafe.agent.drafters.joining import joined
from scafe.agent.drafters.reactions import Wishes, read_wishes
from scafe.agent.drafters.source_edit import (
    constants,
    docstring,
    keep_features,
    simplified,
    with_constants,
    with_features,
    without,
)
from scafe.agent.reply.declining import SIGN
from scafe.agent.reply.parsing import one_at_a_time
from scafe.knowledge.contract.errors import ContractError
from scafe.knowledge.contract.extractor import MAX_LINES, parse_extractor
from scafe.knowledge.criteria.pack import Criterion
from scafe.knowledge.measures import measure_names, measure_source

CHANGED_AT_MOST = 3
"""Constants that one revision changes: more would be another measure."""


class BuiltinDrafter:
    """Answers every brief by itself, the same brief always in the same way."""

    name = "builtin"
    egress_level: Literal["none", "aggregates"] = "none"

    def draft(self, brief: AnyBrief) -> Reply:
        """Answer a brief in prose and one fenced block, as a model would."""
        with one_at_a_time:
            if isinstance(brief, LocatorBrief):
                text = drafted_locator(brief)
            else:
                text = _plan(brief) if brief.operator == "plan" else _answer(brief)
        request = hashlib.sha256(brief.model_dump_json().encode()).hexdigest()
        return Reply(text=text, request_sha256=request, usage=None, cached=False, finish_reason="stop")


def _plan(brief: Brief) -> str:
    ideas = {one.id: [f"{proxy.id}: {proxy.method}" for proxy in one.proxies][:4] for one in brief.criteria}
    listed = "\n".join(f"    {criterion!r}: {listed!r}," for criterion, listed in ideas.items() if listed)
    return f"The measurements that the pack names.\n\n```python\nPLAN = {{\n{listed}\n}}\n```\n"


def _answer(brief: Brief) -> str:
    criterion = brief.criterion
    if criterion is None:
        return "The brief names no criterion."
    rng = _rng(brief, criterion)
    said, source = _write(brief, criterion, rng)
    if brief.may_decline and (source is None or (source,) == brief.parents[:1]):
        return f"{SIGN}: {said if source is None else 'it has no constant left to change.'}"
    if source is None:
        return said
    try:
        parse_extractor(source)
    except ContractError as error:
        return f"{said} It does not keep the contract: {error}."
    return f"{said}\n\n```python\n{source}```\n"


def _write(brief: Brief, criterion: Criterion, rng: np.random.Generator) -> tuple[str, str | None]:
    """Return what is said, and the extractor if there is one."""
    if brief.operator == "simplify" and brief.parents:
        return _simplify(brief)
    if brief.operator == "recombine" and len(brief.parents) > 1:
        first, second = brief.parents[:2]
        both = joined(first, second, amount(criterion))
        if both is not None:
            return "The mean of both, each scaled to its range.", both
    bases = _measures_of(criterion)
    if not bases:
        return f"No measure ships for {criterion.id}; a model or a person has to write one.", None
    wishes = read_wishes(brief)
    if brief.operator in ("draft", "redraft") or not brief.parents:
        return _varied(bases[brief.variant % len(bases)], brief.variant // len(bases), criterion, wishes, rng)
    base = _base_of(brief.parents[0], bases)
    if brief.operator == "counter" or wishes.other_measure:
        others = [name for name in bases if name != base] or bases
        base = others[int(rng.integers(len(others)))]
    return _revised(base, brief.parents[0], criterion, wishes, rng)


def _simplify(brief: Brief) -> tuple[str, str | None]:
    parent = brief.parents[0]
    wanted = _pooled_names(brief) or list(constants(parent)["FEATURES"])
    return "The same values in less text.", simplified(without(keep_features(parent, wanted), "VARIANTS"))


def _pooled_names(brief: Brief) -> list[str]:
    if brief.feedback is None:
        return []
    return [one.name for one in brief.feedback.card.features if one.pooled]


def _varied(
    base: str, turn: int, criterion: Criterion, wishes: Wishes, rng: np.random.Generator
) -> tuple[str, str]:
    """Take a measure as it ships the first time, with drawn constants every other time."""
    changes = _draw(base, {}, 0 if turn == 0 else CHANGED_AT_MOST, wishes, rng)
    return _told(base, changes), _instance(base, changes, criterion)


def _revised(
    base: str, parent: str, criterion: Criterion, wishes: Wishes, rng: np.random.Generator
) -> tuple[str, str]:
    """Change constants of the parent, and leave out the features that are not worth another look."""
    now = constants(parent)
    known = {name: now[name] for name in _variants(base) if name in now}
    changes = _draw(base, known, CHANGED_AT_MOST, wishes, rng)
    source = _instance(base, {**known, **changes}, criterion)
    source = _with_wider_ranges(source, wishes)
    names = [name for name in constants(source)["FEATURES"] if name not in wishes.drop]
    return _told(base, changes), keep_features(source, names) if names else source


def _draw(
    base: str, known: Mapping[str, Any], at_most: int, wishes: Wishes, rng: np.random.Generator
) -> dict[str, Any]:
    """Draw other values for some constants; findings say which ones and which way."""
    if at_most == 0:
        return {}
    current = {**constants(_measures()[base]), **known}
    open_names = {
        name: others
        for name, listed in sorted(_variants(base).items())
        if (others := [value for value in listed if value != current.get(name)])
    }
    if not open_names:
        return {}
    wanted = [name for name in open_names if wishes.smoother and _smooths(name)]
    count = 1 + int(rng.integers(min(at_most, len(open_names))))
    drawn = [str(name) for name in rng.permutation(sorted(open_names))[:count]]
    return {
        name: _value(name, open_names[name], current.get(name), wishes, rng)
        for name in dict.fromkeys([*wanted, *drawn])
    }


def _value(name: str, others: list[Any], current: Any, wishes: Wishes, rng: np.random.Generator) -> Any:
    if wishes.smoother and _smooths(name) and isinstance(current, int | float):
        larger = [value for value in others if isinstance(value, int | float) and value > current]
        if larger:
            return min(larger)
    return others[int(rng.integers(len(others)))]


def _smooths(name: str) -> bool:
    return any(part in name for part in ("BLUR", "SMOOTH", "CORE", "RIM", "SIGMA"))


def _instance(base: str, changes: Mapping[str, Any], criterion: Criterion) -> str:
    source = with_constants(_measures()[base], {**changes, "CRITERION": criterion.id})
    return without(source, "VARIANTS")


def _with_wider_ranges(source: str, wishes: Wishes) -> str:
    """Declare a range twice as wide where values left it on phantoms."""
    features = constants(source)["FEATURES"]
    if not wishes.wider & set(features):
        return source
    for name in wishes.wider & set(features):
        low, high = features[name]["range"]
        half = (high - low) / 2
        features[name] = {**features[name], "range": [low - half, high + half]}
    return with_features(source, features)


def _told(base: str, changes: Mapping[str, Any]) -> str:
    values = (
        ", ".join(f"{name} = {value!r}" for name, value in changes.items()) or "its constants as they ship"
    )
    return f"The measure {base} with {values}."


def _measures_of(criterion: Criterion) -> list[str]:
    """Return the measures that the pack names for a criterion, in its order."""
    named = dict.fromkeys(proxy.measure for proxy in criterion.proxies if proxy.measure)
    return [name for name in named if name in _measures()]


def _base_of(source: str, bases: list[str]) -> str:
    """Find the measure a source came from by its docstring."""
    head = docstring(source).split("\n")[0]
    return next((name for name in bases if docstring(_measures()[name]).split("\n")[0] == head), bases[0])


def _variants(base: str) -> dict[str, list[Any]]:
    variants: dict[str, list[Any]] = constants(_measures()[base]).get("VARIANTS", {})
    return variants


@cache
def _measures() -> dict[str, str]:
    """Return the measures, shipped and plugged in, that are short enough to be a reply: name -> source."""
    sources = {name: measure_source(name) for name in measure_names()}
    return {name: text for name, text in sources.items() if len(text.splitlines()) <= MAX_LINES}


def _rng(brief: Brief, criterion: Criterion) -> np.random.Generator:
    """Draw from what tells this request from others, and from nothing else."""
    text = "\0".join([brief.operator, criterion.id, str(brief.seed), str(brief.variant), *brief.parents])
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
