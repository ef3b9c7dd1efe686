"""The page of a report on experts' scores: each frozen feature beside the raters of its criterion."""

from dataclasses import dataclass

from scafe.evals.disclosure.bench import FeatureRef
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.experts.agreement import Agreement, RaterAgreement, agreement, chance_warnings
from scafe.evals.experts.rated import Rated
from scafe.evals.experts.scores import Floats
from scafe.evals.experts.straying import strays_to
from scafe.evals.frozen.bundle import Bundle
from scafe.evals.frozen.records import FrozenFeature
from scafe.evals.report.blocks import Paragraph, Section, table

HEADER = (
    "feature", "criterion", "rank agreement (95 % CI)", "weighted κ at the cut", "κ among raters",
    "answers better to",
)  # fmt: skip
WHAT = (
    "Experts' scores of the same criteria on the development images: evidence about what a feature measures, "
    "that costs no label of the outcome. Rank agreement is Spearman's ρ (Bonett and Wright, "
    "doi:10.1007/BF02294183), or the AUC where scores have two levels, in the direction that the feature "
    "declares. For κ the feature is cut to the experts' shares of levels on one half of the patients and set "
    "beside their scores on the other. No feature can be asked to agree with raters better than they do "
    "among themselves."
)


@dataclass(frozen=True)
class Row:
    """One frozen feature beside its experts."""

    feature: str
    found: Agreement
    raters: RaterAgreement
    strays_to: str
    """Other criterion that it follows clearly better; '' if none."""


def experts_section(session: BenchSession, bundle: Bundle) -> Section | None:
    """Set the frozen features beside experts' scores of the development images; None where there are none."""
    if session.rated is None:
        return None
    rows = expert_rows(session, bundle)
    raters = session.rated.at(session.split.dev).raters()
    blocks: list[Paragraph] = [Paragraph(text=WHAT)]
    blocks += [Paragraph(text=one, tone="warning") for one in chance_warnings(raters.values())]
    blocks += [Paragraph(text=_stray_words(one), tone="warning") for one in rows if one.strays_to]
    left = [one.column for one in bundle.manifest.features if one.criterion not in raters]
    if left:
        blocks.append(Paragraph(text=f"Nobody scored the criterion of: {', '.join(left)}."))
    if not rows:
        return Section(id="experts", title="Experts' scores", blocks=tuple(blocks))
    shown = table("Features beside experts", HEADER, [_cells(one) for one in rows], numeric=(2, 3, 4))
    return Section(id="experts", title="Experts' scores", blocks=(*blocks, shown))


def expert_rows(session: BenchSession, bundle: Bundle) -> tuple[Row, ...]:
    """Compare every frozen feature whose criterion was scored."""
    if session.rated is None:
        return ()
    dev = session.split.dev
    rated, patients = session.rated.at(dev), session.patients(dev)
    scored = [one for one in bundle.manifest.features if one.criterion in rated.ids]
    refs = tuple(FeatureRef(extractor=one.extractor, name=one.name) for one in scored)
    values = session.matrix(refs, dev)
    raters = rated.raters()
    return tuple(
        _row(one, values[:, place], rated, patients, raters[one.criterion])
        for place, one in enumerate(scored)
    )


def _row(
    feature: FrozenFeature, values: Floats, rated: Rated, patients: tuple[str, ...], raters: RaterAgreement
) -> Row:
    own = next(one for one in rated.criteria if one.criterion == feature.criterion)
    others = [one for one in rated.criteria if one is not own]
    sign = -1 if feature.direction == "down" else 1
    found = agreement(values, own, patients, feature.column, sign=sign)
    return Row(feature.column, found, raters, strays_to(values, own, others, sign))


def _cells(row: Row) -> tuple[str, ...]:
    one, raters = row.found, row.raters
    name = "AUC" if one.kind == "auc" else "ρ"
    told = f"{name} {one.value:.2f} ({one.low:.2f} to {one.high:.2f})"
    return (
        row.feature,
        one.criterion,
        "too few scores" if one.value != one.value else told,
        _number(one.kappa),
        "one rater" if raters.raters < 2 else _number(raters.kappa),
        row.strays_to or "none",
    )


def _stray_words(row: Row) -> str:
    return (
        f"{row.feature} answers clearly better to the experts' scores of {row.strays_to} than to those of "
        f"its own criterion {row.found.criterion}: it measures something else than it says."
    )


def _number(value: float) -> str:
    return "n/a" if value != value else f"{value:.2f}"
