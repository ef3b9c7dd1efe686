"""What the images say of a locator, in words: nothing here is finer than the bands of its card."""

from scafe.agent.brief.evidence import plain
from scafe.evals.disclosure.score_card import LocatorCard

DOWN = {"first": "upper third", "middle": "middle third", "last": "lower third"}
LOCATING = frozenset(
    "border_contrast components dark_corners depth_normalised despeckled filled grown hair_mask largest "
    "local_spread lung_field otsu polar_map ridges ruler_mask separation shading_corrected signed_distance "
    "smoothed snake without_hair".split()
)
"""Primitives whose every line a brief for a locator tells; the others are listed by signature alone."""
ACROSS = {"first": "left third", "middle": "middle third", "last": "right third"}


def seen_of_locator(card: LocatorCard) -> str:
    """Put what the images say of a locator into words; nothing here is finer than its bands."""
    parts = [
        "gave no mask on many images" if card.status == "faulty" else "",
        f"something found on {_plain_band(card.found)} of the images",
        f"where found, the median mask fills {card.area} of the frame" if card.area != "unknown" else "",
        _placed(card),
        f"agreement with its own mask after a harmless change: Dice {card.steadiness}, "
        f"worst under {plain(card.worst_perturbation)}"
        if card.steadiness != "unknown"
        else "",
        f"agreement with the other locators: Dice {card.agreement}" if card.agreement != "unknown" else "",
        f"agreement with masks that were drawn: Dice {card.given}" if card.given != "unknown" else "",
    ]
    told = [part for part in parts if part]
    return "; ".join(told) if card.found != "unknown" else "too few images to tell anything"


def _placed(card: LocatorCard) -> str:
    if card.height == "unknown" or card.breadth == "unknown":
        return ""
    return f"its centre lies in the {DOWN[card.height]} and the {ACROSS[card.breadth]} of the frame"


def _plain_band(band: str) -> str:
    return band.replace("-", " to ").replace("%", " %")
