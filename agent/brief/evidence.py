"""What probes and score cards found, in words; nothing here is finer than what they disclose."""

import re
from collections.abc import Sequence

from scafe.agent.brief.truths import experts_words, transfer_words
from scafe.evals.disclosure.score_card import DisclosedFeature, ScoreCard
from scafe.sandbox.probes.verdict import DialResponse, FeatureEvidence, Verdict

LESION = re.compile(r"\blesion(?:'s)?")
SHORT_REACH = 0.05
"""Class spreads, as a multiple of the own dial's: a dial that moves a feature less is shown as 0.0."""
MAX_RESPONSES = 4
"""Dials named per feature; the weaker ones tell a model nothing it could act on."""
GATES = {
    "accepted": "The set became better with it.",
    "rejected": "The set did not become better with it.",
    "indecisive": "Whether the set became better cannot be told from noise.",
    "blind": "No label was looked at; this is what the images alone say.",
}
SILENT_GATE = "Nothing is told of the set; what is told of a direction has noise, to keep the labels private."
EVIDENCE = {
    "agrees": "runs in the predicted direction",
    "opposes": "runs against the predicted direction",
    "unpredicted": "tells the classes apart, though no direction was predicted",
    "inconclusive": "direction not distinguishable from noise",
    "withheld": "",
}
STATUS = {
    "ok": "ran well",
    "faulty": "failed on many images",
    "slow": "was too slow",
    "unsteady": "gave another value when an image was measured again: keep nothing between images",
}


def disclosed(feature: DisclosedFeature, predicted: str | None) -> str:
    """Put one disclosed feature into words; nothing here is finer than its bands."""
    parts = [
        STATUS[feature.status],
        f"missing on {feature.missing.replace('-', ' to ').replace('%', ' %')} of the images",
        f"stability {feature.stability}, worst under {plain(feature.worst_perturbation)}",
        {"constant": "hardly varies", "binary": "takes two values", "skewed": "skewed", "ok": ""}[
            feature.shape
        ],
        _redundancy(feature),
        _direction(feature, predicted),
        transfer_words(feature),
        experts_words(feature),
        "in the pool" if feature.pooled else "not in the pool",
    ]
    return "; ".join(part for part in parts if part)


def _redundancy(feature: DisclosedFeature) -> str:
    if feature.redundancy == "<.7":
        return ""
    partner = f" with `{feature.redundant_with}`" if feature.redundant_with else " with one in the pool"
    return f"overlaps ({feature.redundancy}){partner}"


def _direction(feature: DisclosedFeature, predicted: str | None) -> str:
    if feature.evidence == "withheld":
        return ""
    told = f" ({predicted})" if predicted else ""
    strength = f", {feature.strength}" if feature.strength != "withheld" else ""
    return EVIDENCE[feature.evidence] + told + strength


def answers(feature: FeatureEvidence, own: str | None) -> str:
    """Say how one feature answers on phantoms: dials, what moves it most, stability, what is missing."""
    dials = ", ".join(_answer(one, is_own=one.name == own) for one in strongest(feature.responses, own))
    parts = ["passed" if feature.accepted else "rejected", dials, _moved(feature), _stability(feature)]
    parts.append(f"missing on {100 * feature.missing:.0f} %")
    return "; ".join(part for part in parts if part)


def has_reach(verdict: Verdict) -> bool:
    """Whether a verdict says how far dials move a feature; those of before do not."""
    return any(one.reach is not None for feature in verdict.features for one in feature.responses)


def strongest(responses: Sequence[DialResponse], own: str | None) -> list[DialResponse]:
    """Return the own dial first, then those that move the feature farthest.

    ρ is 1 for many dials at once and would push the own one off the list. It is 1 too where a dial hardly
    moves the feature: such dials are left out where their reach is known.
    """

    def tells(one: DialResponse) -> bool:
        return one.name == own or bool(one.undefined) or one.reach is None or one.reach >= SHORT_REACH

    def order(one: DialResponse) -> tuple[bool, float, float, str]:
        return one.name != own, -(one.reach or 0.0), -abs(one.spearman), one.name

    return sorted(filter(tells, responses), key=order)[:MAX_RESPONSES]


def _answer(one: DialResponse, *, is_own: bool) -> str:
    if one.undefined:
        return f"{plain(one.name)} undefined ({one.undefined})"
    reach = f" ({one.reach:.1f})" if one.reach is not None and not is_own else ""
    return f"{plain(one.name)} {one.spearman:+.2f}{reach}"


def _moved(feature: FeatureEvidence) -> str:
    if not feature.nuisance_shifts:
        return ""
    worst = max(feature.nuisance_shifts, key=lambda name: (feature.nuisance_shifts[name], name))
    return f"moved most by {plain(worst)}, {feature.nuisance_shifts[worst]:.1f} class spreads"


def _stability(feature: FeatureEvidence) -> str:
    if feature.stability is None:
        return "stability not looked at"
    return f"stability {feature.stability:.2f} (worst under {plain(feature.worst_perturbation)})"


def of_region(message: str, inside: str) -> str:
    """Say of the pack's region what a finding says of a lesion: its masks may outline a mass or the lungs.

    Examples
    --------
    >>> of_region("use the lesion's own axes; compare the lesion with the rest", "lungs")
    "use the lungs' own axes; compare the lungs with the rest"
    """
    name = plain(inside)
    owned = f"{name}'" if name.endswith("s") else f"{name}'s"
    return LESION.sub(lambda found: owned if found[0].endswith("'s") else name, message)


def plain(name: object) -> str:
    """Return a name as words."""
    return str(name).replace("_", " ")


def gate_words(card: ScoreCard) -> str:
    """Say what the gate said; one that keeps silent for privacy did look at labels."""
    looked = any(one.evidence != "withheld" for one in card.features)
    return SILENT_GATE if card.gate == "blind" and looked else GATES[card.gate]
