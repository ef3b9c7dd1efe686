"""Checks over phantoms: does the extractor keep the contract, does it measure what it claims."""

from scafe.knowledge.criteria import CriteriaPack
from scafe.sandbox.pool import Pool
from scafe.sandbox.verdict import Verdict


def judge(source: str, pack: CriteriaPack, pool: Pool, seed: int = 0) -> Verdict:
    """Judge one extractor over the pack's phantom. Deterministic by (source, pack, seed)."""
    raise NotImplementedError
