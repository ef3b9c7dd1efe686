"""The sets of real images, what is told apart in each, and the features that are compared on them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.studies.real_images import of_one_label
from scafe.evals.data.dataset import Dataset
from scafe.evals.data.features import FeatureStore, library_versions, write_atomically
from scafe.evals.data.manifest import open_dataset
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.evals.peers import colour_texture
from scafe.knowledge.measures import measure_names, measure_source
from scafe.sandbox.pool.pool import ImageAndMask, Pool

Rows = NDArray[np.float64]
TISSUES = ("ADI", "BACK", "DEB", "LYM", "MUC", "MUS", "NORM", "STR", "TUM")

NOT_READ = ("diagnosis", "elevation", "fitzpatrick")
"""Columns that no set is told apart by here."""


@dataclass(frozen=True)
class PowerSet:
    """One set of images, what is told apart in it, and the measures that look at it."""

    name: str
    folder: str
    modality: str
    """Folder of the measures: all that ship there are taken."""
    labels: tuple[str, ...]
    """Classes; of two, positive first."""


SETS = (
    PowerSet("mel/nv", "ham10000", "dermoscopy", ("mel", "nv")),
    PowerSet("mel/bkl", "ham10000", "dermoscopy", ("mel", "bkl")),
    PowerSet("breast", "breast_ultrasound", "ultrasound", ("malignant", "benign")),
    PowerSet("chest", "chest_xray", "radiograph", ("bacteria", "virus")),
    PowerSet("tissue", "crc_tissue", "histology", TISSUES),
    PowerSet("clinical_photo", "clinical_photo", "dermoscopy", ("malignant", "benign")),
)


@dataclass(frozen=True)
class Measured:
    """A set with every feature that is compared, one row per image."""

    dataset: Dataset
    rows: dict[str, Rows]
    """By the name of what describes the image: measures, colour_texture, colour_texture_in_mask."""
    names: tuple[str, ...]
    """Features of the measures, in the order of their columns."""
    left_out: int
    """Patients with images of two labels."""


def measure(one: PowerSet, data: Path, cache: Path, pool: Pool) -> Measured:
    """Describe every image of a set; what an earlier run computed on the same bytes is read back.

    Parameters
    ----------
    one : PowerSet
    data : Path
        Folder of the sets, one folder each with a manifest.csv.
    cache : Path
        Features are kept here under the hash of extractor, libraries, image and mask.
    pool : Pool
        Runs the measures.
    """
    manifest, left_out = of_one_label(data / one.folder / "manifest.csv", cache)
    dataset = open_dataset(str(manifest), one.labels, columns=ColumnChoice(ignore=NOT_READ))
    names, ours = _of_measures(one.modality, dataset, FeatureStore(cache / "measures", pool))
    rows = {"measures": ours, "colour_texture": _of_peer(dataset, cache, in_mask=False)}
    if dataset.has_masks:
        rows["colour_texture_in_mask"] = _of_peer(dataset, cache, in_mask=True)
    return Measured(dataset, rows, names, left_out)


def measures_of(modality: str) -> dict[str, str]:
    """Return the sources of the measures that ship for a modality, by name."""
    names = [name for name in measure_names() if name.startswith(f"{modality}_")]
    return {name: measure_source(name) for name in names}


def _of_measures(modality: str, dataset: Dataset, store: FeatureStore) -> tuple[tuple[str, ...], Rows]:
    keys = [item.sha256 for item in dataset.items]
    tables = [
        store.table(source, keys, dataset.images(range(len(dataset))))
        for source in measures_of(modality).values()
    ]
    names = tuple(name for table in tables for name in table.names)
    return names, np.concatenate([table.rows for table in tables], axis=1)


def _of_peer(dataset: Dataset, cache: Path, *, in_mask: bool) -> Rows:
    source = Path(colour_texture.__file__).read_bytes()
    keys = "\n".join(item.sha256 for item in dataset.items)
    identity = hashlib.sha256(source + f"{library_versions()}{in_mask}{keys}".encode()).hexdigest()
    path = cache / "colour_texture" / f"{identity}.bin"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        found = colour_texture.colour_texture_rows(
            pair if in_mask else ImageAndMask(pair.image, np.ones_like(pair.mask))
            for pair in map(dataset.load, range(len(dataset)))
        )
        write_atomically(path, np.ascontiguousarray(found).tobytes())
    return np.frombuffer(path.read_bytes()).reshape(len(dataset), -1)
