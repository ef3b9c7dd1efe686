"""The sets of real images, what is told apart in each, and the features that are compared on them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.studies.real_images import of_one_label
from scafe.evals.data.dataset import Dataset
from scafe.evals.data.decoding.waves import Images
from scafe.evals.data.features import (
    FeatureStore,
    library_versions,
    what_values_depend_on,
    write_atomically,
)
from scafe.evals.data.manifest import open_dataset
from scafe.evals.data.regions.store import Filled, RegionStore
from scafe.evals.data.sources import digest
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.evals.peers import colour_texture
from scafe.evals.scoring.ridge import Signs
from scafe.knowledge.criteria.directions import predicted_sign
from scafe.knowledge.criteria.pack import load_pack, pack_names
from scafe.knowledge.locators.reference import locator_source
from scafe.knowledge.measures import load_measure, measure_names, measure_source
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
    locator: str = ""
    """Reference locator that fills the masks of a set that has none."""


SETS = (
    PowerSet("mel/nv", "ham10000", "dermoscopy", ("mel", "nv")),
    PowerSet("mel/bkl", "ham10000", "dermoscopy", ("mel", "bkl")),
    PowerSet("breast", "breast_ultrasound", "ultrasound", ("malignant", "benign"), "ultrasound_mass"),
    PowerSet("chest", "chest_xray", "radiograph", ("bacteria", "virus"), "radiograph_lungs"),
    PowerSet("tissue", "crc_tissue", "histology", TISSUES),
    PowerSet("clinical_photo", "clinical_photo", "photo", ("malignant", "benign"), "photo_lesion"),
)


@dataclass(frozen=True)
class Measured:
    """A set with every feature that is compared, one row per image."""

    dataset: Dataset
    rows: dict[str, Rows]
    """By the name of what describes the image: measures, colour_texture, colour_texture_in_mask."""
    names: tuple[str, ...]
    """Features of the measures, in the order of their columns."""
    signs: Signs
    """What packs of the modality declare of each between the two classes."""
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
    dataset, left_out = opened(one, data, cache)
    views = views_of(one, dataset, cache, pool)
    names, ours = _of_measures(one.modality, views, FeatureStore(cache / "measures", pool))
    rows = {"measures": ours, "colour_texture": _of_peer(views, cache, in_mask=False)}
    if dataset.has_masks or one.locator:
        rows["colour_texture_in_mask"] = _of_peer(views, cache, in_mask=True)
    return Measured(dataset, rows, names, declared(one, names), left_out)


def declared(one: PowerSet, names: tuple[str, ...]) -> Signs:
    """Return what the packs that use these measures declare of each feature; 0 where they do not agree."""
    if len(one.labels) != 2:
        return ()
    criteria = [criterion for pack in map(load_pack, pack_names()) for criterion in pack.criteria]
    measured = [
        (criterion, feature)
        for criterion in criteria
        for proxy in criterion.proxies
        if proxy.measure is not None and proxy.measure.startswith(f"{one.modality}_")
        for feature in load_measure(proxy.measure).features
    ]
    found: dict[str, set[int]] = {}
    for criterion, feature in measured:
        sign = predicted_sign(criterion, feature.direction, one.labels)
        found.setdefault(feature.name, set()).update({sign} - {0})
    return tuple(next(iter(found[name])) if len(found.get(name, ())) == 1 else 0 for name in names)


def opened(one: PowerSet, data: Path, cache: Path) -> tuple[Dataset, int]:
    """Return the images of a set, and how many patients are left out for images of two labels."""
    manifest, left_out = of_one_label(data / one.folder / "manifest.csv", cache)
    return open_dataset(str(manifest), one.labels, columns=ColumnChoice(ignore=NOT_READ)), left_out


def measures_of(modality: str) -> dict[str, str]:
    """Return the sources of the measures that ship for a modality, by name."""
    names = [name for name in measure_names() if name.startswith(f"{modality}_")]
    return {name: measure_source(name) for name in names}


@dataclass(frozen=True)
class Views:
    """Images with the masks that are measured, and a key for each."""

    images: Images
    keys: tuple[str, ...]


def views_of(one: PowerSet, dataset: Dataset, cache: Path, pool: Pool) -> Views:
    """Return the images as extractors get them: the locator of the set fills masks that it lacks."""
    keys = tuple(item.sha256 for item in dataset.items)
    images = dataset.images(range(len(dataset)))
    if not one.locator:
        return Views(images, keys)
    source = locator_source(one.locator)
    filled = Filled(images, keys, [True] * len(keys), RegionStore(cache / "regions", pool, source))
    depends = what_values_depend_on(source)
    return Views(filled, tuple(digest(key.encode(), source.encode(), depends.encode()) for key in keys))


def _of_measures(modality: str, views: Views, store: FeatureStore) -> tuple[tuple[str, ...], Rows]:
    tables = store.tables([*measures_of(modality).values()], views.keys, views.images)
    names = tuple(name for table in tables for name in table.names)
    return names, np.concatenate([table.rows for table in tables], axis=1)


def _of_peer(views: Views, cache: Path, *, in_mask: bool) -> Rows:
    source = Path(colour_texture.__file__).read_bytes()
    keys = "\n".join(views.keys)
    identity = hashlib.sha256(source + f"{library_versions()}{in_mask}{keys}".encode()).hexdigest()
    path = cache / "colour_texture" / f"{identity}.bin"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        found = colour_texture.colour_texture_rows(
            pair if in_mask else ImageAndMask(pair.image, np.ones_like(pair.mask))
            for pair in map(views.images.__getitem__, range(len(views.keys)))
        )
        write_atomically(path, np.ascontiguousarray(found).tobytes())
    return np.frombuffer(path.read_bytes()).reshape(len(views.keys), -1)
