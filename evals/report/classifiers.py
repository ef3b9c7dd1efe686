"""Two classifiers on the same features and patients: which one decides, why, and what each criterion adds."""

from scafe.evals.report.blocks import Paragraph, Section, table
from scafe.evals.report.page_one import interval_text
from scafe.evals.scoring.headline import Headline


def classifier_section(headline: Headline) -> Section | None:
    """Show ridge and forest side by side; None for a run that did not choose."""
    second = headline.second
    if second is None:
        return None
    gain = second.difference
    p = "" if gain.p is None else f", p = {gain.p:.3f}"
    rows = [
        (f"{second.decides} (headline)", interval_text(headline.model.auc)),
        (second.name, interval_text(second.auc)),
        (
            "difference",
            f"{gain.auc.value:+.3f} ({gain.auc.low:+.3f} to {gain.auc.high:+.3f}; {gain.method}{p})",
        ),
    ]
    names = list(second.shares)
    shares = [
        (criterion, *(f"{second.shares[name][criterion]:.0%}" for name in names))
        for criterion in sorted(next(iter(second.shares.values())))
    ]
    text = (
        f"Decided on folds of the development part before the held-out test set was scored: {second.why}. "
        "The forest's contributions are the changes of its leaves' shares along each path (Palczewska et al. "
        "2014, doi:10.1007/978-3-319-04717-1_9), put on the scale of log-odds; the ridge's are coefficient "
        "times standardised value. The learning curve and the null controls are the ridge's."
    )
    return Section(
        id="classifier",
        title="Which classifier",
        blocks=(
            Paragraph(text=text),
            table("Same features, same patients", ("classifier", "AUC (95 % CI)"), rows, numeric=(1,)),
            table(
                "What moves the log-odds from image to image, by criterion",
                ("criterion", *names),
                shares,
                numeric=range(1, 1 + len(names)),
            ),
        ),
    )
