"""What became of earlier extractors, in words: what the gate said, and what probes rejected."""

from collections.abc import Sequence
from textwrap import shorten

from scafe.agent.brief.brief import BankEntry, KnownFeature

MOST_FEATURES = 4
"""Features of one extractor and one end that are named."""
MOST_MEANING = 90
"""Characters of a meaning; a formula is told by its beginning."""
SAID = {
    "accepted": "the set became better with it",
    "indecisive": "whether the set became better with it cannot be told from noise",
    "rejected": "the set did not become better with it",
    "blind": "steady and new on the images; no label was looked at",
    "silent": "nothing is told of the set",
    "": "in the set",
}
"""What the gate said -> of an extractor that has a feature in the set."""
FATES = {
    "pooled": "in the set",
    "not_selected": "not selected: unsteady, missing or redundant on the images",
    "rejected": "rejected on phantoms",
    "repeated": "turned away: it repeats an earlier feature",
    "replaced": "replaced by a shorter form",
    "waiting": "not scored",
}
CODES = {
    "deaf": "does not follow its own dial",
    "unspecific": "follows another dial as far",
    "wrong_sign": "runs against its declared direction",
    "sign_flips": "its sign depends on the scene",
    "unstable": "changes under harmless changes of the image",
    "nuisance": "moved by what must not matter",
    "lost": "lost where something that must not matter moves",
    "missing": "missing too often",
    "constant": "never varies",
    "out_of_range": "leaves its declared range",
}
"""Code of a finding -> what it means; another code stands for itself."""
TOLD = {"agrees": "in the predicted direction", "opposes": "against the predicted direction"}


def told(entry: BankEntry, *, with_meanings: bool = True) -> str:
    """Say what became of one extractor; all of it has been disclosed.

    Of another criterion names are enough: nobody is asked to write that one.

    Examples
    --------
    >>> feature = KnownFeature(name="hue", meaning="mean hue", fate="rejected", finding="deaf")
    >>> told(BankEntry(criterion="redness", features=("hue",), standing="turned_away", known=(feature,)))
    'rejected on phantoms (does not follow its own dial): `hue`, mean hue'
    """
    ends = dict.fromkeys(_end(one) for one in entry.known)
    parts = [f"{end}: {_features(entry.known, end, with_meanings)}" for end in ends]
    if not entry.gate or all(one.fate != "pooled" for one in entry.known):
        return "; ".join(parts)
    verdict = f"gate {entry.gate}, " if entry.gate in ("accepted", "indecisive", "rejected") else ""
    return f"{verdict}{SAID[entry.gate]}; " + "; ".join(parts)


def _end(one: KnownFeature) -> str:
    return FATES[one.fate] + (
        f" ({CODES.get(one.finding, one.finding.replace('_', ' '))})" if one.finding else ""
    )


def _features(known: Sequence[KnownFeature], end: str, with_meanings: bool) -> str:
    mine = [one for one in known if _end(one) == end]
    more = f" and {len(mine) - MOST_FEATURES} more" if len(mine) > MOST_FEATURES else ""
    return "; ".join(_feature(one, with_meanings) for one in mine[:MOST_FEATURES]) + more


def _feature(one: KnownFeature, with_meanings: bool) -> str:
    evidence = TOLD.get(one.evidence, "")
    found = ", ".join(part for part in (evidence, one.strength) if part)
    strength = f" ({found})" if found else ""
    meaning = shorten(one.meaning, MOST_MEANING, placeholder=" …") if with_meanings else ""
    return f"`{one.name}`{strength}" + (f", {meaning}" if meaning else "")


def so_far(bank: Sequence[BankEntry], criterion: str) -> str:
    """Say in a sentence how far the earlier drafts of one criterion got."""
    own = [one for one in bank if one.criterion == criterion]
    pooled = [one for one in own if one.standing == "pooled"]
    gates = {one.gate for one in pooled}
    name = f"`{criterion}`"
    if not own:
        return f"No earlier draft of {name} could be judged."
    if "accepted" in gates:
        return f"The set became better with an earlier draft of {name}: add what that one does not see."
    if gates & {"rejected", "indecisive"}:
        least = "indecisive" if "indecisive" in gates else "rejected"
        return (
            f"Earlier drafts of {name} are in the set, but {SAID[least].replace(' with it', ' with them')}."
        )
    if pooled:
        return f"Earlier drafts of {name} are in the set: add what they do not see."
    if all(each.fate == "rejected" for one in own for each in one.known):
        return f"Every earlier draft of {name} was rejected on phantoms; why is said above."
    return f"No feature of earlier drafts of {name} is in the set; why is said above."
