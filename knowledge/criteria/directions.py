"""What a pack and a feature declare together: is the feature higher or lower in the positive class."""

from collections.abc import Mapping

from scafe.knowledge.contract.extractor import Direction
from scafe.knowledge.criteria.pack import Criterion

SIGNS = {"up": 1, "down": -1}


def predicted_sign(criterion: Criterion, direction: Direction, classes: tuple[str, ...]) -> int:
    """Return 1 if a higher value is predicted in the positive class, -1 if a lower one, 0 if unknown.

    Parameters
    ----------
    criterion : Criterion
        Says how it differs between classes.
    direction : Direction
        How the feature moves as there is more of the criterion.
    classes : tuple of str
        Labels of the data, positive first.
    """
    return SIGNS.get(direction, 0) * class_sign(criterion.class_direction, classes)


def class_sign(directions: Mapping[str, str], classes: tuple[str, ...]) -> int:
    """Return how a criterion moves from the negative to the positive class: 1, -1, or 0 if unknown.

    The keys of a pack read `first_minus_second`. Where the data spells its classes otherwise (`mel` for
    `melanoma`) and the pack has one such key alone, its first class is taken as the positive one.

    Examples
    --------
    >>> class_sign({"keloid_minus_hypertrophic": "up"}, ("hypertrophic", "keloid"))
    -1
    """
    positive, negative = classes[0], classes[1]
    for key, sign in ((f"{positive}_minus_{negative}", 1), (f"{negative}_minus_{positive}", -1)):
        if key in directions:
            return sign * SIGNS.get(directions[key], 0)
    named = {name for key in directions for name in key.split("_minus_")}
    if len(directions) == 1 and not named & set(classes):
        return SIGNS.get(next(iter(directions.values())), 0)
    return 0
