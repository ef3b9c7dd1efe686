"""A toy bench: a phantom plug-in with two dials, a pack over it, and a session that needs no sandbox."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from scafe.evals.data.decoding.image_set import ImageSet
from scafe.evals.data.rules.reading import AS_USUAL
from scafe.evals.disclosure.bench import BenchFacts, BenchSpec, CohortSpec, FeatureRef
from scafe.evals.disclosure.ledger import Ledger
from scafe.evals.scoring.score import Task
from scafe.evals.scoring.splits import make_folds, split_patients
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.criteria.pack import CriteriaPack, parse_pack
from scafe.knowledge.phantoms import Dial, Nuisance, PhantomImage, draw_cohort
from scafe.sandbox.pool.pool import Extraction, ImageAndMask

REDNESS = """CRITERION = "redness"
FEATURES = {
    "delta_red": {
        "unit": "grey value",
        "range": [-255, 255],
        "direction": "up",
        "meaning": "mean red of the lesion minus mean red around it",
    },
    "noise_red": {
        "unit": "grey value",
        "range": [0, 255],
        "direction": "either",
        "meaning": "red of the first pixel: nothing of the lesion",
    },
}


def extract(image, mask):
    red = image[:, :, 0].astype(float)
    return {"delta_red": red[mask].mean() - red[~mask].mean(), "noise_red": red[0, 0]}
"""
EXTENT = """CRITERION = "extent"
FEATURES = {
    "area_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the image that the lesion covers",
    },
}


def extract(image, mask):
    return {"area_share": mask.mean()}
"""
PACK = """
schema: scafe/criteria-pack@1
id: toy.disc
version: 1.0.0
title: Toy discs
scale: none
citation: {text: "Nobody, a disc drawn for a test, no journal"}
modality: {kind: clinical_photo}
classes: [severe, mild]
purpose: differential
phantom: toydisc
criteria:
  - id: redness
    definition: how red the disc is
    scale_type: continuous
    observable: direct
    dial: redness
    class_direction: {severe_minus_mild: up}
  - id: extent
    definition: how large the disc is
    scale_type: continuous
    observable: direct
    dial: extent
    class_direction: {mild_minus_severe: up}
forbidden_shortcuts: [the corner pixel]
"""


class ToyPhantom:
    """A red disc on grey."""

    kind = "toydisc"
    dials = (
        Dial("redness", 0, 1, 0.3, "share", "how red"),
        Dial("extent", 0.1, 0.4, 0.25, "share", "radius"),
    )
    nuisances = (Nuisance("light", 0, 1, 0, "brightness"),)
    classes = ("mild", "severe")

    def render(
        self,
        seed: int,
        dials: Mapping[str, float] | None = None,
        nuisances: Mapping[str, float] | None = None,
        size: int = 128,
    ) -> PhantomImage:
        truth = {one.name: one.neutral for one in (*self.dials, *self.nuisances)}
        truth.update(dials or {})
        truth.update(nuisances or {})
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[:size, :size] / size - 0.5
        mask = x**2 + y**2 < truth["extent"] ** 2
        image = 110 + 20 * truth["light"] + rng.normal(0, 12, (size, size, 3))
        image[mask, 0] += 90 * truth["redness"]
        return PhantomImage(np.clip(image, 0, 255).astype(np.uint8), mask, truth)

    def draw(self, seed: int, label: str, flavour: str = "plain", size: int = 128) -> PhantomImage:
        rng = np.random.default_rng(seed)
        shift = 0.15 if label == "severe" and flavour != "null" else 0.0
        dials = {
            "redness": float(np.clip(rng.normal(0.4 + shift, 0.15), 0, 1)),
            "extent": float(np.clip(rng.normal(0.25, 0.05), 0.1, 0.4)),
        }
        return self.render(int(rng.integers(2**31)), dials, {"light": float(rng.random())}, size)


PHANTOM = ToyPhantom()


class ToyPool:
    """Runs trusted toy extractors in this process, where the sandbox would."""

    backend = "gvisor"
    """One extractor after the other, as where a whole pool lies in a container."""

    def extract(self, source: str, images: Sequence[ImageAndMask], *, talkative: bool = False) -> Extraction:
        names = parse_extractor(source).names
        room: dict[str, Any] = {}
        exec(source, room)
        found = [room["extract"](one.image, one.mask) for one in images]
        rows = np.array([[one[name] for name in names] for one in found])
        return Extraction(names, rows, (None,) * len(images), 0.0)


class ToySession:
    """What `BenchSession` offers, over a toy cohort."""

    rated = None
    around_ids = ()

    def __init__(
        self,
        folder: Path,
        n_per_class: int = 90,
        flavour: str = "plain",
        seed: int = 0,
        pack: CriteriaPack | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.spec = BenchSpec(
            pack="toy.disc",
            seed=seed,
            folder=str(folder),
            cohort=CohortSpec(n_per_class=n_per_class, flavour=flavour, size=48),
        )
        self.pack = pack or parse_pack(PACK, "toy")
        self.classes = self.pack.classes
        members = draw_cohort(PHANTOM, seed, n_per_class, flavour, 48)
        self.images = [ImageAndMask(one.phantom.image, one.phantom.mask) for one in members]
        self.labels = [one.label for one in members]
        self.names = [one.patient for one in members]
        self.split = split_patients(self.names, self.labels, seed)
        self.dataset = SimpleNamespace(
            items=self.names,
            classes=self.classes,
            load=self.images.__getitem__,
            segmented="none",
            reading=AS_USUAL,
            unmasked=0,
        )
        self.regions = None
        self.declared: tuple[int, ...] = ()
        self.appearance = None
        self.noise = None
        self.folds = self.draw_folds("loop")
        self.fresh_folds = self.draw_folds("fresh")
        self.facts = BenchFacts(
            classes=self.classes,
            mode="gated" if self.split.is_sealed else "blind",
            queries=20 if self.split.is_sealed else 0,
            sealed=self.split.is_sealed,
            patients_band="100-199",
            data_sha256="d" * 64,
            scorer_sha256="5" * 64,
            sandbox={"tier": "A", "seccomp": "on"},
        )
        self.pool = ToyPool()
        self.ledger = Ledger(queries_allowed=20, queries_used=4)
        self.sources = {parse_extractor(one).sha256: one for one in (REDNESS, EXTENT)}

    def draw_folds(self, purpose: str) -> Any:
        dev = self.split.dev
        return make_folds(
            dev, [self.names[i] for i in dev], [self.labels[i] for i in dev], self.spec.seed, purpose, 2
        )

    def signs(self, pool: tuple[FeatureRef, ...]) -> tuple[int, ...]:
        return self.declared[: len(pool)]

    def matrix(self, pool: tuple[FeatureRef, ...], ids: tuple[int, ...]) -> Any:
        columns = []
        for ref in pool:
            table = self.pool.extract(self.sources[ref.extractor], [self.images[i] for i in ids])
            columns.append(table.rows[:, table.names.index(ref.name)])
        return np.column_stack(columns)

    def shown(self, ids: tuple[int, ...]) -> ImageSet:
        return ImageSet([str(index) for index in ids], [self.images[index] for index in ids])

    def target(self, ids: tuple[int, ...]) -> Any:
        return np.array([int(self.labels[i] == self.classes[0]) for i in ids])

    def task(self, ids: tuple[int, ...]) -> Task:
        return Task(self.target(ids), self.patients(ids))

    def source(self, sha256: str) -> str:
        return self.sources[sha256]

    def patients(self, ids: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(self.names[i] for i in ids)

    def refs(self) -> tuple[FeatureRef, ...]:
        """Every feature of both toy extractors."""
        return tuple(
            FeatureRef(extractor=sha256, name=name)
            for sha256, source in self.sources.items()
            for name in parse_extractor(source).names
        )


def plug_in_the_toy_phantom(folder: Path) -> None:
    """Install the toy phantom as another distribution would: an entry point on the path."""
    info = folder / "toydisc-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toydisc\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[scafe.phantoms]\ntoydisc = toydisc_phantom:PHANTOM\n")
    (folder / "toydisc_phantom.py").write_text(
        "import importlib.util as u\n"
        f"spec = u.spec_from_file_location('toydisc_conftest', {str(Path(__file__))!r})\n"
        "module = u.module_from_spec(spec)\nspec.loader.exec_module(module)\nPHANTOM = module.PHANTOM\n"
    )
    sys.path.insert(0, str(folder))


@pytest.fixture(scope="session")
def toy_phantom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Make the kind `toydisc` known for the length of the tests."""
    folder = tmp_path_factory.mktemp("toydisc")
    plug_in_the_toy_phantom(folder)
    yield "toydisc"
    sys.path.remove(str(folder))


@pytest.fixture(scope="session")
def open_toy(toy_phantom: str) -> Callable[..., Any]:
    """Open a toy session in a folder; other arguments as in `ToySession`."""
    return ToySession


@pytest.fixture
def toy_session(toy_phantom: str, tmp_path: Path) -> Callable[..., Any]:
    """Open a toy session; keyword arguments as in `ToySession`."""

    def open_session(name: str = "bench", **options: Any) -> ToySession:
        return ToySession(tmp_path / name, **options)

    return open_session
