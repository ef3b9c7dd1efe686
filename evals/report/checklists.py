"""Items of reporting guidelines that a run can fill by itself; the rest is the author's to write.

An item is filled only by quoting a value; nothing is called complete because a field exists.
"""

from scafe.evals.frozen.bundle import Bundle
from scafe.evals.frozen.records import Manifest
from scafe.evals.report.blocks import Paragraph, Section, table
from scafe.evals.scoring.headline import Headline

AUTHORS = "TO BE WRITTEN BY THE AUTHOR"
SOURCES = (
    "TRIPOD+AI: Collins GS et al. BMJ 2024;385:e078378, doi:10.1136/bmj-2023-078378. "
    "CLAIM 2024: Tejani AS et al. Radiol Artif Intell 2024;6:e240300, doi:10.1148/ryai.240300. "
    "Items are paraphrased; item numbers of CLAIM differ between versions and are left out."
)
TRIPOD_AUTHOR = (
    ("2-4", "abstract, background and objectives"),
    ("6", "eligibility, setting and dates of recruitment"),
    ("8", "outcome: definition, who assessed it, blinding"),
    ("17", "ethics approval"),
    ("18a-e", "funding, conflicts, protocol, registration, data sharing"),
    ("19", "patient and public involvement"),
    ("25", "interpretation against other studies"),
    ("27", "usability in care: poor input, user, next steps"),
)
CLAIM_AUTHOR = (
    "reference standard: how labels were made, by whom, how far annotators agree",
    "de-identification: how it was done before the images came here",
    "intended clinical role of the model",
    "failure analysis by a clinician of misclassified cases (kept where the images are)",
)


def checklist_section(bundle: Bundle, headline: Headline | None) -> Section:
    """List the items with what fills them, and what is left to write."""
    filled = _tripod(bundle, headline)
    rows = [(number, item, value) for number, item, value in filled]
    rows += [(number, item, AUTHORS) for number, item in TRIPOD_AUTHOR]
    claim = [(item, value) for item, value in _claim(bundle, headline)]
    claim += [(item, AUTHORS) for item in CLAIM_AUTHOR]
    return Section(
        id="checklists",
        title="Reporting guidelines",
        blocks=(
            Paragraph(
                text=f"{len(filled)} of {len(rows)} rows of TRIPOD+AI are filled by the run. {SOURCES}"
            ),
            table("TRIPOD+AI", ("item", "what it asks", "value"), rows),
            table("CLAIM 2024", ("what it asks", "value"), claim),
        ),
    )


def _tripod(bundle: Bundle, headline: Headline | None) -> list[tuple[str, str, str]]:
    manifest = bundle.manifest
    people = ", ".join(f"{count} {label}" for label, count in manifest.development.patients.items())
    masks = manifest.masks_told
    if manifest.mask_label is not None:
        masks = f"{masks}, level {manifest.mask_label}"
    rows = [
        ("5a", "source of data", f"hash {manifest.data_sha256[:16]}…; origin is the author's to name"),
        ("7", "data preparation", f"features from images and masks {masks}; median imputation; scaling"),
        ("9a-c", "predictors", f"{len(manifest.features)}, each with file, unit, criterion and citation"),
        ("10", "sample size", f"development patients: {people}{_test_size(headline)}"),
        (
            "11",
            "missing data",
            "a value that cannot be measured is missing; the development median stands in",
        ),
        ("12a", "data split", "by patient and class, fixed by a hash of patient and seed before any model"),
        ("12c-d", "model and tuning", _model_told(manifest)),
        ("13", "class imbalance", "no resampling; threshold by sensitivity + specificity out of fold"),
        (
            "15",
            "output and threshold",
            f"probability of {manifest.classes[0]}; called from {manifest.threshold:.3f}",
        ),
        ("18f", "code", "every feature and the classifier are in the bundle"),
        ("22", "full model", f"{_parts_told(manifest)}, versions in manifest.json"),
    ]
    if headline is not None:
        rows += _tripod_of_headline(headline)
    return sorted(rows, key=lambda row: (int("".join(filter(str.isdigit, row[0].split("-")[0]))), row[0]))


def _model_told(manifest: Manifest) -> str:
    forest = manifest.forest
    if forest is None:
        prior = ", prior along declared directions" if manifest.prior else ""
        return f"ridge logistic regression, C = {manifest.penalty:g} by inner folds{prior}"
    grown = f"{forest.trees} trees, leaves of {forest.leaf} images"
    return f"random forest, {grown}; chosen against a ridge on development folds"


def _parts_told(manifest: Manifest) -> str:
    if manifest.forest is None:
        return "coefficients and scaler in classifier.skops"
    return "trees in ensemble.skops"


def _tripod_of_headline(headline: Headline) -> list[tuple[str, str, str]]:
    model = headline.model.auc
    groups = f"{len(headline.subgroups)} skin-tone groups" if headline.subgroups else "no groups known"
    slope = headline.calibration.slope
    return [
        ("12e", "measures", "AUC, Brier, calibration, net benefit, confusion at a fixed threshold"),
        ("14", "fairness", groups),
        ("20", "flow", ", ".join(f"{count} {label}" for label, count in headline.patients.items())),
        (
            "23a",
            "performance",
            f"AUC {model.value:.3f} ({model.low:.3f} to {model.high:.3f}); {headline.method}",
        ),
        ("23b", "calibration", "not defined" if slope is None else f"slope {slope:.2f}"),
        ("24", "model updating", "none: the held-out test set is scored once"),
        ("26", "limitations", f"one dataset; interval {model.high - model.low:.2f} wide; no external test"),
    ]


def _claim(bundle: Bundle, headline: Headline | None) -> list[tuple[str, str]]:
    manifest = bundle.manifest
    stable = "each feature kept ICC(A,1) of .75 or more under five perturbations of phantoms"
    rows = [
        (
            "partitions at the level of the patient",
            "yes: no patient is in two parts or on both sides of a fold",
        ),
        ("features and pre-processing", "the extractors' source, in the bundle"),
        ("robustness", stable),
        ("model file and its hash", f"classifier.skops, {manifest.files['classifier.skops'][:16]}…"),
        ("software versions", ", ".join(f"{k} {v}" for k, v in sorted(manifest.environment.items()))),
    ]
    if headline is not None:
        rows.append(("comparison with a simple method", f"{headline.baseline.name}, same patients"))
        rows.append(("statistical uncertainty", headline.method))
    return rows


def _test_size(headline: Headline | None) -> str:
    if headline is None:
        return ""
    people = ", ".join(f"{count} {label}" for label, count in headline.patients.items())
    return f"; test patients: {people}"
