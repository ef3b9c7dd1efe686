"""ScaFE's rows as peers: the features of a frozen bundle, or every measure of a pack as it ships."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from scafe.evals.data.dataset import Dataset
from scafe.evals.data.features import FeatureStore, what_values_depend_on
from scafe.evals.frozen.bundle import Bundle, open_bundle
from scafe.evals.peers.criteria import Column, CriteriaPeer
from scafe.evals.peers.peer import Images, Rows
from scafe.evals.scoring.splits import split_patients
from scafe.knowledge.contract.errors import InputError
from scafe.knowledge.criteria.directions import SIGNS, predicted_sign
from scafe.knowledge.criteria.pack import CriteriaPack
from scafe.knowledge.measures import load_measure
from scafe.sandbox.pool.pool import Pool

ONE_SHOT = "scafe-one-shot"
BUNDLE = "scafe"
PLAIN = "-plain"
"""Ends the name of the row that has the same features and no prior."""
RUNS = "runs"
"""Where the searches keep their values too (`--store`): what they measured is not measured again."""


@dataclass(frozen=True)
class Sandbox:
    """Where extractors run, and where their values are kept."""

    folder: Path
    workers: int = 2
    allow_weaker: bool = False
    backend: str = "local"


@dataclass(frozen=True)
class Extractors:
    """View of images by extractors, run in the sandbox."""

    taken: tuple[tuple[str, tuple[str, ...]], ...]
    """Source, and the features that are taken of it."""
    sandbox: Sandbox
    chunk: int = 1 << 30
    """The store below keeps its own chunks: the sandbox starts once."""

    @property
    def key(self) -> str:
        """Hash over sources and names, and what else their values depend on."""
        others = [what_values_depend_on(source) for source, _ in self.taken]
        return f"extractors@1 {hashlib.sha256(repr((self.taken, others)).encode()).hexdigest()}"

    def rows(self, images: Images, keys: Sequence[str]) -> Rows:
        """Return one row an image, NaN where a feature could not be measured."""
        box = self.sandbox
        with Pool(box.workers, allow_weaker=box.allow_weaker, backend=box.backend) as pool:
            store = FeatureStore(box.folder / RUNS, pool)
            columns = []
            for source, names in self.taken:
                table = store.table(source, keys, images)
                columns += [table.column(name) for name in names]
        return np.column_stack(columns)


def bundle_peer(path: str | Path, dataset: Dataset, sandbox: Sandbox, name: str = BUNDLE) -> CriteriaPeer:
    """Return a bundle's features as a peer.

    Raises
    ------
    InputError
        The bundle tells other classes apart than the data has.
    """
    bundle = open_bundle(path)
    manifest = bundle.manifest
    if set(manifest.classes) != set(dataset.classes):
        raise InputError(
            f"{path} tells {', '.join(manifest.classes)} apart, and the data {', '.join(dataset.classes)}; "
            "name the bundle's classes with --labels"
        )
    flip = -1 if manifest.classes[0] != dataset.classes[0] else 1
    columns = tuple(
        Column(one.column, one.criterion, flip * SIGNS.get(one.predicted, 0)) for one in manifest.features
    )
    taken = tuple((bundle.source(one.extractor), (one.name,)) for one in manifest.features)
    return CriteriaPeer(
        name,
        f"ScaFE, {len(columns)} selected features",
        Extractors(taken, sandbox),
        columns,
        labels_selected=len(selecting_patients(bundle, dataset)),
        note=_note(bundle, dataset),
        prior=manifest.prior,  # turning all signs, as other class order would, changes nothing
    )


def without_prior(ours: CriteriaPeer) -> CriteriaPeer:
    """Return the same features under a plain ridge: what declared directions bring."""
    title = f"{ours.title}, declared directions left out"
    return replace(ours, name=f"{ours.name}{PLAIN}", title=title, prior=())


def selecting_patients(bundle: Bundle, dataset: Dataset) -> frozenset[str]:
    """Return the patients of this data whose labels chose the bundle's features; none in blind mode."""
    manifest = bundle.manifest
    if manifest.mode == "blind" or manifest.data_sha256 != dataset.sha256:
        return frozenset()
    split = split_patients(dataset.patients, dataset.labels, manifest.seed)
    patients = dataset.patients
    return frozenset(patients[place] for place in split.dev)


def one_shot_peer(pack: CriteriaPack, dataset: Dataset, sandbox: Sandbox) -> CriteriaPeer:
    """Return every measure of a pack as a peer: criteria, code, classifier; no loop and no probes."""
    columns, taken, binary = [], [], len(dataset.classes) == 2
    for criterion in pack.criteria:
        for measure in dict.fromkeys(proxy.measure for proxy in criterion.proxies if proxy.measure):
            extractor = load_measure(measure)
            taken.append((extractor.source, extractor.names))
            columns += [
                Column(
                    f"{criterion.id}.{one.name}",
                    criterion.id,
                    predicted_sign(criterion, one.direction, dataset.classes) if binary else 0,
                )
                for one in extractor.features
            ]
    if not taken:
        raise InputError(
            f"pack {pack.id} names no measure for any criterion; give a frozen set with --bundle"
        )
    title = f"One-shot ScaFE, {len(columns)} features, no loop and no probes"
    return CriteriaPeer(ONE_SHOT, title, Extractors(tuple(taken), sandbox), tuple(columns))


def _note(bundle: Bundle, dataset: Dataset) -> str:
    if bundle.manifest.data_sha256 != dataset.sha256:
        return "the bundle was made on other data"
    if bundle.manifest.mode == "blind":
        return "features chosen without a label"
    return "labels of this data chose the features: tested on its held-out patients alone"
