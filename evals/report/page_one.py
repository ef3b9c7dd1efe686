"""The first page of a report: what it is, the headline with its company, what was frozen, what left."""

from collections.abc import Mapping
from typing import Any

from scafe.evals.frozen.bundle import Bundle
from scafe.evals.frozen.cards import NO_CLINICAL_USE, citation_text
from scafe.evals.frozen.records import FrozenFeature
from scafe.evals.report.blocks import Bullets, Figure, Paragraph, Section, Table, table
from scafe.evals.report.figures import roc_figure
from scafe.evals.scoring.headline import Estimate, Headline


def what_it_is(bundle: Bundle, run: Mapping[str, Any]) -> Section:
    """Say in three sentences what the reader holds."""
    manifest = bundle.manifest
    told = str(run.get("drafter", "an unrecorded drafter"))
    drafter = "the built-in drafter" if told == "builtin" else told
    text = (
        f"{len(manifest.features)} image features for {len(manifest.criteria)} written clinical criteria "
        f"(pack {manifest.pack.id} {manifest.pack.version}), drafted by {drafter}, tested on synthetic "
        f"phantoms, and a {_classifier(bundle)} over them that tells {' from '.join(manifest.classes)}. "
        "Every feature is a readable Python file in the bundle."
    )
    if manifest.locator or manifest.unmasked:
        text = f"{text} Masks: {manifest.masks_told}.{_locator_told(run)}"
    return Section(
        id="what",
        title="What this is",
        blocks=(Paragraph(text=NO_CLINICAL_USE, tone="warning"), Paragraph(text=text)),
    )


def _locator_told(run: Mapping[str, Any]) -> str:
    """Say where a drafted locator comes from; '' where none was to be drafted."""
    told = run.get("locator")
    if not isinstance(told, Mapping):
        return ""
    drafted, why = told.get("asked", 0), told.get("why", "")
    if told.get("chosen") == "draft":
        return f" Locator: {told.get('revision')} of {drafted} that were asked for in the run; it {why}."
    return f" Locator: the one that ships, beside {drafted} that were asked for in the run ({why})."


def _classifier(bundle: Bundle) -> str:
    if bundle.manifest.forest:
        return "random forest"
    return "ridge logistic regression" + (" (prior: declared directions)" if bundle.manifest.prior else "")


def _their_ridge(bundle: Bundle) -> str:
    if bundle.manifest.prior:
        return "same ridge, of whose features nothing is declared"
    return "a ridge" if bundle.manifest.forest else "same ridge"


def headline_section(bundle: Bundle, headline: Headline | None, is_burnt: bool) -> Section:
    """Put the held-out result beside the baseline, the permutation control and the development score."""
    if headline is None:
        return Section(id="headline", title="Headline", blocks=(_no_headline(is_burnt), _only_dev(bundle)))
    blocks: list[Paragraph | Bullets | Table | Figure] = [*_voids(headline), _sentence(headline)]
    blocks.append(_headline_table(bundle, headline))
    blocks.append(_roc(headline))
    return Section(id="headline", title="Headline", blocks=tuple(blocks))


def frozen_section(bundle: Bundle) -> Section:
    """List the frozen features with what was expected and what was found."""
    manifest = bundle.manifest
    rows = [_feature_row(feature) for feature in manifest.features]
    surprises = [one.column for one in manifest.features if contradicts(one)]
    note = (
        f"Found against expectation: {', '.join(surprises)}. The pack, the feature or the data may be wrong; "
        "read its card before you use it."
        if surprises
        else "No feature contradicts the direction that its criteria pack expects."
    )
    citations = [f"{criterion}: {text}" for criterion, text in _citations(manifest.features).items()]
    return Section(
        id="frozen",
        title="Selected features",
        blocks=(
            table(
                f"Features in order. Expected and found: direction in {manifest.classes[0]}, compared with "
                "the other classes; found on the development patients, beyond two standard errors. Gain: AUC "
                "lost when the feature is left out, corrected 95 % confidence interval.",
                ("feature", "criterion", "unit", "expected", "found", "gain", "meaning"),
                rows,
                numeric=(5,),
            ),
            Paragraph(text=note, tone="warning" if surprises else "plain"),
            Paragraph(text="Where the criteria come from:"),
            Bullets(items=tuple(citations)),
        ),
    )


def controls_section(headline: Headline | None) -> Section:
    """Show the null controls and the noise floor."""
    if headline is None:
        blocks: tuple[Paragraph | Table, ...] = (
            Paragraph(text="Not run: the held-out test set was not scored."),
        )
        return Section(id="controls", title="Null controls", blocks=blocks)
    controls = headline.controls
    rows = [
        (one.name, one.what, one.result, "as expected" if one.passed else "FAILED") for one in controls.items
    ]
    floor = (
        f"Noise floor: a feature of pure noise gains up to {controls.noise_floor:+.3f} AUC here "
        "(95th percentile). A smaller gain cannot be distinguished from noise."
    )
    return Section(
        id="controls",
        title="Null controls and noise floor",
        blocks=(
            table(
                "The same procedure applied to labels and features without meaning",
                ("control", "what", "result", "as expected?"),
                rows,
            ),
            Paragraph(text=floor),
        ),
    )


def egress_section(run: Mapping[str, Any]) -> Section:
    """Say what left this machine, or that nothing did."""
    told = run.get("egress")
    if not isinstance(told, Mapping):
        drafter = str(run.get("drafter", ""))
        text = (
            "Nothing: the built-in drafter calls no model, and no other part of ScaFE opens a connection."
            if drafter == "builtin"
            else "Not recorded in this report; scafe runs egress RUN prints every byte."
        )
        return Section(id="egress", title="What left this machine", blocks=(Paragraph(text=text),))
    rows = [(str(key), _told(value)) for key, value in sorted(told.items())]
    promise = (
        "Criteria, code, findings on phantoms and banded aggregates at most; no pixel, path, patient or "
        "per-image value. scafe runs egress RUN prints every byte that was sent."
    )
    return Section(
        id="egress",
        title="What left this machine",
        blocks=(table("Sent to a model", ("what", "how much"), rows), Paragraph(text=promise)),
    )


def interval_text(one: Estimate) -> str:
    """Write an estimate with its interval."""
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


def _no_headline(is_burnt: bool) -> Paragraph:
    if is_burnt:
        text = (
            "No result: scoring the held-out test set was interrupted. The set may be scored only once, so "
            "these patients can give no held-out result any more."
        )
    else:
        text = "No result: the held-out test set was left sealed."
    return Paragraph(text=text, tone="warning")


def _only_dev(bundle: Bundle) -> Table:
    return table("Development score", ("what", "AUC (95 % CI)", "how"), [_dev_row(bundle)], numeric=(1,))


def _voids(headline: Headline) -> list[Paragraph]:
    return [
        Paragraph(
            text=f"NO CLAIM CAN BE MADE FROM THIS RUN. The null control '{one.name}' failed: {one.result}. "
            f"The procedure found a signal in {one.what}; the signal in the features may be just as empty.",
            tone="warning",
        )
        for one in headline.controls.voids
    ]


def _sentence(headline: Headline) -> Paragraph:
    people = ", ".join(f"{headline.patients[label]} {label}" for label in headline.classes)
    where = "the held-out test set" if headline.sealed else "cross-validation (nothing held out)"
    verdict = verdict_on(headline)
    return Paragraph(
        text=f"AUC {interval_text(headline.model.auc)} on {where} ({people}; {headline.images} images). "
        f"{verdict}"
    )


def verdict_on(headline: Headline) -> str:
    """Say in one sentence how the difference to the baseline came out, with its test."""
    gain, p = headline.difference.auc, headline.difference.p
    test = f"{headline.baseline.name}; {headline.difference.method}" + ("" if p is None else f", p = {p:.3f}")
    if gain.low > 0:
        return f"Significantly better than the simple baseline ({test})."
    if gain.high < 0:
        return f"Significantly worse than the simple baseline ({test})."
    return f"Not significantly different from the simple baseline ({test})."


def _headline_table(bundle: Bundle, headline: Headline) -> Table:
    permuted = headline.permuted
    gain = headline.difference
    p_text = "" if gain.p is None else f", p = {gain.p:.3f}"
    rows = [
        (f"ScaFE, {headline.model.features} features", interval_text(headline.model.auc), headline.method),
        (
            f"baseline: {headline.baseline.name}, {headline.baseline.features} features",
            interval_text(headline.baseline.auc),
            f"same patients, {_their_ridge(bundle)}",
        ),
        (
            "ScaFE minus baseline",
            f"{gain.auc.value:+.3f} ({gain.auc.low:+.3f} to {gain.auc.high:+.3f})",
            f"{gain.method}{p_text}",
        ),
        (
            "label-permutation control",
            f"{permuted.auc:.3f} ({permuted.low:.3f} to {permuted.high:.3f})",
            f"{permuted.draws} refits, smallest to largest; permutation p of ScaFE = {permuted.p:.4f}",
        ),
        _dev_row(bundle),
    ]
    return table("Result and comparisons", ("what", "AUC (95 % CI)", "how"), rows, numeric=(1,))


def _dev_row(bundle: Bundle) -> tuple[str, str, str]:
    development = bundle.manifest.development
    value = f"{development.auc:.3f} ({development.low:.3f} to {development.high:.3f})"
    how = "cross-validated on the patients that the features were chosen on: not a result"
    if bundle.manifest.mode == "blind":
        how = "cross-validated on the development patients; no label chose a feature"
    return ("development score (optimistic)", value, how)


def _roc(headline: Headline) -> Figure:
    model, baseline = headline.model, headline.baseline
    return Figure(
        title="ROC curves",
        alt=f"Sensitivity against 1 - specificity for {headline.classes[0]}: ScaFE encloses "
        f"{model.auc.value:.3f}, the baseline {baseline.auc.value:.3f}; chance is the diagonal.",
        svg=roc_figure(headline),
    )


def _feature_row(feature: FrozenFeature) -> tuple[str, ...]:
    gain = feature.gain
    return (
        feature.column,
        feature.criterion,
        feature.unit,
        feature.predicted,
        feature.found,
        f"{gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})",
        feature.meaning,
    )


def contradicts(feature: FrozenFeature) -> bool:
    """Whether a feature was found to move against what its criterion lets one expect."""
    return {feature.predicted, feature.found} == {"up", "down"}


def _citations(features: tuple[FrozenFeature, ...]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for one in features:
        texts = found.setdefault(one.criterion, [])
        text = citation_text(one.citation)
        texts += [] if text in texts else [text]
    return {criterion: "; ".join(texts) for criterion, texts in found.items()}


def _told(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(one) for one in value) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {one}" for key, one in sorted(value.items())) or "none"
    return "none" if value is None else str(value)
