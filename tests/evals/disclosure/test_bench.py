"""The door: errors cross it as they are, a resumed run asks nothing twice, nobody outlives anybody."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scafe.evals.disclosure.bench import Bench, BenchSpec, CohortSpec, FeatureRef
from scafe.evals.disclosure.journal import Journal
from scafe.evals.processes import bench as bench_process
from scafe.knowledge.contract.errors import (
    ContractError,
    DatasetError,
    IntegrityError,
    PackError,
    SandboxError,
)
from scafe.knowledge.contract.percent import LEAST, hearing
from scafe.sandbox.probes.verdict import Verdict

RED = "m = image[mask].mean(axis=0)\nreturn {'red': float(m[0]), 'blue': float(m[2])}"


@pytest.fixture
def desk_of(monkeypatch, open_pool):
    """Return a function that opens the process's desk here, on a sandbox without walls."""

    class Held(type(open_pool)):
        def __init__(self, *_, **__) -> None:
            super().__init__()

        def __enter__(self):
            return self

        def __exit__(self, *_) -> None:
            return None

    monkeypatch.setattr(bench_process, "Pool", Held)

    def make(spec: BenchSpec) -> bench_process.Desk:
        desk = bench_process.Desk()
        desk.answer("open", {"spec": spec.model_dump(mode="json")})
        return desk

    return make


@pytest.fixture
def spec(picture_folder, tmp_path) -> BenchSpec:
    return BenchSpec(
        pack="dermoscopy.abcd", data=str(picture_folder(gap=25.0)), folder=str(tmp_path / "bench")
    )


def score(source: str, pool: tuple[FeatureRef, ...] = ()) -> dict:
    return {"source": source, "names": ["red", "blue"], "pool": [ref.model_dump() for ref in pool]}


def test_a_resumed_run_is_answered_from_the_journal_and_spends_nothing(
    desk_of, spec, write_extractor
) -> None:
    source = write_extractor(RED, red="up", blue="up")
    first = desk_of(spec)
    answer = first.answer("score", score(source))
    assert answer["queries_left"] == 19
    again = desk_of(spec)
    assert again.answer("score", score(source)) == answer
    assert again._session is None  # neither data nor sandbox was opened for it
    assert again.session.ledger.queries_left == 19
    other = again.answer("score", score(write_extractor(RED + "  # other", red="up", blue="up")))
    assert other["queries_left"] == 18


def test_a_torn_last_line_of_the_journal_is_forgotten_and_answered_anew(
    desk_of, spec, write_extractor
) -> None:
    source = write_extractor(RED, red="up", blue="up")
    answer = desk_of(spec).answer("score", score(source))
    path = Path(spec.folder) / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    assert desk_of(spec).answer("score", score(source)) == answer
    assert len(path.read_text().splitlines()) == 2


def test_a_damaged_line_inside_the_journal_is_an_integrity_error(desk_of, spec) -> None:
    desk_of(spec).session  # noqa: B018  opening writes the first line
    path = Path(spec.folder) / "journal.jsonl"
    path.write_bytes(b"{half\n" + path.read_bytes())
    with pytest.raises(IntegrityError, match="line 1"):
        Journal(Path(spec.folder))


def test_data_that_changed_between_two_openings_ends_the_run(desk_of, spec, picture_folder) -> None:
    desk_of(spec).session  # noqa: B018
    manifest = Path(spec.data)
    manifest.write_text("\n".join(manifest.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(IntegrityError, match="not those this run began with"):
        desk_of(spec).session  # noqa: B018


def test_a_toolkit_that_changed_between_two_openings_ends_the_run_with_the_way_out(desk_of, spec) -> None:
    desk_of(spec).session  # noqa: B018
    path = Path(spec.folder) / "journal.jsonl"
    opening = json.loads(path.read_text())
    opening["opening"]["facts"]["toolkit_sha256"] = "0" * 64
    path.write_text(json.dumps(opening) + "\n")
    with pytest.raises(
        IntegrityError, match=r"toolkit .* is not the one this run began with .*install the ScaFE"
    ):
        desk_of(spec).session  # noqa: B018


def test_a_companion_that_changed_between_two_openings_ends_the_run(desk_of, spec) -> None:
    beside = spec.model_copy(update={"companion": "colour_texture"})
    desk_of(beside).session  # noqa: B018
    desk_of(beside).session  # noqa: B018
    with pytest.raises(IntegrityError, match=r"companion is not the one .*texture.* then, none now"):
        desk_of(spec).session  # noqa: B018


def test_the_query_that_a_choice_of_classifier_takes_is_kept_from_the_search(
    desk_of, spec, write_extractor
) -> None:
    asking = spec.model_copy(update={"classifier": "auto", "feedback": "gated"})
    plain = desk_of(spec.model_copy(update={"feedback": "gated", "folder": spec.folder + "2"})).session
    desk = desk_of(asking)
    assert desk.session.facts.queries == plain.facts.queries - 1
    card = desk.answer("score", score(write_extractor(RED, red="up", blue="down")))
    assert card["queries_left"] == plain.facts.queries - 2
    again = desk_of(asking).session.ledger  # as the journal kept it
    assert (again.queries_used, again.reserved) == (1, 1)


def test_a_run_of_before_the_toolkit_opens_as_it_did(desk_of, spec) -> None:
    first = desk_of(spec).session.facts
    path = Path(spec.folder) / "journal.jsonl"
    opening = json.loads(path.read_text())
    del opening["opening"]["facts"]["toolkit_sha256"]
    path.write_text(json.dumps(opening) + "\n")
    assert desk_of(spec).session.facts.data_sha256 == first.data_sha256


def test_a_scorer_that_changed_between_two_openings_is_named(desk_of, spec) -> None:
    desk_of(spec).session  # noqa: B018
    path = Path(spec.folder) / "journal.jsonl"
    opening = json.loads(path.read_text())
    opening["opening"]["scorer"]["evals/scoring/splits.py"] = "0" * 64
    path.write_text(json.dumps(opening) + "\n")
    with pytest.raises(IntegrityError, match=r"evals/scoring/splits\.py"):
        desk_of(spec).session  # noqa: B018


def test_blind_pruning_keeps_everything(desk_of, picture_folder, tmp_path) -> None:
    spec = BenchSpec(
        pack="dermoscopy.abcd", data=str(picture_folder(per_class=20)), folder=str(tmp_path / "small")
    )
    pool = [{"extractor": "a" * 64, "name": "red", "revision": "colour/r001"}]
    assert desk_of(spec).answer("prune", {"pool": pool}) == {"kept": pool, "dropped": []}


@pytest.mark.slow
def test_runs_with_one_cache_judge_an_extractor_on_the_same_phantoms_once(
    spec, tmp_path, write_extractor
) -> None:
    source = write_extractor(RED, red="up", blue="up")

    def verdict(run: str, seed: int = 0) -> Verdict:
        cached = {"cache": str(tmp_path / "cache"), "folder": str(tmp_path / run), "seed": seed}
        with Bench(spec.model_copy(update=cached)) as bench:
            return bench.probe(source)

    first = verdict("one")
    (kept,) = (tmp_path / "cache" / "verdicts").iterdir()
    kept.write_text(first.model_copy(update={"criterion": "read_from_the_cache"}).model_dump_json())
    assert verdict("two").criterion == "read_from_the_cache"
    kept.write_text(kept.read_text()[:20])
    assert verdict("three") == first
    verdict("four", seed=5)
    assert len(list((tmp_path / "cache" / "verdicts").iterdir())) == 2


def test_a_text_that_no_file_can_hold_is_a_fault_of_the_extractor(desk_of, spec) -> None:
    with pytest.raises(ContractError, match="line 2"):
        desk_of(spec).answer("probe", {"source": "a = 1\n'\ud800'"})


def test_faults_cross_the_door_without_values_of_patients(desk_of, spec, monkeypatch) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("patient p017 has red 203")

    monkeypatch.setattr(bench_process, "answer_score", crash)
    desk = desk_of(spec)
    monkeypatch.setattr(bench_process, "Desk", lambda: desk)
    replies = io.StringIO()
    bench_process.serve(io.StringIO(json.dumps({"method": "score", "arguments": score("x")}) + "\n"), replies)
    assert "p017" not in replies.getvalue()
    assert "RuntimeError" in replies.getvalue()


class TestProcess:
    def test_a_bad_dataset_is_raised_as_itself_with_its_sentence(self, tmp_path) -> None:
        spec = BenchSpec(pack="dermoscopy.abcd", data=str(tmp_path / "none.csv"), folder=str(tmp_path / "b"))
        with Bench(spec) as bench, pytest.raises(DatasetError, match=r"none\.csv.*--data"):
            bench.facts()

    def test_an_unknown_pack_is_raised_as_itself(self, tmp_path) -> None:
        with (
            Bench(BenchSpec(pack="scar.nope", folder=str(tmp_path / "b"))) as bench,
            pytest.raises(PackError),
        ):
            bench.facts()

    def test_scores_come_through_and_repeat(self, spec, write_extractor) -> None:
        source = write_extractor(RED, red="up", blue="up")
        with Bench(spec) as bench:
            facts = bench.facts()
            card = bench.score(source, ("red", "blue"), ())
            with pytest.raises(ContractError):
                bench.score("import os", ("x",), ())
        assert facts.sandbox["tier"]
        assert card.queries_left == facts.queries - 1
        with Bench(spec) as bench:
            assert bench.score(source, ("red", "blue"), ()) == card

    def test_a_bench_that_dies_is_told_apart_from_an_answer(self, tmp_path) -> None:
        with Bench(BenchSpec(pack="dermoscopy.abcd", folder=str(tmp_path / "b"))) as bench:
            os.kill(bench._process.pid, signal.SIGKILL)
            with pytest.raises(SandboxError, match="exit code -9"):
                bench.facts()

    def test_many_images_are_told_of_in_percents_while_they_are_read(self, tmp_path) -> None:
        cohort = CohortSpec(n_per_class=LEAST // 2, size=32)
        told = []
        with (
            hearing(told.append),
            Bench(BenchSpec(pack="scar.vss", cohort=cohort, folder=str(tmp_path))) as bench,
        ):
            assert bench.facts().patients_band
        assert told == sorted(told)
        assert told[-1] == 100

    def test_a_closed_bench_refuses_to_answer(self, tmp_path) -> None:
        with pytest.raises(SandboxError, match="closed"):
            Bench(BenchSpec(pack="dermoscopy.abcd", folder=str(tmp_path / "b"))).facts()

    def test_the_bench_dies_with_its_parent(self, tmp_path) -> None:
        script = (
            "from scafe.evals.disclosure.bench import Bench, BenchSpec; import time\n"
            f"bench = Bench(BenchSpec(pack='dermoscopy.abcd', folder={str(tmp_path / 'b')!r})).__enter__()\n"
            "print(bench._process.pid, flush=True); time.sleep(60)\n"
        )
        parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
        parent.stdout.close()
        deadline = time.monotonic() + 20
        while Path(f"/proc/{child}").exists() and "Z" not in _state(child) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "Z" in _state(child) or not Path(f"/proc/{child}").exists()

    def test_no_key_of_the_environment_reaches_the_bench(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-1")
        with Bench(BenchSpec(pack="dermoscopy.abcd", folder=str(tmp_path / "b"))) as bench:
            seen = Path(f"/proc/{bench._process.pid}/environ").read_bytes()
        assert b"sk-test-1" not in seen


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "Z"
