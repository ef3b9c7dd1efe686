"""What experts' scores and unlabelled images say of a feature, in words of their bands."""

from scafe.evals.disclosure.score_card import DisclosedExperts, DisclosedFeature

AGREES = {
    "agrees": "agrees with the experts' scores of this criterion",
    "opposes": "runs against the experts' scores of this criterion",
    "inconclusive": "agreement with the experts' scores of this criterion not distinguishable from noise",
}
RATERS = {
    "one": "",
    "chance": "whose raters agree by chance alone",
    "<.4": "whose raters agree poorly among themselves (weighted kappa below .4)",
    ".4-.7": "whose raters agree fairly among themselves (weighted kappa .4 to .7)",
    ">=.7": "whose raters agree well among themselves (weighted kappa from .7)",
}


def experts_words(feature: DisclosedFeature) -> str:
    """Say how a feature agrees with experts, and whether it answers to another criterion; '' if unknown."""
    told = feature.experts
    if told is None:
        return ""
    strength = f", {told.strength}" if told.strength != "withheld" else ""
    raters = f", {RATERS[told.raters]}" if RATERS[told.raters] else ""
    return AGREES[told.agreement] + strength + raters + _stray(told)


def _stray(told: DisclosedExperts) -> str:
    if told.strays_to is None:
        return ""
    return f"; it answers clearly better to the experts' scores of `{told.strays_to}`: measure something else"


def transfer_words(feature: DisclosedFeature) -> str:
    """Say as one finding whether a feature does on these images what it does on phantoms; '' if unknown."""
    told = feature.transfer
    return "" if told is None else f"transfer: {told.in_words()}"
