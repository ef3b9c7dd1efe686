"""The door between the agent and the images: a process that answers with aggregates only.

`Bench` starts `python -m scafe.evals.bench_process` and speaks JSON lines with it. That process
holds images, labels, patients and the sandbox; the process that holds a model client holds none of
them. Every answer is journalled by the hash of its request, so a resumed run is answered from the
journal and spends no label-touching query twice.
"""

from types import TracebackType
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.disclosure import FeedbackMode, ScoreCard
from scafe.sandbox.verdict import Verdict


class Record(BaseModel):
    """Frozen, closed record of the bench protocol."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CohortSpec(Record):
    """A synthetic cohort instead of a dataset."""

    n_per_class: int = Field(default=80, ge=4)
    flavour: str = Field(default="plain", description="plain, null, shortcut_ruler or shortcut_camera")
    size: int = Field(default=128, ge=32, description="edge of an image in pixels")


class BenchSpec(Record):
    """What the bench is opened with."""

    pack: str = Field(description="id or path of the criteria pack")
    data: str | None = Field(default=None, description="dataset path; none: a synthetic cohort")
    cohort: CohortSpec = CohortSpec()
    labels: tuple[str, ...] = Field(
        default=(), description="classes to tell apart, positive first; empty: the pack's"
    )
    seed: int = 0
    feedback: Literal["auto", "blind", "gated"] = "auto"
    folder: str = Field(description="private folder of the bench inside the run, e.g. runs/X/bench")
    workers: int = Field(default=2, ge=1)
    allow_weaker_sandbox: bool = False
    sandbox: Literal["local", "bwrap", "docker", "gvisor"] = "local"


class BenchFacts(Record):
    """What the agent may know of the data."""

    classes: tuple[str, ...] = Field(description="positive first")
    mode: FeedbackMode
    queries: int = Field(ge=0, description="label-touching queries allowed in all; 0 in blind mode")
    sealed: bool = Field(description="whether the data is large enough for a sealed part")
    patients_band: str = Field(description="dev patients: '<40', '40-99', '100-199', '200-399', '>=400'")
    data_sha256: str = Field(description="hash over images, masks, labels and patients")
    scorer_sha256: str = Field(description="hash over scorer, splits, probes and pack")
    sandbox: dict[str, str] = Field(
        description="tier and one status per layer, as `scafe doctor` prints them"
    )


class FeatureRef(Record):
    """One feature of one extractor."""

    extractor: str = Field(description="SHA-256 of the source")
    name: str


class Pruned(Record):
    """What leave-one-out on fresh folds left of the pool."""

    kept: tuple[FeatureRef, ...]
    dropped: tuple[FeatureRef, ...]


class Frozen(Record):
    """What was frozen, and where."""

    bundle: str = Field(description="path of the bundle folder")
    sha256: str = Field(description="hash over the bundle's manifest")
    features: int
    criteria: tuple[str, ...]


class Opened(Record):
    """The headline, for people only: never part of a brief."""

    auc: float | None
    low: float | None
    high: float | None
    baseline_auc: float | None
    permuted_auc: float | None
    dev_auc: float | None
    sealed: bool = Field(description="false: too small to seal, the numbers are one honest CV in blind mode")


class Bench:
    """Client side; use as a context manager. A fault of the data raises DatasetError, and so on."""

    def __init__(self, spec: BenchSpec) -> None:
        self.spec = spec

    def __enter__(self) -> Self:
        raise NotImplementedError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    def facts(self) -> BenchFacts:
        """Open data, split and sandbox; may take a while the first time."""
        raise NotImplementedError

    def probe(self, source: str) -> Verdict:
        """Judge one extractor on phantoms; touches no patient and no label."""
        raise NotImplementedError

    def score(self, source: str, names: tuple[str, ...], pool: tuple[FeatureRef, ...]) -> ScoreCard:
        """Score the named features of one extractor beside the pool; may spend one query."""
        raise NotImplementedError

    def prune(self, pool: tuple[FeatureRef, ...]) -> Pruned:
        """Leave-one-out on fresh folds (gated mode); blind mode keeps everything."""
        raise NotImplementedError

    def freeze(self, pool: tuple[FeatureRef, ...], folder: str, lineage: dict[str, list[str]]) -> Frozen:
        """Fit the classifier on dev and write the bundle; `lineage`: extractor -> its ancestors."""
        raise NotImplementedError

    def open_seal(self, bundle: str, actor: str) -> Opened:
        """Score the bundle on the sealed part, once; the attempt burns the seal."""
        raise NotImplementedError

    def report(self, bundle: str, folder: str, run: dict[str, object]) -> dict[str, str]:
        """Write report.html, report.md and report.json into `folder`; return their paths by kind."""
        raise NotImplementedError
