"""How a feature does on the images of a study beside phantoms: numbers in here, words and bands outside."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scafe.evals.disclosure.bands import Edges
from scafe.evals.disclosure.bench import FeatureRef
from scafe.evals.disclosure.score_card import DisclosedTransfer
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.transfer.transfer import Transfer, transfer_of
from scafe.knowledge.contract.extractor import Extractor, parse_extractor

Floats = NDArray[np.float64]
LEAST = 20
"""Images with a value below which nothing is told."""
NARROWER, WIDER = 0.1, 10.0
"""Spread on images over that on phantoms from which the two do not resemble one another."""
SATURATED = 0.3
"""Share of values at one end, over that on phantoms, from which a feature counts as saturated."""
FOLLOWS = 0.6
"""Partial rank correlation with size, border or exposure from which a feature follows it."""
OVERLAPS = 0.8
"""Rank correlation with another criterion's feature from which the two say nearly the same."""


def measured_transfer(
    session: BenchSession, source: str, name: str, others: Mapping[str, list[Floats]]
) -> Transfer:
    """Compare one feature on the development images with the same on phantoms; reads no label.

    Parameters
    ----------
    session : BenchSession
    source : str
        The extractor.
    name : str
    others : mapping
        Criterion -> columns of its features on `session.around_ids`; other criteria alone.
    """
    values = session.feature_table(source, session.around_ids).column(name)
    phantoms = session.on_phantoms(source).column(name)
    return transfer_of(name, values, phantoms, session.around, session.stability(source)[name], others)


def tell_transfers(
    session: BenchSession, extractor: Extractor, names: Sequence[str], pool: tuple[FeatureRef, ...]
) -> dict[str, DisclosedTransfer]:
    """Say for each feature how it does on the development images, in words and bands."""
    others = columns_elsewhere(session, pool, extractor.criterion)
    edges, images = Edges(session.key, extractor.sha256), len(session.around_ids)
    told = {}
    for name in names:
        found = measured_transfer(session, extractor.source, name, others)
        one = disclosed_transfer(found, edges, images)
        if one is not None:
            told[name] = one
    return told


def columns_elsewhere(
    session: BenchSession, pool: tuple[FeatureRef, ...], own: str
) -> dict[str, list[Floats]]:
    """Return criterion -> columns on `session.around_ids`, of pooled features of all criteria but `own`."""
    found: dict[str, list[Floats]] = {}
    for ref in pool:
        criterion = parse_extractor(session.source(ref.extractor)).criterion
        if criterion != own:
            column = session.matrix((ref,), session.around_ids)[:, 0]
            found.setdefault(criterion, []).append(column)
    return found


def disclosed_transfer(found: Transfer, edges: Edges, images: int) -> DisclosedTransfer | None:
    """Turn numbers into what may leave; None where too few images gave a value."""
    if found.is_constant or (1 - found.missing) * images < LEAST:
        return None
    name = found.feature
    overlaps = found.overlap >= edges.move(OVERLAPS, f"overlap {name}")
    return DisclosedTransfer(
        outside=edges.share(found.outside, f"outside {name}"),
        spread=_spread(found.spread, edges, name),
        saturated=found.saturated - found.saturated_on_phantoms >= edges.move(SATURATED, f"saturated {name}"),
        follows=tuple(what for what in ("size", "border", "exposure") if _follows(found, what, edges)),
        overlaps_with=found.overlaps_with if overlaps else None,
    )


def _spread(ratio: float, edges: Edges, name: str) -> Literal["narrower", "alike", "wider"]:
    """Band on a scale of powers of ten, where the edges move as everywhere."""
    if not ratio > 0:
        return "narrower" if ratio == 0 else "alike"
    power = float(np.log10(ratio))
    if power < edges.move(np.log10(NARROWER), f"spread {name}"):
        return "narrower"
    return "wider" if power > edges.move(np.log10(WIDER), f"spread {name}") else "alike"


def _follows(found: Transfer, what: str, edges: Edges) -> bool:
    return abs(found.follows.get(what, 0.0)) >= edges.move(FOLLOWS, f"{what} {found.feature}")
