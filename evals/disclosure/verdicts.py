"""Verdicts of the probes, kept in a cache that runs share.

A verdict is the same for the same source, phantoms, probes, libraries and shapes of images; it is kept under
the hash of these. Without a cache every verdict is reached anew: a run's journal holds its own.
"""

from pathlib import Path

from pydantic import ValidationError

from scafe.evals.data.features import what_values_depend_on, write_atomically
from scafe.evals.data.sources import digest
from scafe.evals.disclosure.bands import Edges
from scafe.evals.disclosure.session import BenchSession
from scafe.sandbox.probes.cascade import judge
from scafe.sandbox.probes.determinism import Detectors
from scafe.sandbox.probes.verdict import FeatureEvidence, Finding, Verdict

STEADY = (".75-.9", ">=.9")
"""Bands of stability from which a feature may enter the pool."""


def reach_verdict(session: BenchSession, source: str) -> Verdict:
    """Judge one extractor over the pack's phantoms, and its stability on the study's images too.

    Raises
    ------
    SandboxError
        If the sandbox itself fails.
    """
    return with_images_heard(session, source, phantom_verdict(session, source))


def phantom_verdict(session: BenchSession, source: str) -> Verdict:
    """Judge one extractor over the pack's phantoms alone, or read what the cache knows of it.

    Raises
    ------
    SandboxError
        If the sandbox itself fails.
    """
    path = _place(session, source)
    known = _read(path) if path else None
    if known is not None:
        return known
    detectors = Detectors(session.pool, session.shapes)
    # a drafter has few calls: it is told all that the panel shows
    cache = Path(session.spec.cache) if session.spec.cache else None
    given = (source, session.pack, session.pool, session.spec.seed, detectors)
    verdict = judge(*given, depth="whole", cache=cache, fitted=session.spec.fitted)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(path, verdict.model_dump_json().encode())
    return verdict


def with_images_heard(session: BenchSession, source: str, verdict: Verdict) -> Verdict:
    """Let a feature pass that phantoms alone call unstable, where the study's images say it holds steady.

    Perturbations of phantoms stand for those of patients' images; where there are images, they are asked. In
    the kept run on real images phantoms were the stricter judge: 5 of 19 features below .9 on phantoms were
    at .9 or more on images, none the other way (benchmarks/studies/transfer.md). What is told is one banded
    answer a feature, from no label.
    """
    waiting = {one.name for one in verdict.features if _is_only_unstable(one, verdict)}
    if not waiting:
        return verdict
    steady, edges = session.stability(source), Edges(session.key, verdict.extractor)
    held = {name for name in waiting if edges.stability(steady[name].icc, name) in STEADY}
    return verdict.model_copy(
        update={
            "findings": tuple(_softened(one, held) for one in verdict.findings),
            "features": tuple(
                one.model_copy(update={"accepted": True}) if one.name in held else one
                for one in verdict.features
            ),
        }
    )


def _is_only_unstable(feature: FeatureEvidence, verdict: Verdict) -> bool:
    against = [
        one for one in verdict.findings if one.severity == "reject" and one.feature in (feature.name, None)
    ]
    return bool(against) and all(one.code == "unstable" for one in against)


def _softened(finding: Finding, held: set[str]) -> Finding:
    if finding.code != "unstable" or finding.feature not in held:
        return finding
    message = f"{finding.message}. On this study's images it holds steady, so it may enter"
    return finding.model_copy(update={"severity": "warn", "message": message})


def _place(session: BenchSession, source: str) -> Path | None:
    spec = session.spec
    if not spec.cache:
        return None
    values = what_values_depend_on(source)
    how = f"{values};{spec.sandbox};{spec.seed};{session.facts.scorer_sha256};{session.shapes}"
    how += f";{spec.fitted}" if spec.fitted else ""
    return Path(spec.cache) / "verdicts" / f"{digest(source.encode('utf-8', 'replace'), how.encode())}.json"


def _read(path: Path) -> Verdict | None:
    try:
        return Verdict.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):  # only a damaged disk leaves half a file: judge again
        return None
