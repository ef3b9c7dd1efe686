"""Experts' scores of the images of an open study, in the order of its items."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scafe.evals.data.dataset import Dataset
from scafe.evals.data.sources import digest
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.evals.experts.agreement import RaterAgreement, rater_agreement
from scafe.evals.experts.scores import CriterionScores, Scored, find_scores, is_manifest
from scafe.knowledge.criteria.pack import CriteriaPack


@dataclass(frozen=True)
class Rated:
    """What raters said of the images of a data set, or of some of them."""

    criteria: tuple[CriterionScores, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Criteria that were scored."""
        return tuple(one.criterion for one in self.criteria)

    @property
    def sha256(self) -> str:
        """Hash over criteria, raters and scores."""
        parts = [(one.criterion, *one.raters, repr(one.scores.tolist())) for one in self.criteria]
        return digest(*("\0".join(part).encode() for part in parts))

    def at(self, places: Sequence[int]) -> "Rated":
        """Return the scores of some images."""
        return Rated(tuple(one.at(places) for one in self.criteria))

    def of(self, criterion: str) -> CriterionScores | None:
        """Return the scores of one criterion; None if nobody scored it."""
        return next((one for one in self.criteria if one.criterion == criterion), None)

    def raters(self) -> dict[str, RaterAgreement]:
        """Return how far raters agree among themselves, by criterion."""
        return {one.criterion: rater_agreement(one) for one in self.criteria}


def open_rated(path: str | None, pack: CriteriaPack, choice: ColumnChoice, dataset: Dataset) -> Rated | None:
    """Read the scores that a manifest has of the pack's criteria; None where it has none.

    Parameters
    ----------
    path : str, optional
        What the data set was opened from; a folder or a drawn cohort has no scores.
    dataset : Dataset
        Rows of classes that were left out have no item, and their scores no place here.

    Raises
    ------
    DatasetError
        A score is no number or no level, a rater gave one level alone, or no image shows the criterion; with
        the row and the way out.
    """
    if path is None or not is_manifest(Path(path)):
        return None
    scored = find_scores(Path(path), pack, choice)
    return None if scored is None else _in_order(scored, dataset)


def _in_order(scored: Scored, dataset: Dataset) -> Rated:
    place_of = {one.where: place for place, one in enumerate(scored.listed)}
    return Rated(scored.criteria).at([place_of[item.where] for item in dataset.items])
