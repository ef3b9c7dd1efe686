"""Which labels a data set tells apart."""

import difflib
from collections import Counter
from collections.abc import Sequence

from scafe.knowledge.contract.errors import DatasetError


def choose_classes(
    found: Counter[str], where: str, labels: Sequence[str], expected: Sequence[str]
) -> tuple[str, ...]:
    """Return the classes to tell apart, positive first; DatasetError if they are not in the data."""
    wanted = tuple(labels) or tuple(expected)
    present = ", ".join(f"{label} ({number})" for label, number in sorted(found.items())) or "none"
    if len(set(wanted)) < 2 or len(set(wanted)) != len(wanted):
        raise DatasetError(
            f"{where}: at least two different classes are needed; it has {present}. "
            "Name them with --labels POSITIVE,NEGATIVE"
        )
    for label in wanted:
        if label not in found:
            near = difflib.get_close_matches(label, sorted(found), n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise DatasetError(
                f"{where}: no image has the label {label!r}; {hint}it has {present}. "
                "Name the classes with --labels POSITIVE,NEGATIVE"
            )
    return wanted
