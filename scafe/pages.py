"""What a notebook shows of a run and of a bundle: headline, features, verdicts. Everything is escaped."""

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, Template

from scafe.agent.record.revisions import Revision
from scafe.evals.frozen.records import FrozenFeature, Manifest

STYLE = """
<style>
.scafe table {border-collapse: collapse; margin: .4em 0 1em}
.scafe th, .scafe td {text-align: left; vertical-align: top; padding: .2em .8em .2em 0}
.scafe tr {border-bottom: 1px solid rgba(127, 127, 127, .35)}
.scafe td.number {text-align: right; font-variant-numeric: tabular-nums}
.scafe caption {text-align: left; font-weight: bold; padding: .3em 0}
</style>
"""
PAGE = (
    STYLE
    + """
<div class="scafe">
<p><strong>{{ head }}</strong>{% for line in lines %}<br>{{ line }}{% endfor %}</p>
{% if features %}
<table><caption>Selected features</caption>
<tr><th>feature</th><th>criterion</th><th>unit</th><th>meaning</th><th>AUC alone (development)</th></tr>
{% for one in features %}
<tr><td>{{ one.column }}</td><td>{{ one.criterion }}</td><td>{{ one.unit }}</td><td>{{ one.meaning }}</td>
<td class="number">{{ "%.3f" | format(one.auc) }}</td></tr>
{% endfor %}
</table>
{% endif %}
{% if revisions %}
<table><caption>Revisions and their verdicts</caption>
<tr><th>revision</th><th>now</th><th>features that passed the probes</th><th>findings</th></tr>
{% for one in revisions %}
<tr><td>{{ one.name }}</td><td>{{ words[one.standing] }}</td>
<td>{{ one.verdict.accepted_names | join(", ") if one.verdict else "" }}</td>
<td>
{% for finding in (one.verdict.findings if one.verdict else ()) %}
<span title="{{ finding.message }}">{{ finding.severity }}: {{ finding.code }}
{{ "(" ~ finding.feature ~ ")" if finding.feature }}</span>
{% if not loop.last %}<br>{% endif %}
{% endfor %}
</td></tr>
{% endfor %}
</table>
{% endif %}
<p>For research only; not for diagnosis.</p>
</div>
"""
)
STANDINGS = {
    "drafted": "drafted",
    "judged": "probed",
    "turned_away": "rejected before scoring",
    "pooled": "in the pool",
    "replaced": "replaced by a later one",
    "chosen": "the run's locator",
}
"""What the record calls the standing of a revision -> the same in words."""


def run_page(
    head: str,
    lines: Sequence[str],
    features: Sequence[FrozenFeature],
    revisions: Sequence[Revision],
) -> str:
    """Show a run: where it stands, its headline, its selected features and every verdict."""
    return _page(head, lines, features, revisions)


def bundle_page(name: str, manifest: Manifest, sha256: str) -> str:
    """Show a bundle: what it tells apart, its development score, its features."""
    dev = manifest.development
    patients = ", ".join(f"{count} {label}" for label, count in dev.patients.items())
    lines = (
        f"criteria pack {manifest.pack.id} {manifest.pack.version}; {len(manifest.features)} features of "
        f"{len(manifest.criteria)} criteria; sha256 {sha256[:16]}",
        f"development score (optimistic): AUC {dev.auc:.3f} (95 % {dev.low:.3f} to {dev.high:.3f}), "
        f"{patients}",
    )
    return _page(f"{name}: {' against '.join(manifest.classes)}", lines, manifest.features)


def _page(
    head: str,
    lines: Sequence[str],
    features: Sequence[FrozenFeature],
    revisions: Sequence[Revision] = (),
) -> str:
    return _template().render(head=head, lines=lines, features=features, revisions=revisions, words=STANDINGS)


@cache
def _template() -> Template:
    return Environment(autoescape=True, trim_blocks=True).from_string(PAGE)
