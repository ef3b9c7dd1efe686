"""Which dataset a bench specification means: files on disk, or a cohort drawn from the pack's phantom."""

from scafe.evals.bench import BenchSpec
from scafe.evals.dataset import Dataset, cohort_dataset
from scafe.evals.manifest import open_dataset
from scafe.knowledge.criteria import CriteriaPack
from scafe.knowledge.errors import DatasetError
from scafe.knowledge.phantoms import draw_cohort, load_phantom


def open_data(spec: BenchSpec, pack: CriteriaPack) -> Dataset:
    """Open the dataset of a specification, classes positive first.

    Raises
    ------
    DatasetError
        If it cannot be used; the message says where and the way out.
    """
    if spec.data is not None:
        return open_dataset(spec.data, spec.labels, pack.classes, pack.modality.channels, spec.segment)
    phantom = load_phantom(pack.phantom)
    if not phantom.classes:
        raise DatasetError(f"the phantom {pack.phantom!r} draws no cohort; give images with --data")
    cohort = spec.cohort
    drawn = draw_cohort(phantom, spec.seed, cohort.n_per_class, cohort.flavour, cohort.size)
    return cohort_dataset(drawn, spec.labels or _positive_first(pack, phantom.classes))


def _positive_first(pack: CriteriaPack, drawn: tuple[str, ...]) -> tuple[str, ...]:
    # A phantom names its classes negative first, a pack positive first.
    return pack.classes if set(pack.classes) <= set(drawn) else tuple(reversed(drawn))
