"""The report of a run: one HTML file that opens offline, and the same content as Markdown and JSON."""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from scafe.evals.data.features import write_atomically
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.frozen.bundle import Bundle, open_bundle
from scafe.evals.frozen.seal import MARKER, find_headline
from scafe.evals.report.abstract import abstract_section
from scafe.evals.report.blocks import Report, Section, report_body, to_json, to_markdown, visible
from scafe.evals.report.checklists import checklist_section
from scafe.evals.report.classifiers import classifier_section
from scafe.evals.report.companion import companion_section
from scafe.evals.report.details import (
    benefit_section,
    calibration_section,
    calls_section,
    learning_section,
    phantom_section,
    shortcut_section,
    subgroup_section,
)
from scafe.evals.report.experts_page import experts_section
from scafe.evals.report.glossary import glossary_section
from scafe.evals.report.page_one import (
    controls_section,
    egress_section,
    frozen_section,
    headline_section,
    what_it_is,
)
from scafe.evals.report.run_pages import check_section, ledger_section, sandbox_section, search_section
from scafe.evals.report.transfer_page import transfer_section
from scafe.evals.scoring.headline import Headline

__all__ = ["Report", "build_report", "report_body", "to_html", "write_report"]


def write_report(session: BenchSession, bundle: str, folder: str, run: dict[str, Any]) -> dict[str, str]:
    """Write report.html, report.md and report.json.

    Parameters
    ----------
    session : BenchSession
    bundle : str
        Folder of the frozen bundle.
    folder : str
        Where the three files go.
    run : dict
        What the agent tells: `drafter`, `revisions`, `calls`, `max_calls`; optionally `egress` and
        `budget`, each a mapping that is shown as it stands. Unknown keys are ignored.

    Returns
    -------
    dict
        Kind (html, md, json) -> path.
    """
    opened = open_bundle(bundle)
    report = build_report(session, opened, run)
    times = _times(session)
    texts = {
        "html": to_html(report, times),
        "md": to_markdown(report, times),
        "json": to_json(report, times),
    }
    paths = {kind: Path(folder) / f"report.{kind}" for kind in texts}
    for kind, path in paths.items():
        write_atomically(path, texts[kind].encode())
    return {kind: str(path) for kind, path in paths.items()}


def build_report(session: BenchSession, bundle: Bundle, run: Mapping[str, Any]) -> Report:
    """Put the sections together; no time of day decides anything in them."""
    headline = find_headline(session)
    is_burnt = headline is None and (session.folder / MARKER).exists()
    first = [
        abstract_section(bundle, headline, run),
        what_it_is(bundle, run),
        headline_section(bundle, headline, is_burnt),
        frozen_section(bundle),
        controls_section(headline),
        egress_section(run),
    ]
    last = [
        ledger_section(bundle, session.ledger, session.noise, session.spec.dp_epsilon),
        sandbox_section(session.facts.sandbox),
        search_section(bundle, run),
        checklist_section(bundle, headline),
        check_section(bundle),
        glossary_section(),
    ]
    middle = [] if headline is None else _of_patients(headline)
    asked = [] if headline is None else [classifier_section(headline), companion_section(headline)]
    first[3:3] = [one for one in asked if one is not None]
    beside = (transfer_section(session, bundle), experts_section(session, bundle))
    truths = [one for one in beside if one is not None]
    manifest = bundle.manifest
    title = f"ScaFE report: {' vs '.join(manifest.classes)} ({manifest.pack.id})"
    return Report(title=title, sections=(*first, *middle, phantom_section(bundle), *truths, *last))


def to_html(report: Report, times: str) -> str:
    """Write a report as one HTML file without script, network or font of another host."""
    style = _template("report.css")
    # Autoescape is on: every text in a report may come from a model.
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters["visible"] = visible
    template = environment.from_string(_template("report.html.j2"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return template.render(report=report, times=times, style=_Safe(style), style_hash=digest) + "\n"


def _of_patients(headline: Headline) -> list[Section]:
    sections = [
        calls_section(headline),
        calibration_section(headline),
        benefit_section(headline) if len(headline.classes) == 2 else None,
        learning_section(headline),
        shortcut_section(headline),
        subgroup_section(headline),
    ]
    return [one for one in sections if one is not None]


class _Safe(str):
    """A text of ours that needs no escaping."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def _template(name: str) -> str:
    return (resources.files("scafe.evals.report") / "templates" / name).read_text(encoding="utf-8")


def _times(session: BenchSession) -> str:
    """When the seal was opened: the only time of day in a report."""
    try:
        marker = json.loads((session.folder / MARKER).read_bytes())
        return f"held-out test set scored {marker['opened_at']} by {marker['actor']}"
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return "the held-out test set was not scored"
