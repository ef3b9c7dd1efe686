"""A bundle in words: the model card, and one card per feature. Nothing here that is not in the manifest."""

from collections.abc import Sequence

from scafe.evals.frozen.records import Curve, FrozenFeature, Manifest, Responses
from scafe.knowledge.contract.inert import inert_cell as cell
from scafe.knowledge.contract.inert import inert_markdown as md
from scafe.knowledge.criteria.pack import Citation

NO_CLINICAL_USE = (
    "For research only. Not a medical device; not for diagnosis, triage or treatment. "
    "No clinician has approved any number it gives."
)


def model_card(manifest: Manifest) -> str:
    """Write the model card as Markdown."""
    development = manifest.development
    people = ", ".join(f"{count} {md(label)}" for label, count in development.patients.items())
    classes, positive = " vs ".join(map(md, manifest.classes)), md(manifest.classes[0])
    return "\n".join(
        [
            f"# {md(manifest.pack.id)} {md(manifest.pack.version)}: {classes}",
            "",
            f"**{NO_CLINICAL_USE}**",
            "",
            "## What it is",
            "",
            f"{len(manifest.features)} image features for {len(manifest.criteria)} clinical criteria "
            f"({', '.join(map(md, manifest.criteria))}), each a readable Python file, and a ridge logistic "
            f"regression (C = {manifest.penalty:g}) over them{_prior(manifest)}. {_threshold(manifest)}",
            "",
            *_chosen(manifest),
            *_beside(manifest),
            "## Intended use and limits",
            "",
            "- To study whether written clinical criteria, measured in images, tell these classes apart.",
            "- Out of scope: any decision on a patient; another modality, device or population than it was "
            "developed on; classes it has not seen.",
            "- A probability is calibrated, if at all, to the class mix it was developed on.",
            "",
            "## Development data",
            "",
            f"Patients: {people}. Hash of images, masks, labels, patients: `{manifest.data_sha256[:16]}…`.",
            *_masks(manifest),
            "",
            f"AUC {development.auc:.3f} (95 % interval {development.low:.3f} to {development.high:.3f}) on "
            "the development part. **Optimistic: the features were chosen on these patients.** The headline "
            "is the held-out test set's, in the run's report.",
            "",
            "## Features",
            "",
            "| feature | criterion | unit | predicted | found | log-odds per SD |",
            "|---|---|---|---|---|---|",
            *(_model_row(feature) for feature in manifest.features),
            "",
            f"`predicted` and `found`: in {positive}, against the other classes.",
            "",
            "## To be written by the author",
            "",
            "Funding, ethics approval, who annotated and how, the setting, the population it should serve.",
            "",
        ]
    )


def _threshold(manifest: Manifest) -> str:
    return (
        f"A probability of **{md(manifest.classes[0])}** from {manifest.threshold:.3f} on is called so; the "
        "threshold was fixed on the development part."
    )


def _prior(manifest: Manifest) -> str:
    if not manifest.prior:
        return ""
    signed = sum(sign != 0 for sign in manifest.prior)
    return f", with the directions that criteria declare for {signed} of them as its prior"


def _chosen(manifest: Manifest) -> list[str]:
    kept = manifest.ensemble
    if kept is None:
        return []
    decides = "`ensemble.skops` decides" if kept.decides else "The ridge decides"
    text = (
        f"Beside the ridge a random forest ({kept.trees} trees, at least {kept.leaf} images in a leaf) over "
        f"the same features. {decides}, on the development part's folds: {md(kept.why)}."
    )
    return [text, ""]


def _beside(manifest: Manifest) -> list[str]:
    kept = manifest.companion
    if kept is None:
        return []
    file = (
        f" Its file `{md(kept.note.file)}` (licence {md(kept.note.licence) or 'not stated'}, SHA-256 "
        f"`{kept.note.sha256}`) is not in the bundle; give it to `scafe predict --companion`."
        if kept.note.sha256
        else ""
    )
    text = (
        f"Beside it `fused.skops`, a ridge (C = {kept.penalty:g}) over the same features and {kept.numbers} "
        f"numbers of appearance ({md(kept.note.title)}).{file} Label and threshold are those of the criteria "
        "features alone."
    )
    return [text, ""]


def _masks(manifest: Manifest) -> list[str]:
    told = manifest.locator is not None or manifest.unmasked
    return ["", f"Masks: {md(manifest.masks_told)}."] if told else []


def feature_card(feature: FrozenFeature, positive: str, responses: Responses) -> str:
    """Write the card of one feature as Markdown."""
    own = responses.own_dial.get(feature.column, "")
    curves, marked = responses.curves[feature.column], cell(positive)
    return "\n".join(
        [
            f"# {md(feature.column)}",
            "",
            md(feature.meaning),
            "",
            "| | |",
            "|---|---|",
            f"| criterion | {cell(feature.criterion)} |",
            f"| source of the criterion | {cell(citation_text(feature.citation))} |",
            f"| unit | {cell(feature.unit)} |",
            f"| declared range | {feature.range[0]:g} to {feature.range[1]:g} |",
            f"| as there is more of the criterion | {feature.direction} |",
            f"| in {marked}, predicted | {feature.predicted} |",
            f"| in {marked}, found | {feature.found} (AUC alone {feature.auc:.3f}, development part) |",
            f"| gain in the set | {gain_text(feature)} |",
            f"| same sign over folds | {feature.sign_stability:.0%} |",
            f"| code | `{feature.file}` (SHA-256 `{feature.extractor[:16]}…`) |",
            *([f"| revision | {feature.revision} |"] if feature.revision else []),
            f"| lineage | {_lineage(feature)} |",
            "",
            "## Response on phantoms",
            "",
            "Evidence about the feature, never about accuracy. Median over scenes; ρ is Spearman's.",
            "",
            *_curve_table(curves, own),
            "",
        ]
    )


def citation_text(citation: Citation) -> str:
    """Write a citation with its DOI, and say so where it was not checked against its source."""
    doi = f", doi:{citation.doi}" if citation.doi else ""
    return f"{citation.text}{doi}{'' if citation.verified else ' (not checked against the primary source)'}"


def gain_text(feature: FrozenFeature) -> str:
    """Write the leave-one-out gain with its interval."""
    gain = feature.gain
    return f"{gain.mean:+.3f} AUC ({gain.low:+.3f} to {gain.high:+.3f}) when left out, fresh folds"


def _model_row(feature: FrozenFeature) -> str:
    column, criterion, unit = map(cell, (feature.column, feature.criterion, feature.unit))
    return (
        f"| [{column}](cards/{feature.column}.md) | {criterion} | {unit} | "
        f"{feature.predicted} | {feature.found} | {feature.coefficient:+.2f} |"
    )


def _lineage(feature: FrozenFeature) -> str:
    return " → ".join(f"`{sha256[:8]}`" for sha256 in (*feature.lineage, feature.extractor))


def _curve_table(curves: Sequence[Curve], own: str) -> list[str]:
    if not curves:
        return ["No dial was turned."]
    count = len(curves[0].levels)
    head = " | ".join(f"level {number + 1}" for number in range(count))
    return [
        f"| dial | lowest to highest | ρ | {head} |",
        "|---" * (3 + count) + "|",
        *(_curve_row(curve, own) for curve in curves),
    ]


def _curve_row(curve: Curve, own: str) -> str:
    dial = cell(curve.dial)
    name = f"**{dial}** (its own)" if curve.dial == own else dial
    values = " | ".join("n/a" if value is None else f"{value:.4g}" for value in curve.values)
    span = f"{curve.levels[0]:g} to {curve.levels[-1]:g} {cell(curve.unit)}"
    return f"| {name} | {span} | {curve.spearman:+.2f} | {values} |"
