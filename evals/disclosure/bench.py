"""The door between the agent and the images: a process that answers with aggregates only.

`Bench` starts `python -m scafe.evals.processes.bench` and speaks JSON lines with it. That process
holds images, labels, patients and the sandbox; the process that holds a model client holds none of
them. Every answer is journalled by the hash of its request, so a resumed run is answered from the
journal and spends no label query twice.
"""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.companion.note import CompanionNote
from scafe.evals.disclosure.score_card import LocatorCard, LocatorChoice, LocatorFacts, ScoreCard
from scafe.evals.scoring.feedback import FeedbackMode
from scafe.knowledge.contract import errors
from scafe.knowledge.contract.masks import MaskMethod
from scafe.knowledge.contract.percent import Ear
from scafe.sandbox.probes.ranges import Range
from scafe.sandbox.probes.regions.verdict import LocatorVerdict
from scafe.sandbox.probes.verdict import Verdict

CLOSING_SECONDS = 10.0


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
    labels: tuple[str, ...] = Field(default=(), description="classes, positive first; empty: the pack's")
    ordinal: bool = Field(default=False, description="whether `labels` are levels, the highest first")
    segment: MaskMethod = Field(default="none", description="how masks are drawn for images that have none")
    locator: str = Field(
        default="none", description="finds masks that are not given: reference, draft, a file, or none"
    )
    classifier: Literal["ridge", "auto"] = Field(
        default="ridge", description="auto: ridge or forest, decided on development folds for one label query"
    )
    prior: Literal["none", "declared"] = Field(default="none", description="of the ridge: signs or nothing")
    companion: str | None = Field(default=None, description="beside the criteria: colour_texture, onnx:FILE")
    mask_label: int | None = Field(
        default=None, ge=0, description="the level of a mask that marks the lesion, where there are several"
    )
    ignore_columns: tuple[str, ...] = Field(
        default=(), description="columns of the manifest that are passed over"
    )
    patient_column: str | None = Field(default=None, description="names the patient; none: patient_id")
    fitted: tuple[Range, ...] = Field(
        default=(), exclude_if=lambda value: not value, description="how far nuisances of phantoms go"
    )
    seed: int = 0
    feedback: Literal["auto", "blind", "gated"] = "auto"
    dp_epsilon: float | None = Field(
        default=None, gt=0, description="privacy budget of what a drafter is told of labels"
    )
    folder: str = Field(description="private folder of the bench inside the run, e.g. runs/X/bench")
    workers: int = Field(default=2, ge=1)
    allow_weaker_sandbox: bool = False
    sandbox: Literal["local", "bwrap", "docker", "gvisor"] = "local"
    cache: str | None = Field(
        default=None,
        description="folder of values and verdicts that runs on the same images share; none: in `folder`",
    )
    cluster: str | None = Field(
        default=None, description="local:N, tcp://… or tls://… of a Dask cluster that measures images"
    )


class BenchFacts(Record):
    """What the agent may know of the data."""

    classes: tuple[str, ...] = Field(description="positive first")
    mode: FeedbackMode
    queries: int = Field(ge=0, description="label queries allowed in all; 0 in blind mode")
    sealed: bool = Field(description="whether the data is large enough for a held-out test set")
    patients_band: str = Field(description="dev patients: '<40', '40-99', '100-199', '200-399', '>=400'")
    data_sha256: str = Field(description="hash over images, masks, labels and patients")
    scorer_sha256: str = Field(description="hash over scorer, splits, probes and pack")
    toolkit_sha256: str = Field(default="", description="hash over the toolkit; '' in runs from before it")
    sandbox: dict[str, str] = Field(
        description="tier and one status per layer, as `scafe doctor` prints them"
    )
    locator: LocatorFacts | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="the locator that fills masks; none: masks are as given, or the whole image",
    )
    companion: CompanionNote | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="what is fused with the criteria features after the freeze; no brief holds it",
    )
    to_locate: str = Field(
        default="",
        exclude_if=lambda value: not value,
        description="the region whose locator the run has yet to draft; '' if it has none to draft",
    )
    outlined: bool = Field(
        default=False,
        exclude_if=lambda value: not value,
        description="whether masks of some images are given, which drafts of a locator are compared with",
    )
    experts: tuple[str, ...] = Field(
        default=(), exclude_if=lambda value: not value, description="criteria that experts scored"
    )
    experts_sha256: str = Field(
        default="", exclude_if=lambda value: not value, description="hash over the experts' scores"
    )


class FeatureRef(Record):
    """One feature of one extractor."""

    extractor: str = Field(description="SHA-256 of the source")
    name: str
    revision: str = Field(default="", description="e.g. 'border/r004'; '' where no run numbered it")

    @property
    def key(self) -> tuple[str, str]:
        """Which values it stands for: extractor and name."""
        return self.extractor, self.name


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
    difference: float | None = Field(default=None, description="AUC minus the baseline's, paired by patient")
    difference_low: float | None = None
    difference_high: float | None = None
    voided: str | None = Field(default=None, description="null controls that the claim does not survive")


ENVIRONMENT = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "TMPDIR", "TZ", "OMP_NUM_THREADS")
"""What the bench process may see of the environment: no key, no proxy, no token."""
FAULTS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.ScafeError)
}
R = TypeVar("R", bound=BaseModel)


class Bench:
    """Client side; use as a context manager. A fault of the data raises DatasetError, and so on.

    Requests of several threads are answered one after the other. The bench process ends when the
    thread that entered the context ends, so enter it in the main thread.
    """

    def __init__(self, spec: BenchSpec) -> None:
        self.spec = spec
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._ear = Ear()

    def __enter__(self) -> Self:
        self._ear.__enter__()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "scafe.evals.processes.bench"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                env=self._ear.environment(ENVIRONMENT),
                pass_fds=self._ear.descriptors,
            )
            self._ask("open", spec=self.spec.model_dump(mode="json"))
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def facts(self) -> BenchFacts:
        """Open data, split and sandbox; may take a while the first time."""
        return self._record(BenchFacts, "facts")

    def probe(self, source: str) -> Verdict:
        """Judge one extractor on phantoms; touches no patient and no label."""
        return self._record(Verdict, "probe", source=source)

    def probe_locator(self, source: str) -> LocatorVerdict:
        """Judge one locator on phantoms; touches no patient and no label."""
        return self._record(LocatorVerdict, "probe_locator", source=source)

    def compare_locators(self, sources: tuple[str, ...]) -> tuple[LocatorCard, ...]:
        """Run locators on development images without a look at a label; one card each, in their order."""
        cards = self._ask("compare_locators", sources=list(sources))["cards"]
        return tuple(LocatorCard.model_validate(one) for one in cards)

    def choose_locator(self, sources: tuple[str, ...]) -> LocatorChoice:
        """Keep one of these, or the one that ships, and fill the masks that are not given by it."""
        return self._record(LocatorChoice, "choose_locator", sources=list(sources))

    def score(self, source: str, names: tuple[str, ...], pool: tuple[FeatureRef, ...]) -> ScoreCard:
        """Score the named features of one extractor beside the pool; may spend one query."""
        return self._record(ScoreCard, "score", source=source, names=list(names), pool=_plain(pool))

    def prune(self, pool: tuple[FeatureRef, ...]) -> Pruned:
        """Leave-one-out on fresh folds (gated mode); blind mode keeps everything."""
        return self._record(Pruned, "prune", pool=_plain(pool))

    def freeze(self, pool: tuple[FeatureRef, ...], folder: str, lineage: dict[str, list[str]]) -> Frozen:
        """Fit the classifier on dev and write the bundle; `lineage`: extractor -> its ancestors."""
        return self._record(Frozen, "freeze", pool=_plain(pool), folder=folder, lineage=lineage)

    def open_seal(self, bundle: str, actor: str) -> Opened:
        """Score the bundle on the held-out test set, once; the attempt burns the seal."""
        return self._record(Opened, "open_seal", bundle=bundle, actor=actor)

    def report(self, bundle: str, folder: str, run: dict[str, object]) -> dict[str, str]:
        """Write report.html, report.md and report.json into `folder`; return their paths by kind."""
        return {str(k): str(v) for k, v in self._ask("report", bundle=bundle, folder=folder, run=run).items()}

    def _record(self, kind: type[R], method: str, **arguments: object) -> R:
        return kind.model_validate(self._ask(method, **arguments))

    def _ask(self, method: str, **arguments: object) -> dict[str, Any]:
        with self._lock:
            line = self._exchange(json.dumps({"method": method, "arguments": arguments}))
        if "error" in line:
            raise _fault(line["error"])
        return dict(line["reply"])

    def _exchange(self, request: str) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise errors.SandboxError("the bench is closed; enter it as a context manager")
        try:
            process.stdin.write(request + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise errors.SandboxError(
                f"the bench process ended (exit code {process.wait()}); what it printed stands above. "
                "Resume the run: what it answered before is kept"
            )
        return dict(json.loads(answer))

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return self._ear.__exit__(None, None, None)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        try:
            process.wait(timeout=CLOSING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._ear.__exit__(None, None, None)


def column_names(pool: Sequence[FeatureRef]) -> tuple[str, ...]:
    """Name one column per feature: as its extractor does, and by its revision where two share a name.

    A revision keeps the feature names of its parent, so two of one pool may share them. What is put behind
    the `@` is as short as tells them apart: the number, the criterion, or both. No feature's own name holds
    an `@`, so no column takes the name of another.

    Examples
    --------
    >>> old = FeatureRef(extractor="aa", name="width", revision="border/r001")
    >>> new = FeatureRef(extractor="bb", name="width", revision="border/r004")
    >>> other = FeatureRef(extractor="cc", name="width", revision="streaks/r002")
    >>> column_names([new])
    ('width',)
    >>> column_names([old, new])
    ('width@r001', 'width@r004')
    >>> column_names([old, new, other])
    ('width@border-r001', 'width@border-r004', 'width@streaks')
    """
    return tuple(
        _column(ref, [one for one in pool if one.name == ref.name and one.key != ref.key]) for ref in pool
    )


def _column(ref: FeatureRef, rivals: Sequence[FeatureRef]) -> str:
    if not rivals:
        return ref.name
    if not ref.revision:
        return f"{ref.name}@{ref.extractor[:8]}"
    criterion, _, number = ref.revision.partition("/")
    theirs = {one.revision.partition("/")[0] for one in rivals}
    if theirs == {criterion}:
        return f"{ref.name}@{number}"
    return f"{ref.name}@{criterion}-{number}" if criterion in theirs else f"{ref.name}@{criterion}"


def _plain(pool: tuple[FeatureRef, ...]) -> list[dict[str, str]]:
    return [ref.model_dump() for ref in pool]


def _fault(error: dict[str, str]) -> errors.ScafeError:
    return FAULTS.get(error["type"], errors.ScafeError)(error["message"])
