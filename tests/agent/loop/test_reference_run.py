"""The committed run: whole, replayed from its own records, and re-executed."""

import json
import math
import re
import runpy
import shutil
from pathlib import Path

import pytest

from scafe.agent.drafters.drafter import DrafterSettings
from scafe.agent.drafters.replay import ReplayDrafter
from scafe.agent.loop.run import RunConfig, start_run
from scafe.agent.record.revisions import SeenLocator, list_revisions
from scafe.agent.record.run_folder import load_run
from scafe.agent.record.seal import verify_run
from scafe.agent.record.trace import EVENTS, read_lines, trace_body
from scafe.evals.disclosure.bench import Bench, BenchFacts, BenchSpec, FeatureRef, Frozen, Opened, Pruned
from scafe.evals.disclosure.score_card import LocatorCard, LocatorChoice, ScoreCard
from scafe.evals.frozen.bundle import environment
from scafe.sandbox.probes.regions.verdict import LocatorVerdict
from scafe.sandbox.probes.verdict import Verdict

ROOT = Path(__file__).parents[3]
REFERENCES = ROOT / "runs" / "reference"
REFERENCE = REFERENCES / "builtin"
ALL = sorted(path.name for path in REFERENCES.iterdir() if path.is_dir())
STALE = "the code has changed: if on purpose, run `python benchmarks/make_reference.py` and commit the result"


class RecordedBench(Bench):
    """Answers what the bench of the reference run answered."""

    def __init__(self, reference: Path) -> None:
        super().__init__(BenchSpec(pack="x", folder="bench"))
        self.reference = reference
        self.events = {line["kind"]: line for line in read_lines(reference / EVENTS)}
        self.revisions = {one.sha256: one for one in list_revisions(load_run(reference))}

    def __enter__(self) -> "RecordedBench":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def facts(self) -> BenchFacts:
        line = self.events["bench_opened"]
        # a run that was recorded before a fact was told has none of it
        kept = {name: line[name] for name in BenchFacts.model_fields if name != "sandbox" and name in line}
        return BenchFacts.model_validate({**kept, "sandbox": line["host"]})

    def probe(self, source: str) -> Verdict:
        verdict = self.revisions[sha256(source)].verdict
        assert verdict is not None
        return verdict

    def probe_locator(self, source: str) -> LocatorVerdict:
        return self._located(source).verdict

    def compare_locators(self, sources: tuple[str, ...]) -> tuple[LocatorCard, ...]:
        cards = [self._located(source).card for source in sources]
        assert None not in cards
        return tuple(card for card in cards if card is not None)

    def choose_locator(self, sources: tuple[str, ...]) -> LocatorChoice:
        line = self.events["locator_chosen"]
        told = {"chosen": line["locator"]["chosen"], "facts": line["locator"]}
        return LocatorChoice.model_validate({**told, "why": line["why"], "compared": line["compared"]})

    def _located(self, source: str) -> SeenLocator:
        located = self.revisions[sha256(source)].located
        assert located is not None
        return located

    def score(self, source: str, names: tuple[str, ...], pool: tuple[FeatureRef, ...]) -> ScoreCard:
        card = self.revisions[sha256(source)].card
        assert card is not None
        assert {one.name for one in card.features} == set(names)
        return card

    def prune(self, pool: tuple[FeatureRef, ...]) -> Pruned:
        line = self.events["pool_pruned"]
        kept, dropped = (
            tuple(FeatureRef(extractor=one, name=name) for one, name in line[kind])
            for kind in ("kept", "dropped")
        )
        assert {one.key for one in (*kept, *dropped)} == {one.key for one in pool}
        return Pruned(kept=kept, dropped=dropped)

    def freeze(self, pool: tuple[FeatureRef, ...], folder: str, lineage: dict[str, list[str]]) -> Frozen:
        line = self.events["set_frozen"]
        shutil.copytree(self.reference / line["bundle"], folder)
        kept = {name: line[name] for name in ("sha256", "features", "criteria")}
        return Frozen.model_validate({**kept, "bundle": folder})

    def open_seal(self, bundle: str, actor: str) -> Opened:
        line = self.events["seal_opened"]
        return Opened.model_validate({name: line[name] for name in Opened.model_fields})

    def report(self, bundle: str, folder: str, run: dict[str, object]) -> dict[str, str]:
        files = self.events["reported"]["files"]
        for name in files.values():
            shutil.copy(self.reference / name, folder)
        return {kind: str(Path(folder) / name) for kind, name in files.items()}


def sha256(source: str) -> str:
    import hashlib

    return hashlib.sha256(source.encode()).hexdigest()


def files(run: Path, folder: str) -> dict[str, bytes]:
    found = sorted((run / folder).rglob("*"))
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in found if path.is_file()}


def without_times(text: str) -> str:
    return re.sub(r"20\d\d-\d\d-\d\dT[\d:.+Z]+", "<time>", text)


def made_on(run: Path) -> str:
    return str(load_run(run).info().versions["processor"])


def same_but_for_last_digits(run: Path) -> bool:
    """Compare what another processor's last digits (other SIMD, other BLAS kernels) must not change."""
    kinds, kept = (
        [[line[key] for line in read_lines(one / EVENTS) if key in line] for one in (run, REFERENCE)]
        for key in ("kind", "kept")
    )
    responses, before = (
        json.loads((one / "frozen" / "responses.json").read_text()) for one in (run, REFERENCE)
    )
    return kinds[0] == kinds[1] and kept[0] == kept[1] and close(responses, before)


def close(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-3, abs_tol=1e-6)
    return one == other


@pytest.mark.parametrize("name", ALL)
def test_a_reference_run_is_what_it_was_sealed_as(name: str) -> None:
    check = verify_run(REFERENCES / name)
    assert check.sealed
    assert check.faults == ()


@pytest.mark.parametrize("name", ALL)
def test_a_reference_run_holds_no_path_of_the_machine_it_was_made_on(name: str) -> None:
    for path in (REFERENCES / name).rglob("*"):
        if path.is_file() and path.suffix not in (".skops", ".zip", ".npz"):
            assert not re.search(rb"/(tmp|home|root|work|Users)/", path.read_bytes()), path.name


@pytest.mark.parametrize("name", ALL)
def test_replayed_from_its_own_records_a_reference_run_comes_out_the_same(name: str, tmp_path: Path) -> None:
    reference = REFERENCES / name
    recorded = load_run(reference).info().config

    class Recorded(ReplayDrafter):
        def __init__(self) -> None:
            super().__init__(reference, DrafterSettings())
            self.name = recorded["model"]

    changed = {"pack": str(reference / "pack.yaml"), "out": str(tmp_path), "model": "builtin"}
    config = RunConfig.model_validate({**recorded, **changed})
    outcome = start_run(config, drafter=Recorded(), bench=RecordedBench(reference))
    assert steps(outcome.run) == steps(reference), STALE
    for folder in ("briefs", "replies", "revisions", "frozen"):
        assert files(outcome.run, folder) == files(reference, folder), STALE


def steps(run: Path) -> list[dict[str, object]]:
    """Every event but for the words that say why: a run played by hand cannot be played again for them."""
    lines = [json.loads(line) for line in trace_body(run / EVENTS).splitlines()]
    return [{key: value for key, value in line.items() if key != "why"} for line in lines]


@pytest.mark.slow
def test_executed_again_the_reference_run_comes_out_byte_for_byte(tmp_path: Path) -> None:
    make = runpy.run_path(str(ROOT / "benchmarks" / "make_reference.py"))["make"]
    made_with = json.loads((REFERENCE / "frozen" / "manifest.json").read_text())["environment"]
    if made_with != environment():
        pytest.skip(f"SKIPPED LOUDLY: the reference run was made with {made_with}, here is {environment()}")
    run = make(tmp_path).run
    if made_on(run) != made_on(REFERENCE):
        assert same_but_for_last_digits(run), STALE
        return
    assert trace_body(run / EVENTS) == trace_body(REFERENCE / EVENTS), STALE
    for folder in ("briefs", "replies", "revisions", "frozen"):
        assert files(run, folder) == files(REFERENCE, folder), STALE
    for name in ("report.md", "report.html"):
        again, before = ((one / name).read_text() for one in (run, REFERENCE))
        assert without_times(again) == without_times(before), STALE
    assert json.loads((run / "run.json").read_text())["status"] == "frozen"


LOCATED = [name for name in ALL if any(one.located for one in list_revisions(load_run(REFERENCES / name)))]


@pytest.mark.parametrize("name", LOCATED)
def test_the_locator_that_a_reference_run_chose_is_the_one_in_its_bundle(name: str) -> None:
    run = REFERENCES / name
    (chosen,) = [line for line in read_lines(run / EVENTS) if line["kind"] == "locator_chosen"]
    frozen = (run / "frozen" / "locator.py").read_text()
    assert sha256(frozen) == chosen["locator"]["sha256"]
    kept = [one for one in list_revisions(load_run(run)) if one.standing == "chosen"]
    assert [one.name for one in kept] == ([chosen["revision"]] if chosen["revision"] else [])
    assert json.loads((run / "frozen" / "manifest.json").read_text())["locator"]["region"] == "mass"
