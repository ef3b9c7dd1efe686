"""The cascade beside a look at the whole panel, for the tests that hold the two together."""

from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.criteria.pack import load_pack, pack_names
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.probes.cascade import judge
from scafe.sandbox.probes.verdict import Verdict


def pack_of(source: str) -> str:
    """Name a shipped pack that has the criterion which the source claims and lets an image show it."""
    claimed = parse_extractor(source).criterion
    names = [name for name in pack_names() if claimed in {c.id for c in load_pack(name).observable_criteria}]
    return names[0] if names else "scar.vss"


def reasons(verdict: Verdict) -> set[tuple[str, str | None]]:
    return {(one.code, one.feature) for one in verdict.findings if one.severity == "reject"}


def agree(source: str, pool: Pool, named: str | None = None) -> None:
    pack = load_pack(named or pack_of(source))
    whole = judge(source, pack, pool, depth="whole")
    found = judge(source, pack, pool)
    assert found.accepted_names == whole.accepted_names
    if whole.is_acceptable:
        assert found == whole
    else:
        assert reasons(found), "a rejection says why"
        assert {code for code, _ in reasons(found)} <= {code for code, _ in reasons(whole)}
