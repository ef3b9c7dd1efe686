"""The companion beside the headline: three scores of the same patients, and what each part carries."""

from scafe.evals.report.blocks import Paragraph, Section, table
from scafe.evals.report.page_one import interval_text
from scafe.evals.scoring.headline import Beside, Difference, Headline

NOT_THE_HEADLINE = (
    "The headline is the criteria features alone. Appearance is no clinical criterion: what it reads may be "
    "the disease, or the camera; see the shortcut audit. Both stand under one ridge, each block of columns "
    "with the same variance in all."
)


def companion_section(headline: Headline) -> Section | None:
    """Show criteria only, companion only and both; None for a run without a companion."""
    beside = headline.beside
    if beside is None:
        return None
    rows = [
        ("criteria only (headline)", str(headline.model.features), interval_text(headline.model.auc)),
        (f"companion only: {beside.companion}", str(beside.numbers), interval_text(beside.alone)),
        ("both", str(headline.model.features + beside.numbers), interval_text(beside.fused)),
        ("both minus criteria only", "", _difference(beside.over_criteria)),
        ("both minus companion only", "", _difference(beside.over_companion)),
    ]
    return Section(
        id="companion",
        title="Criteria beside appearance",
        blocks=(
            Paragraph(text=NOT_THE_HEADLINE),
            table("Same patients", ("what", "columns", "AUC (95 % CI)"), rows, numeric=(1, 2)),
            table(
                "What moves the fused log-odds from image to image: share of each part's standard deviation",
                ("part", "share"),
                _shares(beside),
                numeric=(1,),
            ),
        ),
    )


def _difference(one: Difference) -> str:
    p = "" if one.p is None else f", p = {one.p:.3f}"
    return f"{one.auc.value:+.3f} ({one.auc.low:+.3f} to {one.auc.high:+.3f}; {one.method}{p})"


def _shares(beside: Beside) -> list[tuple[str, str]]:
    inside = sorted(beside.criteria.items(), key=lambda one: (-one[1], one[0]))
    return [
        ("criteria features", f"{beside.shares['criteria']:.0%}"),
        *((f"of these: {criterion}", f"{share:.0%}") for criterion, share in inside),
        (f"appearance: {beside.companion}", f"{beside.shares['appearance']:.0%}"),
    ]
