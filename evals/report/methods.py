"""A paper's methods paragraph for a run, and its TRIPOD+AI and CLAIM tables, from what the run recorded.

Nothing is computed and no image is opened: sentences quote the bundle's manifest, the run's events and its
report. What none of these holds stands there as `not known to ScaFE`, for the author to write.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.disclosure.bench import Opened
from scafe.evals.frozen.records import Manifest
from scafe.evals.report.blocks import Bullets, Paragraph, Report, Section, Table, table
from scafe.evals.report.checklists import AUTHORS, SOURCES

UNKNOWN = "not known to ScaFE"
TABLES = ("TRIPOD+AI", "CLAIM 2024")
METHOD = "Wang and Ye 2026, arXiv:2606.18063"
DRAFTERS = {
    "builtin": "by the built-in drafter, which varies reference measures and asks no language model",
    "manual": "by a person, or by a model to which a person carried each prompt",
    "replay": "by replaying the recorded replies of an earlier run",
}
"""Kind of drafter -> how it drafts; any other is a language model."""
SEARCHES = {
    "loop": "an adaptive loop (plan, parallel blind drafts, repairs from findings, a few adaptive rounds)",
    "no_round": "one wide round (plan, parallel blind drafts, repairs from findings) without adaptive rounds",
    "best_of_n": "parallel drafts without adaptive rounds",
    "one_shot": "one draft for each criterion",
}
STEERING = {
    "blind": "Labels did not steer the search.",
    "gated": "The search could compare features with the labels {queries} times, and was told coarse bands.",
}
SEALED = (
    "Patients of each class were split by a hash of patient and seed before any feature was computed; 30 % "
    "were "
    "held out, kept from the search, and scored once after the feature set was frozen."
)
FOLDED = (
    "There were too few patients to hold any out; the result is one patient-grouped cross-validation of a "
    "feature set that no label chose."
)
UNKNOWNS = (
    "eligibility, setting, and dates of recruitment",
    "how the outcome was determined, by whom, and whether they were blinded to the images",
    "devices, protocols and operators that made the images",
    "ethics approval, consent, funding, conflicts of interest, registration",
    "whether other runs on the same patients were made and not reported",
)
REFERENCES = (
    f"Method: {METHOD}.",
    "Interval of the held-out AUC: Newcombe RG. Stat Med 2006;25:559-573, doi:10.1002/sim.2324.",
    "Paired comparison: DeLong ER et al. Biometrics 1988;44:837-845, doi:10.2307/2531595.",
    "Interval over folds: Nadeau C, Bengio Y. Mach Learn 2003;52:239-281, doi:10.1023/A:1024068626366.",
)


class RunFacts(BaseModel):
    """What the trace of a run says of it, for the methods paragraph."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str = Field(description="the run's id")
    version: str = Field(description="of ScaFE")
    drafter: str = Field(description="as --model named it")
    endpoint: str = Field(default="", description="where prompts went; '' if nowhere")
    search: str = "loop"
    rounds: int = Field(default=0, description="adaptive rounds that were assessed")
    seed: int
    queries: int = Field(description="label queries that were allowed")
    revisions: int = Field(description="extractors that were drafted")
    pooled: int = Field(description="of these, with a feature that passed probes, novelty and gate")
    approvals: tuple[tuple[str, str], ...] = Field(description="(gate, who decided)")
    tier: str = Field(default="", description="of the sandbox")
    opened: Opened | None = Field(default=None, description="the headline, if the run scored one")


def methods_report(manifest: Manifest, facts: RunFacts, report: Mapping[str, Any]) -> Report:
    """Put paragraph, tables and what is left to the author together.

    Parameters
    ----------
    manifest : Manifest
        Of the run's bundle.
    facts : RunFacts
        What the events say.
    report : mapping
        The run's `report.json`, for its two tables.

    Returns
    -------
    Report
        In the form that reports have; `to_markdown` writes it.
    """
    sections = (
        Section(
            id="methods",
            title="Methods",
            blocks=tuple(Paragraph(text=one) for one in _methods(manifest, facts)),
        ),
        Section(id="result", title="Result, in one sentence", blocks=(Paragraph(text=_result(facts)),)),
        Section(id="sources", title="Sources", blocks=(Bullets(items=tuple(_sources(manifest))),)),
        Section(id="checklists", title="Reporting guidelines", blocks=tuple(_checklists(report))),
        Section(id="unknown", title="For the author to write", blocks=(_left(),)),
    )
    return Report(title=f"Methods of run {facts.run}", sections=sections)


def _methods(manifest: Manifest, facts: RunFacts) -> Iterator[str]:
    yield _features(manifest, facts)
    yield _acceptance(manifest, facts)
    yield _data(manifest, facts)
    yield _model(manifest, facts)
    yield _oversight(facts)


def _features(manifest: Manifest, facts: RunFacts) -> str:
    kind, _, name = facts.drafter.partition(":")
    drafted = DRAFTERS.get(kind, f"by the language model {name or kind} ({facts.endpoint or UNKNOWN})")
    return (
        f"Image features were derived from the written criteria of the pack {manifest.pack.id} "
        f"{manifest.pack.version} with ScaFE {facts.version} ({METHOD}). Feature extractors, short Python "
        "programs of one "
        f"criterion each, were drafted {drafted}, in {_search(facts)}; "
        f"{facts.revisions} extractors were drafted, of which {facts.pooled} had a feature that was kept. "
        "The drafter was given criteria, its own "
        f"code, findings on synthetic images and banded aggregates; no image, label or value of one image."
    )


def _search(facts: RunFacts) -> str:
    is_wide = facts.search == "loop" and facts.rounds == 0
    return SEARCHES.get("no_round" if is_wide else facts.search, facts.search)


def _acceptance(manifest: Manifest, facts: RunFacts) -> str:
    return (
        f"A feature was accepted only if on synthetic images of known truth (phantom {manifest.phantom}) "
        "it followed the quantity "
        "of its own criterion, followed no other criterion's more, and stayed steady under changes of "
        "light, "
        "camera and geometry. Extractors ran in a sandbox"
        + (f" (tier {facts.tier})" if facts.tier else "")
        + f". {STEERING.get(manifest.mode, '').format(queries=facts.queries)} "
        f"{len(manifest.features)} features of {len(manifest.criteria)} criteria were selected after "
        "leave-one-out pruning on "
        "cross-validation folds that the search had not used."
    )


def _data(manifest: Manifest, facts: RunFacts) -> str:
    people = ", ".join(f"{count} {label}" for label, count in manifest.development.patients.items())
    split = UNKNOWN if facts.opened is None else SEALED if facts.opened.sealed else FOLDED
    return (
        f"Development patients: {people}. Masks: {manifest.masks_told}. Images of one patient were never "
        "on both sides of a split. "
        f"{split} The data are identified by SHA-256 {manifest.data_sha256}; their origin is {UNKNOWN}."
    )


def _model(manifest: Manifest, facts: RunFacts) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(manifest.environment.items()))
    return (
        f"Missing values were replaced by development medians, {_fitted(manifest)} The same procedure "
        "on colour and "
        "texture features, and on labels permuted among patients, served as baseline and control. "
        "Everything was seeded "
        f"(seed {facts.seed}). Software: {versions}. Extractors, classifier and hashes are in the bundle."
    )


def _fitted(manifest: Manifest) -> str:
    """Say what was fitted, and what stands beside it."""
    ridge = (
        "features standardised, and a ridge logistic regression fitted whose "
        f"penalty (C = {manifest.penalty:g}) was chosen by patient-grouped inner folds{_prior(manifest)}."
    )
    forest, companion = manifest.forest, manifest.companion
    if forest is not None:
        ridge = (
            f"and a random forest fitted ({forest.trees} trees, at least {forest.leaf} images in a leaf), "
            "which was chosen against a ridge logistic regression on development folds before the held-out "
            "test set was scored; baseline and ridge were fitted on standardised features."
        )
    if companion is None:
        return ridge
    return (
        f"{ridge} Beside it, {companion.numbers} numbers of appearance ({companion.note.title}) were joined "
        "to the features under one ridge, each block of the same variance in all; the result below is that "
        "of the criteria features alone."
    )


def _prior(manifest: Manifest) -> str:
    signed = sum(sign != 0 for sign in manifest.prior)
    if not signed:
        return ""
    return (
        f"; its prior was one common effect along the directions that criteria declare for {signed} "
        "features, with deviations of the same spread"
    )


def _oversight(facts: RunFacts) -> str:
    decided = "; ".join(f"{gate}: {name}" for gate, name in facts.approvals) or UNKNOWN
    return (
        f"Decisions at the gates for plan, selected features and held-out test set were made by: {decided}."
    )


def _result(facts: RunFacts) -> str:
    found = facts.opened
    if found is None or found.auc is None or found.low is None or found.high is None:
        return f"The run scored no held-out test set; a result is {UNKNOWN}."
    where = "on the held-out test set" if found.sealed else "in cross-validation"
    beside = ""
    if (
        found.difference is not None
        and found.difference_low is not None
        and found.difference_high is not None
    ):
        beside = (
            f"; difference from the colour-and-texture baseline {found.difference:+.3f} "
            f"({found.difference_low:+.3f} to {found.difference_high:+.3f})"
        )
    permuted = "" if found.permuted_auc is None else f"; with permuted labels {found.permuted_auc:.3f}"
    voided = "" if found.voided is None else f" The null controls do not bear this claim: {found.voided}."
    interval = f"{found.auc:.3f} (95 % CI {found.low:.3f} to {found.high:.3f})"
    return f"AUC {where} {interval}{beside}{permuted}.{voided}"


def _sources(manifest: Manifest) -> Iterator[str]:
    cited = dict.fromkeys(_cited(feature.citation.model_dump()) for feature in manifest.features)
    yield from cited
    yield from REFERENCES


def _cited(citation: Mapping[str, Any]) -> str:
    doi = f", doi:{citation['doi']}" if citation.get("doi") else ""
    return f"{citation['text']}{doi}" + (
        "" if citation.get("verified") else " (not checked against the source)"
    )


def _checklists(report: Mapping[str, Any]) -> Iterator[Paragraph | Table]:
    yield Paragraph(text=SOURCES)
    for caption in TABLES:
        found = _table_of(report, caption)
        if found is None:
            yield Paragraph(text=f"{caption}: {UNKNOWN}; the run's report has no such table.")
            continue
        rows = [tuple(UNKNOWN if cell == AUTHORS else str(cell) for cell in row) for row in found["rows"]]
        yield table(caption, tuple(map(str, found["header"])), rows)


def _table_of(report: Mapping[str, Any], caption: str) -> Mapping[str, Any] | None:
    blocks = (block for section in report.get("sections", ()) for block in section.get("blocks", ()))
    return next((one for one in blocks if one.get("kind") == "table" and one.get("caption") == caption), None)


def _left() -> Bullets:
    return Bullets(items=tuple(f"{one}: {UNKNOWN}" for one in UNKNOWNS))
