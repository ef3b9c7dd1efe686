"""The later pages of a report: calls, calibration, phantoms, shortcuts, the search, how to check it all."""

from scafe.evals.audit.skin_tone import MIN_CELL
from scafe.evals.frozen.bundle import Bundle
from scafe.evals.report.blocks import Bullets, Figure, Paragraph, Section, Table, table
from scafe.evals.report.figures import (
    benefit_figure,
    calibration_figure,
    learning_figure,
    response_figure,
    selectivity_figure,
)
from scafe.evals.report.page_one import interval_text
from scafe.evals.scoring.headline import Headline

Blocks = list[Paragraph | Bullets | Table | Figure]


def calls_section(headline: Headline) -> Section:
    """Confusion, recall and Brier at the threshold that was fixed on the development patients."""
    cut = headline.cut
    rows = [
        (true, *(str(cut.confusion[true][said]) for said in headline.classes), f"{cut.recall[true]:.3f}")
        for true in headline.classes
    ]
    header = ("true class", *(f"predicted {said}" for said in headline.classes), "recall")
    summary = [
        ("balanced accuracy", f"{cut.balanced_accuracy:.3f}"),
        ("accuracy", f"{cut.accuracy:.3f}"),
        ("accuracy of always predicting the most frequent class", f"{cut.majority:.3f}"),
        ("Brier score (baseline)", f"{headline.model.brier:.3f} ({headline.baseline.brier:.3f})"),
        ("Brier skill over class shares", f"{headline.model.brier_skill:+.3f}"),
    ]
    caption = (
        f"Confusion matrix: patients by true and predicted class at probability {cut.threshold:.3f}, "
        "fixed on the development patients"
    )
    return Section(
        id="calls",
        title="Classification at a fixed threshold",
        blocks=(
            table(caption, header, rows, numeric=range(1, len(header))),
            table("Figures at that threshold", ("what", "value"), summary, numeric=(1,)),
        ),
    )


def calibration_section(headline: Headline) -> Section:
    """Whether probabilities mean what they say, and what calling at them is worth."""
    found = headline.calibration
    slope = "not defined" if found.slope is None else f"{found.slope:.2f}"
    shift = "not defined" if found.intercept is None else f"{found.intercept:+.2f}"
    text = (
        f"Calibration in the large {shift} (0 is perfect); "
        f"slope {slope} (1 is perfect, below 1 overconfident)."
    )
    blocks: Blocks = [Paragraph(text=text)]
    if found.bins:
        alt = "Observed share against mean predicted probability in five bins; the diagonal is perfect."
        rows = [(str(one.patients), f"{one.predicted:.3f}", f"{one.observed:.3f}") for one in found.bins]
        blocks += [
            Figure(title="Calibration", alt=alt, svg=calibration_figure(headline)),
            table(
                "Five bins of equal mass: descriptive at this size",
                ("patients", "predicted", "observed"),
                rows,
                numeric=(0, 1, 2),
            ),
        ]
    else:
        blocks.append(Paragraph(text="Fewer than 50 patients: bins would say nothing, so none are drawn."))
    return Section(id="calibration", title="Calibration", blocks=tuple(blocks))


def benefit_section(headline: Headline) -> Section:
    """Decision curves."""
    rows = [
        (f"{one.threshold:.2f}", f"{one.model:+.3f}", f"{one.baseline:+.3f}", f"{one.treat_all:+.3f}")
        for one in headline.net_benefit
    ]
    alt = "Net benefit of ScaFE, baseline and calling all over threshold probabilities from .05 to .75."
    return Section(
        id="benefit",
        title="Decision curve",
        blocks=(
            Figure(title="Net benefit", alt=alt, svg=benefit_figure(headline)),
            table(
                "Net benefit; calling none is 0",
                ("threshold", "ScaFE", "baseline", "call all"),
                rows,
                numeric=(0, 1, 2, 3),
            ),
        ),
    )


def _fitted_in_words(bundle: Bundle) -> str:
    """Say how far nuisances went while drafts were probed, if that was fitted to images."""
    if not bundle.manifest.fitted:
        return ""
    ranges = ", ".join(f"{one.name} {one.low:g} to {one.high:g}" for one in bundle.manifest.fitted)
    return f" Drafts were probed with nuisances as far as the images' own, in bands: {ranges}."


def phantom_section(bundle: Bundle) -> Section:
    """Response curves and the selectivity matrix: evidence about features, never about accuracy."""
    manifest, responses = bundle.manifest, bundle.responses
    own, curves = responses.own_dial, responses.curves
    dials = [curve.dial for curve in curves[manifest.columns[0]]]
    levels = max(len(curve.levels) for column in manifest.columns for curve in curves[column])
    response_rows, matrix_rows = [], []
    for column in manifest.columns:
        curve = next(one for one in curves[column] if one.dial == own[column])
        values = ["n/a" if value is None else f"{value:.4g}" for value in curve.values]
        response_rows.append((column, f"{curve.dial}, {curve.levels[0]:g} to {curve.levels[-1]:g}", *values))
        cells = zip(curves[column], responses.reaches(column), strict=True)
        matrix_rows.append(
            (column, own[column], *(f"{reach:+.2f} ({one.spearman:+.1f})" for one, reach in cells))
        )
    return Section(
        id="phantoms",
        title="Features on phantoms",
        blocks=(
            Paragraph(
                text="Synthetic images whose truth is known. Evidence about what a feature measures, "
                "never about accuracy on patients." + _fitted_in_words(bundle)
            ),
            Figure(
                title="Response of each feature to the dial of its criterion",
                alt="One panel per feature: the value while its criterion's dial is turned from low to high.",
                svg=response_figure(manifest, responses),
            ),
            table(
                "Response to the own dial, median over scenes",
                ("feature", "dial", *(f"level {number + 1}" for number in range(levels))),
                response_rows,
                numeric=range(2, 2 + levels),
            ),
            Figure(
                title="Selectivity: how far each dial moves a feature, as share of what its own dial does",
                alt="Matrix of features by dials; the framed cell is the dial of the feature's criterion, "
                "1 by definition. Colour and number give sign and share.",
                svg=selectivity_figure(manifest, responses),
            ),
            table(
                "Selectivity: signed share of the own dial's span, at most 1; Spearman's rho in brackets",
                ("feature", "own dial", *dials),
                matrix_rows,
                numeric=range(2, 2 + len(dials)),
            ),
        ),
    )


def learning_section(headline: Headline) -> Section:
    """AUC over patients per class, with every label counted that any feedback touched."""
    rows = [
        (
            str(one.patients_per_class),
            str(one.labels_touched),
            _spread(f"{one.auc:.3f}", one.sd, one.draws),
            _spread(f"{one.baseline_auc:.3f}", one.baseline_sd, one.draws),
            _spread(f"{one.difference:+.3f}", one.difference_sd, one.draws),
            str(one.draws),
        )
        for one in headline.learning
    ]
    header = (
        "patients per class", "labels touched by ScaFE", "ScaFE", "baseline", "difference, paired", "draws",
    )  # fmt: skip
    note = (
        "The classifier is fitted on so many patients per class and scored on the same test patients. "
        "Where feedback or pruning looked at labels of the whole development part, all of them count "
        "as touched: such a point is no few-label result."
        if headline.sealed
        else "The classifier is fitted on at most so many patients per class outside a fold and scored on "
        "the fold; every fold is scored. A class that has fewer gives all it has. No label chose a feature."
    )
    return Section(
        id="learning",
        title="Learning curve",
        blocks=(
            Figure(
                title="AUC over patients per class",
                alt="Mean and standard deviation over draws for ScaFE and baseline; patients on a log axis.",
                svg=learning_figure(headline.learning, headline.baseline.name),
            ),
            table("Mean ± standard deviation over draws", header, rows, numeric=range(len(header))),
            Paragraph(text=note),
        ),
    )


def shortcut_section(headline: Headline) -> Section:
    """Show what size, border, background and outline give alone."""
    if not headline.shortcuts:
        text = "Not run: the held-out test set was not scored, or its images do not allow it."
        return Section(id="shortcuts", title="Shortcut audit", blocks=(Paragraph(text=text),))
    rows = [(one.name, one.what, interval_text(one.auc)) for one in headline.shortcuts]
    telling = [one.name for one in headline.shortcuts if one.auc.low > 0.5]
    text = (
        f"These predict the class by themselves: {', '.join(telling)}. A feature can score by reading "
        "them; check its response to them before you trust it."
        if telling
        else "None of them differs significantly from chance at this sample size."
    )
    return Section(
        id="shortcuts",
        title="Shortcut audit",
        blocks=(
            table(
                "AUC of clinically meaningless properties, each alone, same patients",
                ("property", "what", "AUC (95 % CI)"),
                rows,
                numeric=(2,),
            ),
            Paragraph(text=text, tone="warning" if telling else "plain"),
        ),
    )


def subgroup_section(headline: Headline) -> Section | None:
    """AUC by skin tone, where the pack has skin."""
    if not headline.subgroups:
        return None
    rows = [
        (
            one.name,
            ", ".join(f"{_cell(one.patients[label])} {label}" for label in headline.classes),
            "fewer than 10 in a class: not reported" if one.auc is None else interval_text(one.auc),
        )
        for one in headline.subgroups
    ]
    note = (
        "Skin tone is the individual typology angle of the skin around the lesion, from uncalibrated "
        "photographs: light and camera move it, so groups are approximate. Del Bino S, Bernerd F. "
        "Br J Dermatol 2013;169 Suppl 3:33-40, doi:10.1111/bjd.12529."
    )
    return Section(
        id="subgroups",
        title="By skin tone",
        blocks=(
            table("Same patients, by group", ("group", "patients", "AUC (95 % CI)"), rows, numeric=(2,)),
            Paragraph(text=note),
        ),
    )


def _spread(value: str, sd: float, draws: int) -> str:
    return f"{value} ± {sd:.3f}" if draws > 1 else value


def _cell(count: int) -> str:
    """Count of a small group: a report travels further than its data, and one patient is a person."""
    return str(count) if count >= MIN_CELL else f"<{MIN_CELL}"
