"""A labelled data set as a run reads it: the one name that opens labelled images where it is called."""

from collections.abc import Sequence
from pathlib import Path

from scafe.evals.data.dataset import Dataset
from scafe.evals.data.manifest import open_dataset
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.knowledge.contract.masks import MaskMethod
from scafe.knowledge.criteria.pack import CriteriaPack
from scafe.knowledge.criteria.pack import load_pack as _load_pack


def load_dataset(
    path: str | Path,
    *,
    labels: Sequence[str] = (),
    pack: str | Path | CriteriaPack | None = None,
    segment: MaskMethod = "none",
    mask_label: int | None = None,
    ignore_columns: Sequence[str] = (),
    patient_column: str | None = None,
) -> Dataset:
    """Read a data set through once, as a run would, and refuse what a run would refuse.

    The images are opened in this process, because you ask for them; a run never does that.

    Parameters
    ----------
    path : str or path
        A folder with one folder per class, or a CSV or Parquet manifest with the columns
        `path,label[,mask][,patient_id]`.
    labels : sequence of str
        Classes to tell apart, positive first; empty: those of the pack.
    pack : str, path or CriteriaPack, optional
        Names classes and channels.
    segment : {'none', 'otsu'}
        How masks are drawn where none is given.
    mask_label : int, optional
        The level of given masks that marks the lesion, where they have more than two.
    ignore_columns, patient_column : optional
        A manifest's columns to pass over, and the one that names the patient.

    Returns
    -------
    Dataset
        `load(index)` gives image and mask, `labels` and `patients` one entry for each.

    Raises
    ------
    DatasetError
        With file and row, what was met, and the way out.
    """
    held = _load_pack(str(pack)) if isinstance(pack, (str, Path)) else pack
    expected, channels = (held.classes, held.modality.channels) if held else ((), ("R", "G", "B"))
    named = ColumnChoice(tuple(ignore_columns), patient_column)
    return open_dataset(
        path, tuple(labels), expected, channels, segment, mask_label=mask_label, columns=named
    )
