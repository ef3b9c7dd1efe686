"""What findings and score cards ask of the next revision, as the built-in drafter understands them."""

from dataclasses import dataclass

from scafe.agent.brief.brief import Brief
from scafe.evals.disclosure.score_card import DisclosedFeature

SMOOTHER = frozenset({"unstable", "nuisance", "nondeterministic"})
"""Codes of findings that more smoothing may mend."""
HOPELESS = frozenset({"deaf", "sign_flips", "wrong_sign", "constant", "twin"})
"""Codes that no constant mends easily: leave the feature out."""
BROKEN = frozenset({"contract", "refused", "exception", "timeout", "memory", "killed", "malformed"})
"""Codes that concern the whole module: take another measure."""


@dataclass(frozen=True)
class Wishes:
    """What to change."""

    smoother: bool
    """Prefer more smoothing, and cores further from the border."""
    drop: frozenset[str]
    """Features to leave out."""
    wider: frozenset[str]
    """Features whose declared range is too narrow."""
    other_measure: bool
    """Take another measure if there is one."""


def read_wishes(brief: Brief) -> Wishes:
    """Read findings on phantoms and the disclosed score card."""
    findings = brief.verdict.findings if brief.verdict else ()
    told = {(one.code, one.feature) for one in findings if one.severity != "note"}
    cards = brief.feedback.card.features if brief.feedback else ()
    hopeless = {feature for code, feature in told if code in HOPELESS and feature}
    return Wishes(
        smoother=any(code in SMOOTHER for code, _ in told) or any(_is_shaky(one) for one in cards),
        drop=frozenset(hopeless | {one.name for one in cards if _is_spent(one) or _misses(one)}),
        wider=frozenset(feature for code, feature in told if code == "out_of_range" and feature),
        other_measure=any(code in BROKEN for code, _ in told) or _all_miss(cards),
    )


def _is_shaky(feature: DisclosedFeature) -> bool:
    return feature.stability in ("<.5", ".5-.75") or feature.status != "ok"


def _is_spent(feature: DisclosedFeature) -> bool:
    """Whether a feature is in the pool, or says what one there says."""
    return feature.pooled or feature.redundancy == ">=.9" or feature.shape == "constant"


def _misses(feature: DisclosedFeature) -> bool:
    """Whether experts say that a feature measures something else than its criterion."""
    told = feature.experts
    return told is not None and (told.agreement == "opposes" or told.strays_to is not None)


def _all_miss(cards: tuple[DisclosedFeature, ...]) -> bool:
    return bool(cards) and all(one.evidence == "opposes" or _misses(one) for one in cards)
