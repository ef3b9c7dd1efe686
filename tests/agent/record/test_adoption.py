"""A run goes on only where its owner started it, or where somebody adopted it knowing what it names."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from drafting_stand_ins import REPLY
from loop_stand_ins import StandInBench

from scafe.agent.cli.main import main
from scafe.agent.egress.scripted import ScriptedReply, ScriptedServer
from scafe.agent.loop.run import resume_run, start_run
from scafe.agent.record.adoption import (
    identity,
    is_known,
    names_of,
    remember,
    require_ours,
    state_folder,
)
from scafe.agent.record.run_folder import load_run
from scafe.agent.record.seal import verify_run
from scafe.agent.settings.run_config import RunConfig
from scafe.knowledge.contract.errors import InputError, SettingsError

KEY = "sk-test-7f3a9c5e1b2d4f60"


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SCAFE_API_KEY", KEY)


def started(root: Path, url: str, **more: Any) -> Path:
    """Return a run that its endpoint stopped after two answers."""
    config = RunConfig.model_validate(
        {"pack": "scar.vss", "approve": "auto", "max_calls": 6, "out": str(root / "runs"), **more}
    )
    asked = config.model_copy(update={"model": "openai:m", "base_url": url})
    return start_run(asked, bench=StandInBench(root / "bench")).run


def stops_after(answers: int) -> Any:
    count = iter(range(1000))
    return lambda _: REPLY if next(count) < answers else ScriptedReply(status=401)


def foreign(run: Path, **config: Any) -> Path:
    """Make the run somebody else's: what is known of it is forgotten, and it names other things."""
    shutil.rmtree(state_folder(), ignore_errors=True)
    head = json.loads((run / "run.json").read_text())
    head["config"] |= config
    (run / "run.json").write_text(json.dumps(head))
    return run


def cli(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(main, list(arguments))
    return found.exit_code, found.output


def test_a_run_that_was_started_here_goes_on(tmp_path: Path) -> None:
    with ScriptedServer(stops_after(2)) as server:
        run = started(tmp_path, server.url)
        before = server.served.calls
        assert is_known(load_run(run))
        resume_run(run, bench=StandInBench(tmp_path / "bench"))
    assert server.served.calls > before


def test_somebody_else_s_run_gets_no_byte_and_no_key(tmp_path: Path) -> None:
    with ScriptedServer([REPLY], after="repeat") as theirs:
        with ScriptedServer(stops_after(2)) as mine:
            run = foreign(started(tmp_path, mine.url), base_url=theirs.url)
        before = fingerprint_of(run)
        with pytest.raises(InputError, match="not started on this machine"):
            resume_run(run, bench=StandInBench(tmp_path / "bench"))
        for arguments in (
            ["resume", str(run)],
            ["run", "--resume", str(run)],
            ["resume", str(run), "--json"],
        ):
            code, told = cli(*arguments)
            assert code == 2
            assert theirs.url in told
            assert "scafe runs adopt" in told
            assert KEY not in told
        assert theirs.served.heads == []
    assert fingerprint_of(run) == before


def fingerprint_of(run: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(run.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    "config",
    [
        {"base_url": "https://elsewhere.example/v1"},
        {"prompts": "/tmp/theirs"},
        {"cache": "/tmp/theirs"},
        {"data": "/home/reader/photos"},
        {"prices": "/tmp/prices.toml"},
        {"checkpoints": "postgresql://db.example/x"},
        {"cluster": "tcp://theirs.example:8786"},
        {"pack": "/tmp/pack.yaml"},
        {"model": "theirs:anything"},
        {"model": "replay:/tmp/run"},
        {"allow_weaker_sandbox": True},
        {"sandbox": "docker"},
        {"seed": 8},
    ],
    ids=lambda config: next(iter(config)),
)
def test_a_run_whose_configuration_was_edited_is_not_known_any_more(
    tmp_path: Path, config: dict[str, Any]
) -> None:
    with ScriptedServer(stops_after(1)) as server:
        run = started(tmp_path, server.url)
    head = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**head, "config": head["config"] | config}))
    folder = load_run(run)
    assert not is_known(folder)
    with pytest.raises(InputError) as refused:
        require_ours(folder)
    if "seed" not in config:
        (value,) = config.values()
        shown = "a weaker sandbox" if value is True else str(value).removeprefix("replay:")
        assert shown in [one.value for one in names_of(folder.info())]
        assert shown in str(refused.value)


def test_an_exchanged_criteria_pack_makes_it_another_run(tmp_path: Path) -> None:
    with ScriptedServer(stops_after(1)) as server:
        run = started(tmp_path, server.url)
    before = identity(load_run(run))
    (run / "pack.yaml").write_text((run / "pack.yaml").read_text() + "\n# send more\n")
    assert identity(load_run(run)) != before
    assert not is_known(load_run(run))


def test_an_adopted_run_goes_on_and_another_copy_of_it_elsewhere_too(tmp_path: Path) -> None:
    with ScriptedServer([REPLY], after="repeat") as server:
        with ScriptedServer(stops_after(2)) as first:
            run = foreign(started(tmp_path, first.url), base_url=server.url)
        code, told = cli("runs", "adopt", str(run), "--dry-run")
        assert code == 0
        assert f"prompts and the key go to {server.url}" in told
        assert not is_known(load_run(run))
        assert cli("runs", "adopt", str(run))[0] == 0
        assert is_known(load_run(run))
        assert run not in state_folder().parents
        outcome = resume_run(run, bench=StandInBench(tmp_path / "bench"))
    assert outcome.status in ("frozen", "no_acceptable_set")
    assert verify_run(run).faults == ()


def test_an_endpoint_alone_may_be_trusted_and_nothing_beside_it(tmp_path: Path) -> None:
    with ScriptedServer([REPLY], after="repeat") as server:
        with ScriptedServer(stops_after(2)) as first:
            run = foreign(started(tmp_path, first.url), base_url=server.url)
        with pytest.raises(InputError):
            resume_run(foreign(run, cache="/tmp/theirs"), bench=StandInBench(tmp_path), trust="endpoint")
        assert server.served.heads == []
        resume_run(foreign(run, cache=None), bench=StandInBench(tmp_path / "bench"), trust="endpoint")
    assert server.served.calls > 0


def test_a_reply_is_not_put_into_somebody_else_s_run(tmp_path: Path) -> None:
    with ScriptedServer(stops_after(1)) as server:
        run = foreign(started(tmp_path, server.url), model="manual")
    (tmp_path / "answer.md").write_text(REPLY)
    code, told = cli("reply", str(run), str(tmp_path / "answer.md"))
    assert code == 2
    assert "not started on this machine" in told
    assert cli("reply", str(run))[0] == 0  # reading stays free


def test_reading_verifying_and_showing_somebody_else_s_run_is_free(tmp_path: Path) -> None:
    with ScriptedServer(stops_after(2)) as server:
        run = foreign(started(tmp_path, server.url))
        calls = server.served.calls
        for arguments in (["runs", "show"], ["runs", "verify"], ["runs", "egress"]):
            assert cli(*arguments, str(run))[0] == 0
    assert server.served.calls == calls


@pytest.mark.parametrize("kind", ["link", "link_to_folder", "pipe"])
def test_a_run_folder_with_links_or_pipes_is_not_adopted(tmp_path: Path, kind: str) -> None:
    with ScriptedServer(stops_after(1)) as server:
        run = foreign(started(tmp_path, server.url))
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "diary.md").write_text("private")
    if kind == "pipe":
        os.mkfifo(run / "llm" / "pipe")
    else:
        target = tmp_path / "secret" / ("diary.md" if kind == "link" else "")
        (run / "llm" / "entry").symlink_to(target)
    code, told = cli("runs", "adopt", str(run))
    assert code == 2
    assert "llm" in told
    with pytest.raises(InputError, match="a link, a device or a pipe"):
        resume_run(run, bench=StandInBench(tmp_path / "bench"), trust="all")


def test_what_a_run_names_is_shown_without_control_characters(tmp_path: Path) -> None:
    with ScriptedServer(stops_after(1)) as server:
        run = foreign(
            started(tmp_path, server.url), base_url="http://a/v1\x1b[2K\x1b[1Ahttps://api.openai.com"
        )
    _, told = cli("runs", "adopt", str(run), "--dry-run")
    assert "\x1b" not in told
    _, told = cli("resume", str(run))
    assert "\x1b" not in told


def test_a_folder_of_prompts_with_a_link_in_it_is_refused(tmp_path: Path) -> None:
    secret, prompts = tmp_path / "id_rsa", tmp_path / "prompts"
    secret.write_text("private words")
    prompts.mkdir()
    (prompts / "draft.md").symlink_to(secret)
    with ScriptedServer([REPLY], after="repeat") as server:
        with pytest.raises(SettingsError, match=r"draft\.md: not a plain file"):
            started(tmp_path, server.url, prompts=str(prompts))
    assert server.served.heads == []


def test_a_state_folder_that_cannot_be_written_is_said_and_stops_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    told: list[dict[str, Any]] = []
    config = RunConfig(pack="scar.vss", approve="auto", max_calls=4, out=str(tmp_path / "runs"))
    with ScriptedServer(stops_after(1)) as server:
        asked = config.model_copy(update={"model": "openai:m", "base_url": server.url})
        run = start_run(asked, bench=StandInBench(tmp_path / "bench"), listener=told.append).run
    assert any("adopt it to resume" in line.get("what", "") for line in told)
    with pytest.raises(InputError):
        require_ours(load_run(run))


def test_what_is_known_lies_where_xdg_says(tmp_path: Path) -> None:
    assert state_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "scafe"
    assert state_folder({"XDG_STATE_HOME": "relative"}) == Path.home() / ".local" / "state" / "scafe"
    assert state_folder({}) == Path.home() / ".local" / "state" / "scafe"


def test_the_record_of_a_run_holds_no_secret(tmp_path: Path) -> None:
    with ScriptedServer(stops_after(1)) as server:
        run = started(tmp_path, server.url)
    record = remember(load_run(run), "adopted")
    assert KEY not in record.read_text()
    assert record.parent.stat().st_mode & 0o077 == 0
