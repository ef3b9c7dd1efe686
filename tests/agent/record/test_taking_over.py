"""What nothing vouches for in somebody else's run is dropped before it goes on; what is read has a bound."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from drafting_stand_ins import REPLY, make_brief, open_drafter
from loop_runs import events, go
from loop_stand_ins import FaultyDrafter, StandInBench, fingerprint

from scafe.agent.cli.main import main
from scafe.agent.drafters.mailbox import read_text
from scafe.agent.egress.journal import Journal
from scafe.agent.egress.prices import fixed_prices
from scafe.agent.egress.scripted import ScriptedServer
from scafe.agent.loop.run import RunConfig, resume_run, start_run
from scafe.agent.nodes.gates import Decision
from scafe.agent.record.adoption import is_known, names_of, state_folder
from scafe.agent.record.run_folder import CACHES, LEARNT, left_clean, load_run
from scafe.agent.record.seal import verify_run
from scafe.evals.disclosure.bench import BenchFacts
from scafe.knowledge.contract.errors import DatasetError, InputError, IntegrityError

BOB = Decision(name="B. Reader")


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A run of somebody else's that waits at the gate `plan`, with things planted in it."""
    run = go(tmp_path, approve="ask").run
    shutil.rmtree(state_folder())
    for name in (*CACHES, *LEARNT):
        path = run / name
        if name != "bench" and not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_text("planted")
    (run / "bench" / "features").mkdir(parents=True)
    (run / "bench" / "journal.jsonl").write_text('{"format": 1, "request": "…", "reply": {"auc": 1.0}}\n')
    return run


def left(run: Path) -> set[str]:
    return {name for name in (*CACHES, *LEARNT) if (run / name).exists()}


def cli(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(main, list(arguments))
    return found.exit_code, found.output


class TestWhatIsDropped:
    def test_an_adopted_run_keeps_no_answers_checkpoints_prices_or_settings_of_a_stranger(
        self, theirs: Path
    ) -> None:
        assert left(theirs) == {*CACHES, *LEARNT}
        code, told = cli("runs", "adopt", str(theirs))
        assert code == 0
        assert "bench/ and checkpoints removed" in told
        assert left(theirs) == set()
        assert verify_run(theirs).faults == ()

    def test_a_dry_run_and_a_refusal_drop_nothing(self, theirs: Path) -> None:
        before = left(theirs)
        assert cli("runs", "adopt", str(theirs), "--dry-run")[0] == 0
        assert cli("resume", str(theirs))[0] == 2
        assert left(theirs) == before

    @pytest.mark.parametrize("trust", ["endpoint", "all"])
    def test_a_run_that_is_trusted_once_loses_them_too(self, theirs: Path, tmp_path: Path, trust) -> None:
        head = json.loads((theirs / "run.json").read_text())
        assert head["config"]["pack"] == "scar.vss"
        resume_run(theirs, bench=StandInBench(tmp_path / "b"), drafter=FaultyDrafter(), trust=trust)
        assert not (theirs / "bench").exists()
        assert not (theirs / LEARNT[0]).exists()
        assert not is_known(load_run(theirs))

    def test_my_own_run_keeps_its_bench(self, tmp_path: Path) -> None:
        run = go(tmp_path, approve="ask").run
        (run / "bench").mkdir()
        (run / "bench" / "journal.jsonl").write_text("")
        resume_run(run, bench=StandInBench(tmp_path / "b"), drafter=FaultyDrafter())
        assert (run / "bench" / "journal.jsonl").exists()

    def test_a_run_that_another_process_writes_is_not_stripped(self, theirs: Path) -> None:
        with load_run(theirs).locked():
            code, told = cli("runs", "adopt", str(theirs))
        assert code == 2
        assert "being written" in told
        assert (theirs / "bench").is_dir()

    def test_folders_in_folders_without_end_are_one_sentence(self, theirs: Path) -> None:
        deep = theirs / "bench"
        for _ in range(40):
            deep = deep / "a"
        deep.mkdir(parents=True)
        code, told = cli("runs", "adopt", str(theirs))
        assert (code, "no run of ScaFE" in told) == (2, True)
        assert deep.is_dir()

    def test_a_score_that_the_trace_claims_must_come_out_again(self, tmp_path: Path) -> None:
        run = go(tmp_path).run
        lines = (run / "events.jsonl").read_text().splitlines()
        place = next(n for n, line in enumerate(lines) if '"kind": "judged"' in line or "scored" in line)
        assert place
        shutil.rmtree(state_folder())
        (run / "SEAL.json").unlink()
        keep = [line for line in lines if "run_finished" not in line]
        (run / "events.jsonl").write_text("\n".join(keep) + "\n")

        class Another(StandInBench):
            """The same study, measured here."""

            def score(self, source, names, pool):  # type: ignore[no-untyped-def]
                return super().score(source + "# other", names, pool)

        with pytest.raises(IntegrityError, match="was recorded as"):
            resume_run(run, bench=Another(tmp_path / "b"), drafter=FaultyDrafter(), trust="all")


class TestDeciding:
    """`scafe freeze` and `scafe resume --name` on somebody else's run."""

    def waiting_at_freeze(self, root: Path) -> Path:
        run = go(root, approve="ask").run
        resume_run(run, bench=StandInBench(root / "bench"), drafter=FaultyDrafter(), decision=BOB)
        assert "'freeze'" in load_run(run).info().why
        return run

    def test_freeze_refuses_a_run_that_is_not_adopted_and_leaves_it_as_it_was(self, tmp_path: Path) -> None:
        run = self.waiting_at_freeze(tmp_path)
        shutil.rmtree(state_folder())
        before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
        code, told = cli("freeze", str(run), "--name", "B. Reader")
        assert code == 2
        assert "scafe runs adopt" in told
        assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before

    def test_after_adoption_one_decision_is_enough_and_is_kept_until_the_trace_has_led_back(
        self, tmp_path: Path
    ) -> None:
        run = self.waiting_at_freeze(tmp_path)
        shutil.rmtree(state_folder())
        assert cli("runs", "adopt", str(run))[0] == 0
        assert not (run / "checkpoints.sqlite").exists()
        resume_run(run, bench=StandInBench(tmp_path / "b2"), drafter=FaultyDrafter(), decision=BOB)
        assert [line["gate"] for line in events(tmp_path, "approval")] == ["plan", "freeze"]
        assert "'seal'" in load_run(run).info().why

    def test_a_decision_is_never_taken_at_another_gate_than_the_head_names(self, tmp_path: Path) -> None:
        run = go(tmp_path, approve="ask").run
        head = json.loads((run / "run.json").read_text())
        head["why"] = "waits for a person's decision at the gate 'freeze'"
        (run / "run.json").write_text(json.dumps(head))
        outcome = resume_run(run, bench=StandInBench(tmp_path / "b"), drafter=FaultyDrafter(), decision=BOB)
        assert outcome.status == "waiting"
        assert outcome.asks is not None
        assert outcome.asks["gate"] == "plan"
        assert not events(tmp_path, "approval")

    @pytest.mark.parametrize("drop", ["heigth", "vascularity/r001", "height ", ""])
    def test_striking_out_what_is_not_there_is_refused_and_the_run_waits_on(
        self, tmp_path: Path, drop: str
    ) -> None:
        run = go(tmp_path, approve="ask").run
        odd = Decision(decision="modify", name="B. Reader", drop=(drop,))
        with pytest.raises(InputError, match="to strike out"):
            resume_run(run, bench=StandInBench(tmp_path / "b"), drafter=FaultyDrafter(), decision=odd)
        info = load_run(run).info()
        assert info.status == "waiting"
        assert "'plan'" in info.why
        assert not events(tmp_path, "approval")
        fine = odd.model_copy(update={"drop": ("height",)})
        resume_run(run, bench=StandInBench(tmp_path / "b"), drafter=FaultyDrafter(), decision=fine)
        assert events(tmp_path, "approval")[0]["drop"] == ["height"]

    def test_a_person_at_a_terminal_who_mistypes_a_feature_keeps_the_run(self, tmp_path: Path) -> None:
        def ask(asks):  # type: ignore[no-untyped-def]
            return Decision(decision="modify", name="B. Reader", drop=("no_such",)) if asks else None

        with pytest.raises(InputError, match="no_such"):
            go(tmp_path, approve="ask", ask=ask)
        (run,) = (tmp_path / "runs").iterdir()
        assert load_run(run).info().status == "waiting"

    def test_nothing_can_be_struck_out_at_the_seal(self, tmp_path: Path) -> None:
        run = self.waiting_at_freeze(tmp_path)
        bench = StandInBench(tmp_path / "bench")
        resume_run(run, bench=bench, drafter=FaultyDrafter(), decision=BOB)
        odd = Decision(decision="modify", name="B. Reader", drop=("height",))
        with pytest.raises(InputError, match="nothing can be struck out"):
            resume_run(run, bench=bench, drafter=FaultyDrafter(), decision=odd)
        assert not events(tmp_path, "seal_opened")


class TestWhatIsNamed:
    def test_a_run_that_may_spend_without_a_cap_says_so(self, tmp_path: Path) -> None:
        info = load_run(go(tmp_path, approve="ask").run).info()
        asked = {**info.config, "model": "openai:m", "max_calls": 10**6, "max_cost": None}
        named = names_of(info.model_copy(update={"config": asked}))
        assert [one.value for one in named if "spend" in one.what] == [
            "calls 1000000, tokens without a cap, cost without a cap"
        ]


class TestPlanted:
    @pytest.mark.parametrize(
        "said", ["[" * 100_000, '{"m": 3}', '{"m": {"input": -1}}', "[]", '{"m": NaN}', "\xff"]
    )
    def test_planted_prices_are_an_integrity_fault(self, tmp_path: Path, said: str) -> None:
        (tmp_path / "prices.json").write_text(said, encoding="latin-1")
        with pytest.raises(IntegrityError):
            fixed_prices(tmp_path)


def grown(path: Path) -> None:
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse: takes no room on disk


def piped(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def linked(path: Path) -> None:
    elsewhere = path.parent / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


@pytest.mark.parametrize("spoil", [grown, piped, linked])
@pytest.mark.parametrize("name", ["run.json", "events.jsonl", "reply", "brief", "revision", "source"])
def test_a_file_that_is_endless_a_pipe_or_a_link_is_named_and_not_read(
    tmp_path: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    run = go(tmp_path, max_calls=4).run
    where = {
        "reply": next((run / "replies").iterdir()),
        "brief": next((run / "briefs").iterdir()),
        "revision": next((run / "revisions").glob("*/*.json")),
        "source": next((run / "revisions").glob("*/*.py")),
    }
    path = where.get(name, run / name)
    spoil(path)
    if name in ("reply", "brief"):
        with pytest.raises(IntegrityError, match=path.name):
            getattr(load_run(run), name)(path.stem)
        return
    short = f"{path.parent.name}/{path.stem}"
    arguments = ["diff", str(run), short, short] if name == "source" else ["show", str(run)]
    code, told = cli("runs", *arguments)
    assert code in (2, 4)
    assert path.name in told or "no run" in told  # a pipe for a head: no run at all
    assert "Traceback" not in told


@pytest.mark.parametrize("spoil", [grown, piped, linked])
@pytest.mark.parametrize("name", ["report.md", "report.json", "report.html"])
def test_a_report_that_is_endless_a_pipe_or_a_link_is_not_printed(
    tmp_path: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    """A link in somebody else's run would print a file of the reader's, into whatever he sends on."""
    run = go(tmp_path, max_calls=4).run
    for kind in ("md", "json", "html"):
        (run / f"report.{kind}").write_text("{}")
    spoil(run / name)
    code, told = cli("report", str(run), "--format", "html" if name.endswith("html") else "md")
    assert code in (2, 4)
    assert name in told or "no report" in told


@pytest.mark.parametrize("spoil", [grown, piped, linked])
def test_events_that_are_endless_a_pipe_or_a_link_are_not_watched(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    run = go(tmp_path, max_calls=4).run
    spoil(run / "events.jsonl")
    code, told = cli("runs", "watch", str(run))
    assert (code, "events.jsonl" in told) == (4, True)


def test_an_answer_of_a_person_without_end_is_one_sentence(tmp_path: Path) -> None:
    grown(tmp_path / "answer.md")
    with pytest.raises(InputError, match="at most 2,000,000 bytes"):
        read_text(tmp_path / "answer.md")


@pytest.mark.parametrize("spoil", [grown, piped, linked])
@pytest.mark.parametrize("what", ["request.json", "attempts.jsonl", "response.json"])
def test_a_planted_file_of_the_journal_is_named_and_not_read(
    tmp_path: Path, what: str, spoil: Callable[[Path], None]
) -> None:
    with ScriptedServer([REPLY]) as server:
        open_drafter(tmp_path, server.url).draft(make_brief())
    journal = Journal(tmp_path / "llm")
    (entry,) = journal.entries()
    path = journal.path(entry.request.sha256, what)
    spoil(path)
    if spoil is piped and what != "request.json":  # no regular file: counts as absent
        (left,) = journal.entries()
        assert not (left.answered and left.attempts)
        return
    read = journal.answer if what == "response.json" else lambda _: journal.entries()
    with pytest.raises(IntegrityError, match=path.name):
        read(entry.request.sha256)


class Unopened(StandInBench):
    """Data that cannot be used."""

    def facts(self) -> BenchFacts:
        raise DatasetError("no images here")


def test_a_refused_run_leaves_no_folder_and_no_record_that_it_was_mine(tmp_path: Path) -> None:
    out = tmp_path / "no" / "such" / "runs"
    config = RunConfig(pack="scar.vss", approve="auto", max_calls=4, out=str(out))
    with pytest.raises(DatasetError), left_clean(out):
        start_run(config, bench=Unopened(tmp_path / "bench"), drafter=FaultyDrafter())
    assert not (tmp_path / "no").exists()
    assert not list((state_folder() / "runs").iterdir())


def test_two_runs_taken_over_alike_end_alike(tmp_path: Path) -> None:
    """Dropping what was computed changes nothing that is computed again."""
    for name in ("kept", "dropped"):
        run = go(tmp_path / name, approve="ask").run
        if name == "dropped":
            shutil.rmtree(state_folder())
            assert cli("runs", "adopt", str(run))[0] == 0
        outcome = resume_run(
            run, bench=StandInBench(tmp_path / name / "bench"), drafter=FaultyDrafter(), ask=lambda asks: BOB
        )
        assert outcome.status == "frozen"
    assert fingerprint(tmp_path / "kept")["frozen"] == fingerprint(tmp_path / "dropped")["frozen"]
