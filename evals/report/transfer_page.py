"""The page of a report on transfer: each frozen feature on the development images beside phantoms."""

from collections.abc import Mapping

from scafe.evals.disclosure.bands import StillEdges
from scafe.evals.disclosure.bench import FeatureRef
from scafe.evals.disclosure.score_card import DisclosedTransfer
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.disclosure.truths.transfers import disclosed_transfer, measured_transfer
from scafe.evals.frozen.bundle import Bundle
from scafe.evals.report.blocks import Paragraph, Section, table
from scafe.evals.transfer.transfer import Floats, Transfer

HEADER = (
    "feature", "missing", "outside phantoms", "spread, times phantoms'", "at one end", "stability (worst)",
    "size", "border", "exposure", "overlap (criterion)", "finding",
)  # fmt: skip
WHAT = (
    "What features do on the development images, beside what they do on phantoms; no label was read for it. "
    "Outside phantoms: images whose value lies outside of all that phantoms showed, by more than a tenth of "
    "their range. Spread: middle half of the values over that on phantoms. At one end: values that stand "
    "together at the least or greatest. Stability: smallest ICC(A,1) when images are shifted, resized, "
    "recompressed, or made lighter or noisier. Size, border, exposure: rank correlation with each, given the "
    "other two. Overlap: largest rank correlation with a selected feature of another criterion."
)
UNLIKE = (
    "Phantoms do not resemble these images for: {names}. What phantoms said of them (dial, nuisances, "
    "stability) may not hold here."
)


def transfer_section(session: BenchSession, bundle: Bundle) -> Section | None:
    """Show the transfer of the frozen features; None where the session has no images to show it on."""
    if not session.around_ids:
        return None
    edges, images = StillEdges(), len(session.around_ids)
    found = {
        column: (one, disclosed_transfer(one, edges, images))
        for column, one in frozen_transfers(session, bundle).items()
    }
    unlike = [column for column, (_, told) in found.items() if told is not None and not told.resembles]
    blocks = [Paragraph(text=WHAT)]
    if unlike:
        blocks.append(Paragraph(text=UNLIKE.format(names=", ".join(unlike)), tone="warning"))
    rows = [_cells(column, one, told) for column, (one, told) in found.items()]
    shown = table(f"Transfer on {images} development images", HEADER, rows, numeric=range(1, 9))
    return Section(id="transfer", title="Transfer to real images", blocks=(*blocks, shown))


def frozen_transfers(session: BenchSession, bundle: Bundle) -> dict[str, Transfer]:
    """Measure every frozen feature; column -> numbers."""
    features = bundle.manifest.features
    refs = tuple(FeatureRef(extractor=one.extractor, name=one.name) for one in features)
    values = session.matrix(refs, session.around_ids)
    return {
        one.column: measured_transfer(
            session,
            session.source(one.extractor),
            one.name,
            _elsewhere(one.criterion, [other.criterion for other in features], values),
        )
        for one in features
    }


def _elsewhere(own: str, criteria: list[str], values: Floats) -> Mapping[str, list[Floats]]:
    found: dict[str, list[Floats]] = {}
    for place, criterion in enumerate(criteria):
        if criterion != own:
            found.setdefault(criterion, []).append(values[:, place])
    return found


def _cells(column: str, one: Transfer, told: DisclosedTransfer | None) -> tuple[str, ...]:
    followed = (one.follows.get(what) for what in ("size", "border", "exposure"))
    return (
        column,
        f"{one.missing:.0%}",
        f"{one.outside:.0%}",
        _number(one.spread),
        f"{one.saturated:.0%}",
        f"{_number(one.stability)} ({one.worst_perturbation or 'none'})",
        *("same everywhere" if value is None else f"{value:+.2f}" for value in followed),
        f"{one.overlap:.2f} ({one.overlaps_with})" if one.overlaps_with else "none",
        _finding(one, told),
    )


def _finding(one: Transfer, told: DisclosedTransfer | None) -> str:
    if one.is_constant:
        return "hardly varies"
    return "too few values to say" if told is None else told.in_words()


def _number(value: float) -> str:
    return "n/a" if value != value else f"{value:.2f}"
