"""The abstract on top of a report: ten lines that a clinician can read alone."""

from collections.abc import Mapping
from typing import Any

from scafe.evals.frozen.bundle import Bundle
from scafe.evals.frozen.cards import NO_CLINICAL_USE
from scafe.evals.report.blocks import Bullets, Section
from scafe.evals.report.page_one import contradicts, interval_text, verdict_on
from scafe.evals.scoring.headline import Headline

SHOWN = 3
"""Features that are named; the others are counted."""


def abstract_section(bundle: Bundle, headline: Headline | None, run: Mapping[str, Any]) -> Section:
    """Say the question, the answer with its uncertainty, what it rests on, and what it does not show."""
    lines = [
        _question(bundle),
        _patients(headline),
        _result(headline),
        _comparison(headline),
        _control(headline),
        _development(bundle),
        _features(bundle),
        _surprises(bundle),
        _privacy(run),
        f"Use: {NO_CLINICAL_USE[:1].lower()}{NO_CLINICAL_USE[1:]}",
    ]
    return Section(id="abstract", title="Abstract", blocks=(Bullets(items=tuple(lines)),))


def _question(bundle: Bundle) -> str:
    manifest = bundle.manifest
    return (
        f"Question: do {len(manifest.features)} image features, written for {len(manifest.criteria)} "
        f"clinical criteria of {manifest.pack.id}, tell {' from '.join(manifest.classes)}?"
    )


def _patients(headline: Headline | None) -> str:
    if headline is None:
        return "Patients: none yet; the held-out test set was not scored."
    people = ", ".join(f"{headline.patients[label]} {label}" for label in headline.classes)
    where = "held out until the end and scored once" if headline.sealed else "cross-validated; none held out"
    return f"Patients: {people} ({headline.images} images), {where}."


def _result(headline: Headline | None) -> str:
    if headline is None:
        return "Result: none."
    if headline.controls.voids:
        return "Result: none may be claimed; a control that must find nothing found something (see Headline)."
    return f"Result: AUC {interval_text(headline.model.auc)}, 95 % confidence interval; .5 is chance."


def _comparison(headline: Headline | None) -> str:
    if headline is None:
        return "Comparison: none."
    told = verdict_on(headline)
    return f"Comparison: {headline.baseline.name} reaches {interval_text(headline.baseline.auc)}. {told}"


def _control(headline: Headline | None) -> str:
    if headline is None:
        return "Control: none."
    return (
        "Control: with labels shuffled among patients the same procedure reaches AUC "
        f"{headline.permuted.auc:.3f}; about .5 is expected."
    )


def _development(bundle: Bundle) -> str:
    score = bundle.manifest.development
    return (
        f"Development score: AUC {score.auc:.3f}, on the patients that the search used; it is optimistic and "
        "no result."
    )


def _features(bundle: Bundle) -> str:
    ranked = sorted(bundle.manifest.features, key=lambda one: -abs(one.coefficient))
    named = "; ".join(f"{one.column} ({one.criterion.replace('_', ' ')})" for one in ranked[:SHOWN])
    more = f"; and {len(ranked) - SHOWN} more" if len(ranked) > SHOWN else ""
    return f"Features that weigh most: {named}{more}."


def _surprises(bundle: Bundle) -> str:
    odd = [one.column for one in bundle.manifest.features if contradicts(one)]
    if not odd:
        return "Expectation: no feature moves against the direction that its criterion lets one expect."
    return f"Expectation: {len(odd)} move against the direction that was expected: {', '.join(odd)}."


def _privacy(run: Mapping[str, Any]) -> str:
    if str(run.get("drafter", "")) == "builtin":
        return "Privacy: nothing left this machine."
    return (
        "Privacy: criteria, code and coarse aggregates were sent or handed out at most; no image, path or "
        "value of a patient."
    )
