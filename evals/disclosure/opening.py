"""Which dataset a bench specification means: files on disk, or a cohort drawn from the pack's phantom."""

from pathlib import Path

from scafe.evals.data.dataset import Dataset, cohort_dataset
from scafe.evals.data.manifest import open_dataset
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.evals.disclosure.bench import BenchSpec
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.criteria.pack import CriteriaPack
from scafe.knowledge.phantoms import draw_cohort, load_phantom


def open_data(spec: BenchSpec, pack: CriteriaPack) -> Dataset:
    """Open the dataset of a specification, classes positive first.

    Raises
    ------
    DatasetError
        If it cannot be used; the message says where and the way out.
    """
    found = _drawn(spec, pack) if spec.data is None else _on_disk(_path(spec.data, spec), spec, pack)
    _require_levels(spec, found)
    return found


def _path(data: str, spec: BenchSpec) -> str:
    # workers of a cluster have working folders of their own
    return str(Path(data).absolute()) if spec.cluster else data


def _on_disk(path: str, spec: BenchSpec, pack: CriteriaPack) -> Dataset:
    return open_dataset(
        path,
        spec.labels,
        pack.classes,
        pack.modality.channels,
        spec.segment,
        mask_label=spec.mask_label,
        columns=columns_of(spec, pack),
        fills=spec.locator != "none" and pack.region is not None,
    )


def columns_of(spec: BenchSpec, pack: CriteriaPack) -> ColumnChoice:
    """Return what a person said about the columns of a manifest."""
    return ColumnChoice(spec.ignore_columns, spec.patient_column, pack.ids)


def _drawn(spec: BenchSpec, pack: CriteriaPack) -> Dataset:
    phantom = load_phantom(pack.phantom)
    if not phantom.classes:
        raise DatasetError(f"the phantom {pack.phantom!r} draws no cohort; give images with --data")
    cohort = spec.cohort
    drawn = draw_cohort(phantom, spec.seed, cohort.n_per_class, cohort.flavour, cohort.size)
    return cohort_dataset(drawn, spec.labels or _positive_first(pack, phantom.classes))


def _require_levels(spec: BenchSpec, found: Dataset) -> None:
    if spec.ordinal and len(found.classes) < 3:
        raise DatasetError(
            f"--ordinal is for three levels or more, this data has {len(found.classes)}: name them with "
            "--labels, the highest first, or leave --ordinal away"
        )


def _positive_first(pack: CriteriaPack, drawn: tuple[str, ...]) -> tuple[str, ...]:
    # A phantom names its classes negative first, a pack positive first.
    return pack.classes if set(pack.classes) <= set(drawn) else tuple(reversed(drawn))
