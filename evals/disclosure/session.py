"""What the bench process holds while it is open: data, split, folds, sandbox, ledger.

Nothing of a session leaves its process; `freeze`, `seal` and `report` work on it there.
"""

import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scafe.evals.companion.companion import Appearance, open_companion
from scafe.evals.data.dataset import Dataset
from scafe.evals.data.decoding.image_set import ImageSet, joined
from scafe.evals.data.decoding.waves import Images
from scafe.evals.data.features import (
    Elsewhere,
    FeatureStore,
    FeatureTable,
    source_sha256,
    write_atomically,
)
from scafe.evals.data.regions.agreement import Watch
from scafe.evals.data.sources import digest
from scafe.evals.disclosure.bands import NO_NOISE, Noisy
from scafe.evals.disclosure.bench import BenchFacts, BenchSpec, FeatureRef
from scafe.evals.disclosure.declared import declared_signs
from scafe.evals.disclosure.label_noise import LabelNoise, open_noise
from scafe.evals.disclosure.ledger import Ledger
from scafe.evals.disclosure.locators import fills_masks, images_to_compare_on, is_drafted, keep_locator
from scafe.evals.disclosure.opening import columns_of, open_data
from scafe.evals.disclosure.regions import Regions, filled_by, open_regions
from scafe.evals.disclosure.scorer import ScorerSeal
from scafe.evals.experts.rated import Rated, open_rated
from scafe.evals.scoring.feedback import plan_feedback
from scafe.evals.scoring.ridge import Signs
from scafe.evals.scoring.score import CVScore, Task, cross_validate
from scafe.evals.scoring.splits import Folds, Split, make_folds, split_patients
from scafe.evals.transfer.perturbed import Perturbed
from scafe.evals.transfer.steadiness import Steadiness, steadiness
from scafe.evals.transfer.surroundings import Surroundings, surroundings
from scafe.knowledge.contract.errors import InputError, IntegrityError
from scafe.knowledge.contract.locator import Locator
from scafe.knowledge.criteria.pack import CriteriaPack, load_pack
from scafe.sandbox.language.toolkit_text import toolkit_sha256
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.probes.panel import build_panel
from scafe.sandbox.probes.perturbations import PERTURBATIONS
from scafe.sandbox.system.doctor import SandboxReport

STABILITY_IMAGES = 24
"""Dev images on which stability is measured; each is perturbed five ways."""
SURROUNDED = 400
"""Dev images on which a feature is set beside size, border and exposure: more would tell no more."""
PATIENT_BANDS = ((40, "<40"), (100, "40-99"), (200, "100-199"), (400, "200-399"))


class BenchSession:
    """An open bench. `ids` are always positions in `dataset.items`.

    Parameters
    ----------
    spec : BenchSpec
        What to open.
    pool : Pool
        The sandbox, open.
    elsewhere : Elsewhere, optional
        Measures images that lie on disk, instead of the sandbox here.

    Raises
    ------
    InputError
        If pack, data or settings cannot be used.
    """

    def __init__(self, spec: BenchSpec, pool: Pool, elsewhere: Elsewhere | None = None) -> None:
        self.spec = spec
        self.pool = pool
        """The sandbox, open."""
        self.folder = Path(spec.folder)
        """Private folder of the bench (mode 0700)."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.pack: CriteriaPack = load_pack(spec.pack)
        self.scorer = ScorerSeal.of(spec.pack)
        """Hashes of everything that decides a score."""
        self.dataset: Dataset = open_data(spec, self.pack)
        """Items (label, patient), classes (positive first), load(id) -> ImageAndMask."""
        self.rated: Rated | None = open_rated(spec.data, self.pack, columns_of(spec, self.pack), self.dataset)
        """Experts' scores of every item; None: the data has none."""
        self.split: Split = split_patients(self.dataset.patients, self.dataset.labels, spec.seed)
        """dev and sealed, tuples of ids; sealed is empty if the data is too small."""
        self.folds: Folds = self.draw_folds("loop")
        """Over the dev ids, fixed for the run."""
        self.fresh_folds: Folds = self.draw_folds("fresh")
        """Over the dev ids, never used by the loop: for pruning and for what a report re-scores."""
        self.sources: dict[str, str] = self._kept_sources()
        """SHA-256 -> source of every extractor that was probed or scored."""
        self.regions: Regions | None = open_regions(spec, self.pack, self.dataset, pool, self.folder)
        """What fills masks that were not given; None: they are all True, or its locator is to be drafted."""
        self.appearance: Appearance | None = self._open_companion()
        """What is fused with the criteria features after the freeze; nothing of it is ever disclosed."""
        kept = Path(spec.cache) if spec.cache else self.folder / "features"
        self.store = FeatureStore(kept, pool, elsewhere)
        self.facts: BenchFacts = self._facts()
        reserved = self._reserved()
        self.ledger = Ledger(queries_allowed=self.facts.queries + reserved, reserved=reserved)
        """What the labels have answered so far, in bits, and the bound it implies."""
        self.noise: LabelNoise | None = self._open_noise()
        """Of differential privacy; None: answers are exact before they are banded."""
        self._scores: dict[tuple[tuple[str, str], ...], CVScore] = {}

    @property
    def key(self) -> str:
        """A secret of this study that no drafter has: moves the edges of disclosed bands.

        Made of the patients' ids and not of their images, so that one other image moves no edge.
        """
        return digest(str(self.spec.seed).encode(), *(p.encode() for p in sorted(set(self.dataset.patients))))

    def measure(self, source: str) -> None:
        """Run an extractor over all that a score looks at, in one call: each call starts cells of its own."""
        sets = (self.shown(self.split.dev), self._perturbed(), self._phantoms)
        self.store.table(source, *joined(sets))

    def feature_table(self, source: str, ids: tuple[int, ...]) -> FeatureTable:
        """Run one extractor over items (cached): names, rows, faults."""
        return self.store.table(source, *self.shown(ids))

    def shown(self, ids: tuple[int, ...]) -> ImageSet:
        """Return items as extractors get them."""
        keys = [self.dataset.items[index].sha256 for index in ids]
        return self.seen(ids, keys, self.dataset.images(ids))

    def seen(self, ids: Sequence[int], keys: Sequence[str], images: Images) -> ImageSet:
        """Return keys and images as extractors get them: the locator fills masks that were not given."""
        if self.regions is None and self.to_locate:
            raise IntegrityError(
                "the locator of this run is not there yet: its bench was removed while its trace went on; "
                "remove the run's checkpoints too, and resume"
            )
        return ImageSet(keys, images) if self.regions is None else self.regions.seen(ids, keys, images)

    @property
    def to_locate(self) -> str:
        """The region whose locator the run drafts; '' if it drafts none."""
        drafts = is_drafted(self.spec, self.folder) and fills_masks(self.spec, self.pack, self.dataset)
        return self.pack.region or "" if drafts else ""

    @cached_property
    def watch(self) -> Watch:
        """Runs locators over the images on which they are compared."""
        return Watch(self.pool, *images_to_compare_on(self.dataset, self.split.dev))

    def adopt(self, locator: Locator) -> None:
        """Fill masks that were not given by this locator from now on.

        Raises
        ------
        DatasetError
            What it finds cannot be right; the study is as it was.
        """
        self.regions = filled_by(locator, self.spec, self.pack, self.dataset, self.pool, self.folder)
        keep_locator(locator, self.folder)

    def matrix(self, pool: tuple[FeatureRef, ...], ids: tuple[int, ...]) -> NDArray[np.float64]:
        """Return the (len(ids), len(pool)) values of pooled features, NaN where not measurable."""
        if not pool:
            return np.empty((len(ids), 0))
        sources = {ref.extractor: self.source(ref.extractor) for ref in pool}
        tables = dict(zip(sources, self.store.tables([*sources.values()], *self.shown(ids)), strict=True))
        return np.stack([tables[ref.extractor].column(ref.name) for ref in pool], axis=1)

    def target(self, ids: tuple[int, ...]) -> NDArray[np.int64]:
        """Return labels as numbers: 1 is the positive class of two; a level's rank; else its position."""
        classes = self.dataset.classes
        places = np.array([classes.index(self.dataset.items[index].label) for index in ids], dtype=np.int64)
        return len(classes) - 1 - places if len(classes) == 2 or self.spec.ordinal else places

    def patients(self, ids: tuple[int, ...]) -> tuple[str, ...]:
        """Return the patient of each item."""
        return tuple(self.dataset.items[index].patient for index in ids)

    def task(self, ids: tuple[int, ...]) -> Task:
        """Return targets and patients of some items, as the scorer takes them."""
        return Task(self.target(ids), self.patients(ids), len(self.dataset.classes), self.spec.ordinal)

    def score(self, pool: tuple[FeatureRef, ...]) -> CVScore:
        """Score a set of features on the loop's folds; the same set is scored once."""
        known = tuple(ref.key for ref in pool)
        if known not in self._scores:
            rows, task = self.matrix(pool, self.split.dev), self.task(self.split.dev)
            self._scores[known] = cross_validate(rows, task, self.folds, signs=self.signs(pool))
        return self._scores[known]

    def signs(self, pool: tuple[FeatureRef, ...]) -> Signs:
        """Return what is declared of each feature, for the classifier's prior; () if the run has none."""
        return declared_signs(self.spec.prior, self.pack, self.facts.classes, self.sources, pool)

    def stability(self, source: str) -> dict[str, Steadiness]:
        """Measure every feature of an extractor on perturbed dev images (cached)."""
        ids = self._stability_ids()
        plain = self.feature_table(source, ids)
        changed = self.store.table(source, *self._perturbed())
        return {
            feature: steadiness(plain.column(feature), changed.column(feature)) for feature in plain.names
        }

    def on_phantoms(self, source: str) -> FeatureTable:
        """Measure an extractor on phantoms as they are drawn for the probes (cached)."""
        return self.store.table(source, *self._phantoms)

    @cached_property
    def _phantoms(self) -> ImageSet:
        panel = build_panel(self.pack.phantom, self.spec.seed, self.spec.fitted)
        drawn = [panel.images[place] for place in (*panel.drawn, *panel.still)]
        return ImageSet([digest(repr(one.image.shape).encode(), one.image.tobytes()) for one in drawn], drawn)

    @cached_property
    def around_ids(self) -> tuple[int, ...]:
        """Dev items whose size, border and exposure are looked at: `SURROUNDED` at most, by their hash."""
        items = self.dataset.items
        ranked = sorted(self.split.dev, key=lambda i: digest(b"around", items[i].sha256.encode()))
        return tuple(sorted(ranked[:SURROUNDED]))

    @cached_property
    def around(self) -> Surroundings:
        """Size, border and exposure of those items, each loaded in turn."""
        shown = self.shown(self.around_ids).images
        return surroundings(shown[place] for place in range(len(self.around_ids)))

    def _perturbed(self) -> ImageSet:
        """Return an image for each pair of a dev image and a perturbation."""
        pairs = [(index, name) for index in self._stability_ids() for name in PERTURBATIONS]
        keys = [digest(self.dataset.items[index].sha256.encode(), name.encode()) for index, name in pairs]
        return self.seen([index for index, _ in pairs], keys, Perturbed(self.dataset, pairs))

    def remember(self, source: str) -> str:
        """Keep a source for later requests that name it by hash; return its SHA-256."""
        sha256 = source_sha256(source)
        if sha256 not in self.sources:
            folder = self.folder / "sources"
            folder.mkdir(exist_ok=True, mode=0o700)
            write_atomically(folder / f"{sha256}.py", source.encode())
            self.sources[sha256] = source
        return sha256

    def source(self, sha256: str) -> str:
        """Return a source by its hash."""
        if sha256 not in self.sources:
            raise InputError(f"extractor {sha256[:8]} was never scored here; score it before it is named")
        return self.sources[sha256]

    def draw_folds(self, purpose: str) -> Folds:
        """Draw folds over the dev items; another purpose gives other folds."""
        dev = self.split.dev
        labels = [self.dataset.items[index].label for index in dev]
        return make_folds(dev, self.patients(dev), labels, self.spec.seed, purpose)

    def noise_on(self, source_sha256: str, feature: str) -> Noisy:
        """Return the noise on what is told of one feature; none without differential privacy."""
        if self.noise is None:
            return NO_NOISE
        return Noisy(self.noise.on(source_sha256, feature), self.noise.sigma)

    def _reserved(self) -> int:
        """Return the label queries kept for the choice of a classifier: one, if labels may steer."""
        return int(self.spec.classifier == "auto" and self.facts.mode == "gated")

    def _open_companion(self) -> Appearance | None:
        if self.spec.companion is None:
            return None
        is_masked = self.dataset.has_masks or self.dataset.segmented != "none"
        return Appearance(open_companion(self.spec.companion, "mask" if is_masked else "whole"))

    def _open_noise(self) -> LabelNoise | None:
        epsilon = self.spec.dp_epsilon
        if epsilon is None:
            return None
        if len(self.dataset.classes) != 2 or self.facts.mode == "blind":
            raise InputError(
                "--dp-epsilon is for gated feedback on two classes: nothing is told of the labels otherwise; "
                "leave it away"
            )
        label_of = dict(zip(self.patients(self.split.dev), self.target(self.split.dev), strict=True))
        n_pos = int(sum(label_of.values()))
        return open_noise(
            self.folder, epsilon, n_pos, len(label_of) - n_pos, max(self.ledger.reports_allowed, 1)
        )

    def _kept_sources(self) -> dict[str, str]:
        found = sorted((self.folder / "sources").glob("*.py"))
        return {path.stem: path.read_text(encoding="utf-8") for path in found}

    @cached_property
    def shapes(self) -> tuple[tuple[int, int, int], ...]:
        """(height, width, channels) that the detectors draw phantoms to: the commonest and the largest.

        Among the dev images on which stability is measured; the same shape stands there once.
        """
        pairs = (self.dataset.load(index) for index in self._stability_ids())
        found = Counter(pair.image.shape for pair in pairs)
        if not found:
            return ()
        commonest = max(found, key=lambda shape: (found[shape], shape))
        largest = max(found, key=lambda shape: (math.prod(shape), shape))
        return tuple(dict.fromkeys((commonest, largest)))

    def _stability_ids(self) -> tuple[int, ...]:
        ranked = sorted(
            self.split.dev, key=lambda i: digest(b"stability", self.dataset.items[i].sha256.encode())
        )
        return tuple(ranked[:STABILITY_IMAGES])

    def _facts(self) -> BenchFacts:
        dev_patients = len(set(self.patients(self.split.dev)))
        plan = plan_feedback(self.spec.feedback, dev_patients, self.split.is_sealed)
        return BenchFacts(
            classes=self.dataset.classes,
            mode=plan.mode,
            queries=plan.queries - int(self.spec.classifier == "auto" and plan.mode == "gated"),
            sealed=self.split.is_sealed,
            patients_band=next((band for above, band in PATIENT_BANDS if dev_patients < above), ">=400"),
            data_sha256=self.dataset.sha256,
            scorer_sha256=self.scorer.sha256,
            toolkit_sha256=toolkit_sha256(),
            sandbox=sandbox_status(self.pool.report),
            locator=None if self.regions is None or self.to_locate else self.regions.facts(self.key),
            to_locate=self.to_locate,
            outlined=bool(self.to_locate) and any(item.has_mask for item in self.dataset.items),
            companion=None if self.appearance is None else self.appearance.companion.note,
            experts=() if self.rated is None else self.rated.ids,
            experts_sha256="" if self.rated is None else self.rated.sha256,
        )


def sandbox_status(report: SandboxReport) -> dict[str, str]:
    """Return tier and one status per layer, as `scafe doctor` prints them."""
    weaker = {"allow_weaker": "yes"} if report.allow_weaker else {}
    layers = {layer.name: layer.state for layer in report.layers}
    return {"tier": report.tier, "backend": report.backend, **layers, **weaker}
