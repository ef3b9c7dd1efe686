"""The strict check of a pack: what it promises, its measures and its phantom keep.

`criteria.parse_pack` checks one file on its own. This check opens what the file points at.
"""

import re

from scafe.knowledge.contract.errors import ContractError, PackError
from scafe.knowledge.contract.extractor import Extractor, Feature
from scafe.knowledge.criteria.pack import CriteriaPack, Criterion, Proxy
from scafe.knowledge.measures import load_measure, measure_names
from scafe.knowledge.phantoms import load_phantom

COMPATIBLE = {"up": ("up",), "down": ("down",), "either": ("up", "down", "either")}
"""Expected direction of a proxy -> directions its feature may declare; unknown agrees with all."""

SHORTCUT_WORDS = ("ruler", "ink", "filename", "exif", "jpeg", "image_size", "aspect_ratio", "file_order")
"""Words that betray a proxy which reads what no feature may read."""


def strict_check(pack: CriteriaPack) -> tuple[str, ...]:
    """Return what is wrong with a pack beyond its schema, each with field and way out; empty if nothing.

    Parameters
    ----------
    pack : CriteriaPack
        A pack that already validates.

    Returns
    -------
    tuple of str
        One sentence per fault, in the order of the pack.
    """
    dials = _dials(pack)
    if isinstance(dials, str):
        return (dials,)
    faults = [*_total_faults(pack), *_direction_key_faults(pack)]
    known = {proxy.id for criterion in pack.criteria for proxy in criterion.proxies}
    for criterion in pack.criteria:
        faults += _criterion_faults(criterion, dials, known)
        faults += _citation_faults(pack, criterion)
        for proxy in criterion.proxies:
            faults += _proxy_faults(criterion, proxy)
    return tuple(faults)


def _dials(pack: CriteriaPack) -> tuple[str, ...] | str:
    try:
        return tuple(dial.name for dial in load_phantom(pack.phantom).dials)
    except PackError as error:
        return f"phantom: {error}"
    except ModuleNotFoundError as error:
        return f"phantom: {pack.phantom!r} is named but its module {error.name} is not there"


def _total_faults(pack: CriteriaPack) -> list[str]:
    if pack.total is None or not pack.total.computable_from_image:
        return []
    blind = [criterion.id for criterion in pack.criteria if criterion.observable == "no_image"]
    if not blind:
        return []
    return [
        f"total.computable_from_image: no image shows {', '.join(blind)}, so no image gives the total; "
        "write computable_from_image: false"
    ]


def _direction_key_faults(pack: CriteriaPack) -> list[str]:
    allowed = {f"{one}_minus_{other}" for one in pack.classes for other in pack.classes if one != other}
    return [
        f"criteria.{criterion.id}.class_direction: {key!r} names no two classes of this pack; "
        f"write {pack.classes[0]}_minus_{pack.classes[1]}"
        for criterion in pack.criteria
        for key in criterion.class_direction
        if key not in allowed
    ]


def _criterion_faults(criterion: Criterion, dials: tuple[str, ...], known: set[str]) -> list[str]:
    where = f"criteria.{criterion.id}"
    faults = []
    if criterion.observable != "no_image":
        if criterion.dial not in dials:
            faults.append(
                f"{where}.dial: {criterion.dial!r} is no dial of the phantom; it has {', '.join(dials)}"
            )
        if not criterion.proxies:
            faults.append(f"{where}.proxies: {criterion.observable}, yet nothing measures it; add a proxy")
    strangers = [name for name in criterion.pair_with if not _is_known_proxy(name, known)]
    if strangers:
        faults.append(
            f"{where}.pair_with: {', '.join(strangers)} is no proxy of any measure; name one that is"
        )
    return faults


def _citation_faults(pack: CriteriaPack, criterion: Criterion) -> list[str]:
    # A scale's items fall back to the pack's citation; a differential has no single source.
    where = f"criteria.{criterion.id}.citation"
    if pack.purpose == "differential" and criterion.citation is None and _bears_numbers(criterion):
        return [f"{where}: it states numbers or a class direction, so it names their source"]
    cited = [criterion.citation or pack.citation, *(p.citation for p in criterion.proxies if p.citation)]
    return [
        f"{where}: {one.text[:40]!r}… names no year; write authors, journal, year, volume, pages"
        for one in cited
        if not re.search(r"\b(19|20)\d\d\b", one.text)
    ]


def _is_known_proxy(name: str, known: set[str]) -> bool:
    return name in known or any(name in load_measure(measure).names for measure in measure_names())


def _bears_numbers(criterion: Criterion) -> bool:
    words = [criterion.definition, *(level.label for level in criterion.levels)]
    stated = any(value in ("up", "down") for value in criterion.class_direction.values())
    return stated or any(re.search(r"\d", word) for word in words)


def _proxy_faults(criterion: Criterion, proxy: Proxy) -> list[str]:
    where = f"criteria.{criterion.id}.proxies.{proxy.id}"
    faults = [
        f"{where}: it reads {word}, which no feature may read; drop the proxy"
        for word in SHORTCUT_WORDS
        if re.search(rf"(^|_){word}(_|$)", proxy.id)
    ]
    if proxy.measure is None:
        return faults
    try:
        extractor = load_measure(proxy.measure)
    except (PackError, ContractError) as error:
        return [*faults, f"{where}.measure: {error}"]
    return faults + [f"{where}: {fault}" for fault in _measure_faults(criterion, proxy, extractor)]


def _measure_faults(criterion: Criterion, proxy: Proxy, extractor: Extractor) -> list[str]:
    faults = []
    if extractor.criterion != criterion.id:
        faults.append(
            f"measure {proxy.measure} is for criterion {extractor.criterion!r}; use one for {criterion.id!r}"
        )
    feature = next((one for one in extractor.features if one.name == proxy.id), None)
    if feature is None:
        return [*faults, f"measure {proxy.measure} has no such feature; it has {', '.join(extractor.names)}"]
    return faults + _feature_faults(proxy, feature)


def _feature_faults(proxy: Proxy, feature: Feature) -> list[str]:
    faults = []
    if feature.unit != proxy.unit:
        faults.append(
            f"unit is {proxy.unit!r} here and {feature.unit!r} in the measure; write one of them twice"
        )
    allowed = COMPATIBLE.get(proxy.expected_direction)
    if allowed is not None and feature.direction not in allowed:
        faults.append(
            f"expected_direction is {proxy.expected_direction!r} here, {feature.direction!r} in the measure"
        )
    low, high = proxy.range
    if low < feature.range[0] or high > feature.range[1]:
        faults.append(f"range [{low:g}, {high:g}] leaves that of the measure, {list(feature.range)}")
    return faults
