"""A structured reading of a chest film by template: seven sections, each sentence cites its value.

No model and no label. It is the floor for a reading by a language model: complete and true by construction,
and as good at telling classes apart as the signs that the pack declares.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scafe.evals.data.features import write_atomically
from scafe.evals.peers.criteria import Column, CriteriaPeer, UnitWeights
from scafe.evals.peers.peer import Card, Fitted, Rows, Setting, Train, UnavailableError, View

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "quality": (),
    "airway": (),
    "lungs": ("consolidation", "interstitial", "hyperinflation"),
    "mediastinum": ("perihilar",),
    "heart": ("heart",),
    "thorax": ("effusion",),
}
"""Section -> criteria of the pack whose features belong to it; the summary follows from all."""
NOT_MEASURED = "Not measured."
FILE = "readings.jsonl"
SPREAD = 0.5
"""Standard deviations from the median of these films up to which a value is called usual."""


@dataclass(frozen=True)
class ReadingPeer:
    """The template's summary as a row: the sum of the declared signs."""

    ours: CriteriaPeer

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        title = "Structured chest reading by template"
        source = "NV-Reason-CXR 2025, arXiv:2510.23968 (the idea)"
        return Card("template-reading", title, "zero labels", source, needs_labels=False)

    def views(self, setting: Setting) -> Sequence[View]:
        """Return the features, for chest films whose classes the pack has signs for."""
        if setting.modality != "radiograph":
            raise UnavailableError("the sections of a reading are those of a chest film")
        return self._signs.views(setting)

    def fit(self, train: Train) -> Fitted:
        """Take location and spread of every feature from the images."""
        return self._signs.fit(train)

    @property
    def _signs(self) -> UnitWeights:
        return UnitWeights(self.ours.view, self.ours.columns)


def write_readings(folder: Path, ids: Sequence[str], ours: CriteriaPeer, rows: Rows, chances: Rows) -> None:
    """Write one JSON object a film: sections with their sentences, and what the summary rests on.

    Parameters
    ----------
    folder : Path
    ids : sequence of str
        Hash of each image; no file name.
    ours : CriteriaPeer
        Names the features.
    rows : (n_images, n_features) array
    chances : (n_images,) array
        Of the positive class, as the row gave them.
    """
    lines = [
        {"image": name[:12], "sections": reading(ours.columns, rows, place, float(chances[place]))}
        for place, name in enumerate(ids)
    ]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    write_atomically(folder / FILE, text.encode())


def reading(columns: Sequence[Column], rows: Rows, place: int, chance: float) -> dict[str, str]:
    """Return the sections of one film."""
    told = {
        section: _section(
            [n for n, one in enumerate(columns) if one.criterion in criteria], columns, rows, place
        )
        for section, criteria in SECTIONS.items()
    }
    signed = [n for n, one in enumerate(columns) if one.sign and not np.isnan(rows[place, n])]
    cited = ", ".join(_cited(columns[n], rows[place, n]) for n in signed) or NOT_MEASURED
    return {**told, "summary": f"Declared signs point to the first class with {chance:.2f}: {cited}."}


def _section(numbers: Sequence[int], columns: Sequence[Column], rows: Rows, place: int) -> str:
    sentences = [
        f"{columns[n].name} is {_usual(rows[:, n], rows[place, n])} {_cited(columns[n], rows[place, n])}."
        for n in numbers
        if not np.isnan(rows[place, n])
    ]
    return " ".join(sentences) or NOT_MEASURED


def _usual(values: Rows, own: float) -> str:
    spread = float(np.nanstd(values)) or 1.0
    away = (own - float(np.nanmedian(values))) / spread
    return "usual" if abs(away) <= SPREAD else "high" if away > 0 else "low"


def _cited(column: Column, value: float) -> str:
    return f"[{column.name.replace('@', '.')}={value:.3g}]"
