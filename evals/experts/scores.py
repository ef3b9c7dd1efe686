"""Experts' scores of criteria, from columns of a manifest that are named after them.

A clinic that uses a scale has its items on file. `height` holds one rater's scores, `height@r1` and
`height@r2` those of two. They say nothing of the outcome.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.listed import Listed, listed_rows, manifest_table
from scafe.evals.data.tables.columns import SCORE, ColumnChoice
from scafe.evals.data.tables.patients import patients_of
from scafe.evals.data.tables.table import SUFFIXES, Record
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.contract.inert import inert
from scafe.knowledge.criteria.pack import CriteriaPack, Criterion

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CriterionScores:
    """What raters said of one criterion."""

    criterion: str
    raters: tuple[str, ...]
    """As the columns name them; '' for the one rater of a column without `@`."""
    scores: Floats
    """(n_images, n_raters); NaN where a cell is empty."""
    is_named: bool = False
    """Whether the levels are names and no amounts (a nominal item with three or more)."""

    def at(self, places: Sequence[int]) -> "CriterionScores":
        """Return the scores of some images."""
        return replace(self, scores=self.scores[list(places)])

    @property
    def amount(self) -> Floats:
        """(n_images,) what features are compared with: the mean over raters.

        Where levels are names, no mean of them means anything: 1 where more than half of the raters see
        something else than the lowest level (normal, absent), else 0.
        """
        if not self.is_named or not np.isfinite(self.scores).any():
            return self.mean
        lowest = np.nanmin(self.scores)
        seen = np.where(np.isnan(self.scores), np.nan, self.scores > lowest)
        share = replace(self, scores=seen).mean
        return np.where(np.isnan(share), np.nan, (share > 0.5).astype(np.float64))

    @property
    def mean(self) -> Floats:
        """(n_images,) mean over the raters of an image; NaN where nobody scored it."""
        given = ~np.isnan(self.scores)
        total = np.where(given, self.scores, 0.0).sum(axis=1)
        return np.asarray(np.where(given.any(axis=1), total / np.maximum(given.sum(axis=1), 1), np.nan))


@dataclass(frozen=True)
class Scored:
    """A manifest's images with their experts' scores."""

    listed: tuple[Listed, ...]
    patients: tuple[str, ...]
    criteria: tuple[CriterionScores, ...]


def read_scores(path: str | Path, pack: CriteriaPack, ignore: Sequence[str] = ()) -> Scored:
    """Read the images of a manifest and the scores of the pack's criteria.

    Raises
    ------
    DatasetError
        No column is named after a criterion that an image can show, a cell is no number or no level of the
        criterion, or all scores of a rater are one.
    """
    root = Path(path)
    if not is_manifest(root):
        raise DatasetError(f"{inert(str(root))}: experts' scores are columns of a CSV or Parquet manifest")
    found = find_scores(root, pack, ColumnChoice(tuple(ignore), None, pack.ids))
    if found is None:
        known = ", ".join(one.id for one in pack.observable_criteria)
        raise DatasetError(
            f"{inert(root.name)}: no column is named after a criterion of pack {pack.id}; name one after "
            f"{known}, or height@r1 and height@r2 for two raters"
        )
    return found


def is_manifest(path: Path) -> bool:
    """Whether a path is a table that may have columns of experts' scores."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def find_scores(manifest: Path, pack: CriteriaPack, choice: ColumnChoice) -> Scored | None:
    """Read the images of a manifest with the scores of the pack's criteria; None if no column has any.

    Raises
    ------
    DatasetError
        As `read_scores`.
    """
    table = manifest_table(manifest, pack.modality.channels, choice)
    columns = [name for name in table.columns if name.startswith(SCORE)]
    if not columns:
        return None
    listed = listed_rows(manifest, table)
    named = patients_of(table) or [one.name for one in listed]
    return Scored(listed, tuple(named), tuple(_criteria(columns, table.records, pack, table.name)))


def _criteria(
    columns: Sequence[str], records: Sequence[Record], pack: CriteriaPack, where: str
) -> list[CriterionScores]:
    split = [name.removeprefix(SCORE).partition("@") for name in columns]
    found = []
    for name in dict.fromkeys(criterion for criterion, _, _ in split):
        criterion = pack.criterion(name)
        _require_observable(criterion, where)
        mine = [
            (column, rater) for column, (one, _, rater) in zip(columns, split, strict=True) if one == name
        ]
        cells = [[_number(record, column, criterion) for column, _ in mine] for record in records]
        scores = np.array(cells, dtype=np.float64).reshape(len(records), len(mine))
        for place, (column, _) in enumerate(mine):
            _require_two_levels(scores[:, place], column.removeprefix(SCORE).rstrip("@"), where)
        is_named = criterion.scale_type == "nominal" and len(criterion.levels) > 2
        found.append(CriterionScores(name, tuple(rater for _, rater in mine), scores, is_named))
    return found


def _require_observable(criterion: Criterion, where: str) -> None:
    if criterion.observable == "no_image":
        raise DatasetError(
            f"{where}: has scores of {criterion.id!r}, which no image shows; pass the column over with "
            f"--ignore-columns {criterion.id}"
        )


def _number(record: Record, column: str, criterion: Criterion) -> float:
    text = record.text(column)
    if not text:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        raise DatasetError(
            f"{record.where}: the score of {criterion.id!r} is {inert(text)!r}; write numbers, the scale's "
            f"levels are {_levels(criterion)}"
        ) from None
    if not np.isfinite(value) or not _is_level(value, criterion):
        raise DatasetError(
            f"{record.where}: the score of {criterion.id!r} is {inert(text)}, but its levels are "
            f"{_levels(criterion)}; correct the cell, or load a pack with your scale's levels"
        )
    return value


def _is_level(value: float, criterion: Criterion) -> bool:
    """Ordinal and nominal items have the levels that the pack lists; counts may lie between them."""
    levels = [level.score for level in criterion.levels]
    if not levels or criterion.scale_type == "continuous":
        return True
    if criterion.scale_type == "count":
        return min(levels) <= value <= max(levels)
    return min(levels) <= value <= max(levels) if len(levels) == 2 else value in levels


def _levels(criterion: Criterion) -> str:
    return ", ".join(str(level.score) for level in criterion.levels) or "any numbers"


def _require_two_levels(scores: Floats, name: str, where: str) -> None:
    given = np.unique(scores[~np.isnan(scores)])
    if len(given) < 2:
        held = f"holds {given[0]:g} alone" if len(given) else "is empty"
        raise DatasetError(
            f"{where}: the column of {name!r} {held}, so nothing can agree with it; pass it over with "
            f"--ignore-columns {name}"
        )
