"""Verdicts of the probes, kept in a cache that runs share.

A verdict is the same for the same source, phantoms, probes, libraries and shapes of images; it is kept under
the hash of these. Without a cache every verdict is reached anew: a run's journal holds its own.
"""

from pathlib import Path

from pydantic import ValidationError

from scafe.evals.data.features import what_values_depend_on, write_atomically
from scafe.evals.data.sources import digest
from scafe.evals.disclosure.session import BenchSession
from scafe.sandbox.probes.cascade import judge
from scafe.sandbox.probes.determinism import Detectors
from scafe.sandbox.probes.verdict import Verdict


def reach_verdict(session: BenchSession, source: str) -> Verdict:
    """Judge one extractor over the pack's phantoms, or read what the cache knows of it.

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
    verdict = judge(source, session.pack, session.pool, session.spec.seed, detectors, depth="whole")
    if path:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(path, verdict.model_dump_json().encode())
    return verdict


def _place(session: BenchSession, source: str) -> Path | None:
    spec = session.spec
    if not spec.cache:
        return None
    values = what_values_depend_on(source)
    how = f"{values};{spec.sandbox};{spec.seed};{session.facts.scorer_sha256};{session.shapes}"
    return Path(spec.cache) / "verdicts" / f"{digest(source.encode('utf-8', 'replace'), how.encode())}.json"


def _read(path: Path) -> Verdict | None:
    try:
        return Verdict.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):  # only a damaged disk leaves half a file: judge again
        return None
