import os
import runpy
import shutil
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, TypedDict

import ormsgpack
import pytest
from langgraph.checkpoint.serde import jsonplus
from langgraph.graph import START, StateGraph

from scafe.agent.loop.graph import build_graph
from scafe.agent.nodes.state import Result, first_state, latest_wave
from scafe.agent.record.checkpoints import open_checkpointer
from scafe.knowledge.contract.errors import SettingsError

ROOT = Path(__file__).parents[3]


def test_the_page_and_the_picture_of_the_graph_are_current() -> None:
    make = runpy.run_path(str(ROOT / "docs" / "make_graph.py"))
    assert make["PAGE"].read_text() == make["page"](), "run `python docs/make_graph.py`"
    assert make["PICTURE"].read_text() == make["picture"](), "run `python docs/make_graph.py`"


def test_every_step_and_every_way_of_the_graph_is_drawn() -> None:
    make = runpy.run_path(str(ROOT / "docs" / "make_graph.py"))
    graph = build_graph().get_graph()
    drawn = make["picture"]()
    inner = set(graph.nodes) - {"__start__", "__end__"}
    assert {name for name in inner if f">{name}</text>" in drawn} == inner
    kept = [edge for edge in graph.edges if {edge.source, edge.target} <= inner]
    assert drawn.count("marker-end=") == len(kept)
    assert drawn.count("stroke-dasharray=") == sum(edge.conditional for edge in kept)


def result(wave: int, task: int) -> Result:
    return Result(wave=wave, task=task, attempts=[], source=False, stopped="", why="")


def test_answers_of_branches_are_joined_in_order_and_a_new_wave_replaces_the_old() -> None:
    joined = latest_wave(latest_wave([result(1, 5)], [result(2, 1)]), [result(2, 0)])
    assert [(one["wave"], one["task"]) for one in joined] == [(2, 0), (2, 1)]


class Counting(TypedDict):
    """State of a graph that only counts."""

    steps: Annotated[list[str], lambda old, new: old + new]


def count(where: str | Path, thread: str) -> list[str]:
    graph = StateGraph(Counting)
    graph.add_node("one", lambda state: {"steps": ["one"]})
    graph.add_node("two", lambda state: {"steps": ["two"]})
    graph.add_edge(START, "one")
    graph.add_edge("one", "two")
    with open_checkpointer(where) as saver:
        loop = graph.compile(checkpointer=saver)
        config: Any = {"configurable": {"thread_id": thread}}
        known = loop.get_state(config).values
        loop.invoke(None if known else {"steps": []}, config, durability="sync")
        steps: list[str] = loop.get_state(config).values["steps"]
    return steps


def test_a_checkpoint_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.sqlite"
    assert count(path, "run") == ["one", "two"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_finished_thread_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.sqlite"
    count(path, "run")
    assert count(path, "run") == ["one", "two"]


def test_a_planted_record_runs_nothing_when_a_checkpoint_is_loaded(tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    payload = ormsgpack.packb(("posix", "system", f"touch {planted}"))
    blob = ormsgpack.packb(ormsgpack.Ext(jsonplus.EXT_CONSTRUCTOR_SINGLE_ARG, payload))
    with open_checkpointer(tmp_path / "checkpoints.sqlite") as saver:
        saver.serde.loads_typed(("msgpack", blob))
    assert not planted.exists()


def test_the_state_is_json_like_and_comes_back_as_it_went_in(tmp_path: Path) -> None:
    state = first_state() | {"pool": [["a" * 64, "delta_a"]], "ideas": {"border": ["one"]}}
    with open_checkpointer(tmp_path / "checkpoints.sqlite") as saver:
        assert saver.serde.loads_typed(saver.serde.dumps_typed(state)) == state


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    with (
        pytest.raises(SettingsError, match="does not answer") as caught,
        open_checkpointer("postgresql://scafe:hunter2@127.0.0.1:1/none?connect_timeout=2"),
    ):
        pass
    assert "hunter2" not in str(caught.value)


def find_postgres() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """Start a server of our own on a socket in a temporary folder."""
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    programs = find_postgres()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed here (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # pytest's own folders are closed to the server's user
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        as_user = {"user": "postgres", "group": "postgres"}
        shutil.chown(folder, "postgres", "postgres")

    def call(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd="/", **as_user)

    data, control = folder / "data", str(programs / "pg_ctl")
    call(str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "scafe", "--no-sync")
    settings = f"-k {folder} -c listen_addresses='' -F"
    call(control, "-D", str(data), "-o", settings, "-l", str(folder / "log"), "-w", "start")
    yield f"postgresql://scafe@/postgres?host={folder}"
    call(control, "-D", str(data), "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


def test_many_may_make_the_tables_of_a_new_database_at_once(postgres: str) -> None:
    """LangGraph's own setup fails in all processes but one."""
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE fresh")
    url = postgres.replace("/postgres?", "/fresh?")
    gate = threading.Barrier(16)

    def open_one(_: int) -> None:
        gate.wait()
        with open_checkpointer(url):
            pass

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(open_one, range(16)))


def test_checkpoints_in_postgres_are_found_again(postgres: str) -> None:
    assert count(postgres, "run-1") == ["one", "two"]
    assert count(postgres, "run-1") == ["one", "two"]


def test_a_run_killed_with_checkpoints_in_postgres_goes_on(postgres: str, tmp_path: Path) -> None:

    from loop_stand_ins import FaultyDrafter, StandInBench

    from scafe.agent.loop.run import RunConfig, resume_run, start_run

    class KilledError(Exception):
        """Stands for a kill."""

    def listener(line: dict[str, Any]) -> None:
        if line["kind"] == "round_assessed":
            raise KilledError

    url = postgres.replace("scafe@", "scafe:secret@")
    config = RunConfig(
        pack="scar.vss", approve="auto", max_calls=12, out=str(tmp_path / "runs"), checkpoints=url
    )
    bench = StandInBench(tmp_path / "bench")
    with pytest.raises(KilledError):
        start_run(config, drafter=FaultyDrafter(), bench=bench, listener=listener)
    run = next((tmp_path / "runs").iterdir())
    assert "secret" not in (run / "run.json").read_text()
    assert not (run / "checkpoints.sqlite").exists()
    outcome = resume_run(run, drafter=FaultyDrafter(), bench=bench, checkpoints=url)
    assert outcome.status == "frozen"
