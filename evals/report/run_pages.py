"""The last pages of a report: what the labels were asked, the walls, the search, and how to check it all."""

from collections.abc import Mapping, Sequence
from typing import Any

from scafe.evals.disclosure.label_noise import DELTA, LabelNoise
from scafe.evals.disclosure.ledger import Ledger
from scafe.evals.frozen.bundle import Bundle
from scafe.evals.report.blocks import Paragraph, Section, Table, table

REPLIES = {
    "extractor": "replies that held an extractor",
    "declined": "replies that declined: nothing better",
    "broken": "replies that could not be read",
}
"""Kind of reply, as the agent counts them -> how a row calls it."""


def ledger_section(
    bundle: Bundle, ledger: Ledger, noise: LabelNoise | None = None, epsilon: float | None = None
) -> Section:
    """How often labels were queried, and how much optimism the answers can have caused."""
    development = bundle.manifest.development
    error = (development.high - development.low) / 4
    rows = [
        ("feedback mode", bundle.manifest.mode),
        ("label queries used", str(ledger.queries_used)),
        ("label queries left", str(ledger.queries_left)),
        ("information in the answers, bits at most", f"{ledger.bits:.1f}"),
        ("largest mean optimism this can cause, AUC", f"{ledger.bound(error):.3f}"),
    ]
    if ledger.expert_reports:
        rows += [
            ("experts' scores, a truth of its own: features set beside them", str(ledger.expert_reports)),
            ("answers about experts' scores that were told", str(ledger.expert_released)),
        ]
    if noise is not None:
        rows += [
            ("differential privacy of the labels: epsilon", f"{epsilon:g}"),
            ("delta", f"{DELTA:g}"),
            ("standard deviation of the noise on each univariate AUC", f"{noise.sigma:.3f}"),
        ]
    text = (
        "The bound is Russo and Zou's (doi:10.1109/TIT.2019.2945779): it concerns the development score "
        "alone. The held-out test set answered no query before it was scored: its result needs no such bound."
    )
    return Section(
        id="ledger",
        title="Label queries",
        blocks=(
            table("Label queries and what they can have told", ("what", "value"), rows, numeric=(1,)),
            Paragraph(text=text),
        ),
    )


def sandbox_section(sandbox: Mapping[str, str]) -> Section:
    """Which walls held the drafted code."""
    rows = [(str(layer), str(status)) for layer, status in sorted(sandbox.items())]
    if not rows:
        rows = [("tier", "not reported by the sandbox")]
    return Section(
        id="sandbox",
        title="Sandbox",
        blocks=(table("Layers that confined the drafted code", ("layer", "status"), rows),),
    )


def search_section(bundle: Bundle, run: Mapping[str, Any]) -> Section:
    """Every revision and where it ended; calls and money."""
    blocks: list[Paragraph | Table] = []
    spent = _spent(bundle, run)
    if spent:
        blocks.append(table("Spent", ("what", "how much"), spent, numeric=(1,)))
    revisions = run.get("revisions")
    if isinstance(revisions, Sequence) and revisions:
        rows = [_revision(one) for one in revisions]
        header = ("revision", "operator", "round", "standing", "reasons", "SHA-256")
        blocks.append(table(f"All {len(rows)} revisions", header, rows))
    if not blocks:
        blocks.append(Paragraph(text="The run recorded nothing about its search."))
    return Section(id="search", title="The search", blocks=tuple(blocks))


def check_section(bundle: Bundle) -> Section:
    """Give the hashes and the command that checks them."""
    manifest = bundle.manifest
    rows = [
        ("bundle (its manifest)", bundle.sha256),
        ("data: images, masks, labels, patients", manifest.data_sha256),
        ("scorer: splits, scores, probes, pack", manifest.scorer_sha256),
        ("criteria pack", manifest.pack.sha256),
        ("seed", str(manifest.seed)),
    ]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(manifest.environment.items()))
    text = (
        "scafe verify BUNDLE checks every file and runs the features again on the phantoms they were "
        f"fingerprinted on (tolerance {manifest.tolerance:g}, relative; "
        f"{manifest.tolerance_other_libraries:g} with libraries of other versions). Frozen with {versions}."
    )
    return Section(
        id="check",
        title="Check it yourself",
        blocks=(table("SHA-256", ("of", "is"), rows), Paragraph(text=text)),
    )


def _spent(bundle: Bundle, run: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = []
    if "calls" in run:
        rows.append(("calls", f"{run['calls']} of {run.get('max_calls', 'no cap')}"))
    replies = run.get("replies")
    if isinstance(replies, Mapping):
        rows += [(words, str(replies.get(kind, 0))) for kind, words in REPLIES.items()]
    budget = run.get("budget")
    if isinstance(budget, Mapping):
        rows += [(str(key).replace("_", " "), str(value)) for key, value in sorted(budget.items())]
        cost = budget.get("cost")
        confirmed = sum(feature.gain.low > 0 for feature in bundle.manifest.features)
        if cost is not None and confirmed:
            rows.append(("cost per feature whose gain is significant", f"{float(cost) / confirmed:.4f}"))
    return rows


def _revision(one: Mapping[str, Any]) -> tuple[str, ...]:
    reasons = ", ".join(str(reason) for reason in one.get("reasons", ())) or "none"
    place = f"{one.get('criterion', '')}/{one.get('name', '')}"
    values = (one.get("operator", ""), one.get("round", ""), one.get("standing", ""))
    return (place, *(str(value) for value in values), reasons, str(one.get("sha256", ""))[:12])
