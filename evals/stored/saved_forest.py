"""A forest's file as plain numbers: nodes lead downward inside their tree, so every walk ends."""

from typing import Annotated, Any, Final, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from scafe.evals.stored.leaves import Leaves

FOREST: Final = "roots"
"""The entry that only a forest has."""
MOST_NODES: Final = 400_000
"""200 trees of 100 leaves for nine classes have 360,000."""
MOST_COLUMNS, MOST_CLASSES = 1000, 100
ARRAYS = ("roots", "left", "right", "feature", "threshold", "chance", "medians")
Number = Annotated[float, Field(ge=-1e30, le=1e30, allow_inf_nan=False)]
Node = Annotated[int, Field(ge=-1, lt=MOST_NODES)]
Words = tuple[Annotated[str, Field(min_length=1, max_length=200)], ...]


class SavedForest(BaseModel):
    """All numbers of a forest: one group of trees per code, their nodes one after the other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: Words = Field(min_length=2, max_length=MOST_CLASSES, description="positive first")
    columns: Words = Field(min_length=1, max_length=MOST_COLUMNS)
    is_ordinal: bool
    leaf: int = Field(ge=1, le=10**6, description="fewest images in a leaf")
    medians: tuple[Number, ...]
    roots: tuple[Node, ...] = Field(min_length=1, description="first node of each tree, code by code")
    left: tuple[Node, ...] = Field(max_length=MOST_NODES, description="-1 in a leaf")
    right: tuple[Node, ...]
    feature: tuple[Node, ...] = Field(description="column that a node asks; -1 in a leaf")
    threshold: tuple[Number, ...] = Field(description="to the left up to this value")
    chance: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(description="share of the code at a node")

    @property
    def codes(self) -> int:
        """How many binary forests there are: one, one per class, or one per step between levels."""
        if len(self.classes) == 2:
            return 1
        return len(self.classes) - int(self.is_ordinal)

    @model_validator(mode="after")
    def _require_trees(self) -> Self:
        n = len(self.left)
        if {len(self.right), len(self.feature), len(self.threshold), len(self.chance)} != {n} or not n:
            raise ValueError("its nodes do not all have the same entries")
        if len(self.medians) != len(self.columns) or len(set(self.columns)) < len(self.columns):
            raise ValueError("not one median per feature, or a feature stands twice")
        if len(set(self.classes)) < len(self.classes) or (self.is_ordinal and len(self.classes) < 3):
            raise ValueError("a class stands twice, or two classes are called levels")
        if len(self.roots) % self.codes:
            raise ValueError(f"{len(self.roots)} trees are not as many for each of {self.codes} codes")
        self._require_downward()
        return self

    def _require_downward(self) -> None:
        """Refuse nodes that lead upward or out of their tree: a walk would not end, or would leave memory."""
        roots = np.array(self.roots)
        if roots[0] != 0 or (np.diff(roots) <= 0).any() or roots[-1] >= len(self.left):
            raise ValueError("its trees do not begin one after the other")
        left, right, feature = (np.array(one) for one in (self.left, self.right, self.feature))
        here = np.arange(len(left))
        end = np.repeat([*roots[1:], len(left)], np.diff([*roots, len(left)]))
        inner = feature >= 0
        if (
            ((left >= 0) != inner).any()
            or ((right >= 0) != inner).any()
            or (feature >= len(self.columns)).any()
        ):
            raise ValueError("a node asks no feature, or one that there is not")
        for child in (left, right):
            if (inner & ((child <= here) | (child >= end))).any():
                raise ValueError("a node leads upward or out of its tree")


def forest_numbers(leaves: Leaves, top: Any) -> dict[str, Any]:
    """Take a forest's numbers out of a checked schema.

    Raises
    ------
    ValueError
        It holds something else.
    """
    expected = {"classes", "columns", "is_ordinal", "leaf", *ARRAYS}
    if odd := sorted(top.keys() ^ expected):
        raise ValueError(f"{odd[0]!a} is missing or unknown")
    numbers = {name: _numbers(leaves, top[name], name) for name in ARRAYS}
    return {
        "classes": [leaves.plain(one) for one in top["classes"]["content"]],
        "columns": [leaves.plain(one) for one in top["columns"]["content"]],
        "is_ordinal": leaves.plain(top["is_ordinal"]),
        "leaf": leaves.plain(top["leaf"]),
        **numbers,
    }


def _numbers(leaves: Leaves, node: Any, name: str) -> list[float] | list[int]:
    array = leaves.array(node)
    wanted = "f" if name in ("threshold", "chance", "medians") else "i"
    if array.ndim != 1 or array.dtype.kind != wanted:
        raise ValueError(f"{name} is not a row of numbers")
    found: list[float] | list[int] = array.tolist()
    return found
