"""Total scores of clinical scales from the scores that a person gave to their items.

These functions add up grades. They never take features: a photograph does not give the grade of a
rater, and part of a scale under the scale's name would be a number nobody validated. A missing item,
an unknown item or a grade outside its range is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from scafe.knowledge.contract.errors import InputError


@dataclass(frozen=True)
class Item:
    """One item of a scale as its total uses it."""

    name: str
    low: float
    high: float
    weight: float = 1.0


@dataclass(frozen=True)
class Scale:
    """How a scale turns its items into one number."""

    id: str
    title: str
    items: tuple[Item, ...]
    source: str
    better: Literal["low", "high"] = "low"
    """Which end of the total is the good one."""

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest total."""
        low, high = (sum(i.weight * getattr(i, end) for i in self.items) for end in ("low", "high"))
        return round(low, 6), round(high, 6)


SCALES: tuple[Scale, ...] = (
    Scale(
        "vss_1990",
        "Vancouver Scar Scale, Sullivan 1990",
        (
            Item("vascularity", 0, 3),
            Item("pigmentation", 0, 2),
            Item("pliability", 0, 5),
            Item("height", 0, 3),
        ),
        "Sullivan T et al. J Burn Care Rehabil 1990;11:256-260",
    ),
    Scale(
        "posas_observer_2",
        "POSAS observer scale 2.0 (licensed; only the sum is computed here)",
        tuple(
            Item(name, 1, 10)
            for name in ("vascularity", "pigmentation", "thickness", "relief", "pliability", "surface_area")
        ),
        "van de Kar AL et al. Plast Reconstr Surg 2005;116:514-522",
    ),
    Scale(
        "mecott_2015",
        "photographic burn scar scale",
        (Item("height", 1, 4), Item("surface", 1, 4), Item("colour_mismatch", 1, 4)),
        "Mecott GA et al. J Surg Res 2015;199:688-697",
    ),
    Scale(
        "sbses_2007",
        "Stony Brook Scar Evaluation Scale",
        tuple(Item(name, 0, 1) for name in ("width", "height", "colour", "hatch_marks", "overall")),
        "Singer AJ et al. Plast Reconstr Surg 2007;120:1892-1897 (points not checked against the form)",
        better="high",
    ),
    Scale(
        "tds",
        "total dermoscopy score of the ABCD rule",
        (
            Item("asymmetry", 0, 2, 1.3),
            Item("border", 0, 8, 0.1),
            Item("colour", 1, 6, 0.5),
            Item("structures", 1, 5, 0.5),
        ),
        "Nachbar F et al. J Am Acad Dermatol 1994;30:551-559",
    ),
    Scale(
        "seven_point_1998",
        "seven-point checklist, 2 points for each major and 1 for each minor criterion",
        (
            Item("atypical_network", 0, 1, 2),
            Item("blue_white_veil", 0, 1, 2),
            Item("atypical_vessels", 0, 1, 2),
            Item("irregular_streaks", 0, 1),
            Item("irregular_dots_globules", 0, 1),
            Item("irregular_blotches", 0, 1),
            Item("regression", 0, 1),
        ),
        "Argenziano G et al. Arch Dermatol 1998;134:1563-1570",
    ),
)

TdsReading = Literal["benign", "suspicious", "melanoma"]
TDS_SUSPICIOUS = 4.75
TDS_MELANOMA = 5.45
SEVEN_POINT_THRESHOLD = 3


def scale(scale_id: str) -> Scale:
    """Return a scale by id, or raise InputError naming the known ones."""
    for one in SCALES:
        if one.id == scale_id:
            return one
    raise InputError(f"no scale {scale_id!r}; totals are known for {', '.join(s.id for s in SCALES)}")


def total_score(scale_id: str, scores: Mapping[str, float]) -> float:
    """Add up the items of a scale.

    Parameters
    ----------
    scale_id : str
        One of the ids in `SCALES`.
    scores : mapping
        A whole-number grade for every item of the scale, as a person gave it.

    Returns
    -------
    float
        The total, on the scale's own range.

    Raises
    ------
    InputError
        An item is missing (no total from a partial scale), unknown, not whole or out of range.

    Examples
    --------
    >>> total_score("vss_1990", {"vascularity": 2, "pigmentation": 1, "pliability": 3, "height": 2})
    8.0
    """
    one = scale(scale_id)
    _require_all(one, scores)
    return round(float(sum(item.weight * scores[item.name] for item in one.items)), 6)


def total_dermoscopy_score(asymmetry: float, border: float, colour: float, structures: float) -> float:
    """Return the TDS of the ABCD rule: 1.3 A + 0.1 B + 0.5 C + 0.5 D, from 1.0 to 8.9.

    Parameters
    ----------
    asymmetry, border, colour, structures : float
        A 0-2 axes, B 0-8 eighths, C 1-6 colours, D 1-5 structures.

    References
    ----------
    .. [1] Nachbar F et al. (1994). The ABCD rule of dermatoscopy. J Am Acad Dermatol 30:551-559.

    Examples
    --------
    >>> total_dermoscopy_score(2, 4, 4, 4)
    7.0
    """
    return total_score(
        "tds", {"asymmetry": asymmetry, "border": border, "colour": colour, "structures": structures}
    )


def read_tds(tds: float) -> TdsReading:
    """Read a TDS: below 4.75 benign, 4.75 to 5.45 suspicious, above 5.45 melanoma.

    Examples
    --------
    >>> read_tds(5.45)
    'suspicious'
    """
    low, high = scale("tds").range
    if not low <= tds <= high:
        raise InputError(f"a TDS lies between {low} and {high}; {tds} does not")
    if tds < TDS_SUSPICIOUS:
        return "benign"
    return "melanoma" if tds > TDS_MELANOMA else "suspicious"


def _require_all(one: Scale, scores: Mapping[str, float]) -> None:
    names = [item.name for item in one.items]
    missing = [name for name in names if name not in scores]
    if missing:
        raise InputError(f"{one.id} needs {', '.join(missing)}: part of a scale has no total under its name")
    unknown = sorted(set(scores) - set(names))
    if unknown:
        raise InputError(f"{one.id} has no item {', '.join(unknown)}; its items are {', '.join(names)}")
    for item in one.items:
        value = scores[item.name]
        if not item.low <= value <= item.high or value != int(value):
            raise InputError(
                f"{one.id}: {item.name} is {value}; a whole number from {item.low} to {item.high} is expected"
            )
