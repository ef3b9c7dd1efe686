"""A run's checkpoints from a stranger: a database of two tables that holds plain values, or a sentence."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import ormsgpack
import pytest

from scafe.agent.record.checkpoints import open_checkpointer
from scafe.knowledge.contract.errors import IntegrityError

WAY_OUT = "delete checkpoints.sqlite, and the run goes on from its trace"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "checkpoints.sqlite"
    with open_checkpointer(path) as saver:
        saver.get_tuple({"configurable": {"thread_id": "run"}})  # makes the tables
    return path


PLANTED: dict[str, str] = {
    "view 'checkpoints'": "DROP TABLE checkpoints; CREATE VIEW checkpoints AS SELECT 1 AS thread_id",
    "trigger 'more'": "CREATE TRIGGER more AFTER INSERT ON writes BEGIN DELETE FROM checkpoints; END",
    "table 'notes'": "CREATE TABLE notes (text TEXT)",
    "index 'slow'": "CREATE INDEX slow ON checkpoints (length(checkpoint))",
    "table 'writes'": "DROP TABLE writes; CREATE TABLE writes (task_id TEXT, type TEXT AS (hex(task_id)))",
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_database_with_anything_but_the_two_tables_is_refused(path: Path, what: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(PLANTED[what])
    with pytest.raises(IntegrityError, match=f"holds the {what}, which is not LangGraph's.*{WAY_OUT}"):
        open_checkpointer(path).__enter__()


def test_its_own_database_opens_again(path: Path) -> None:
    with open_checkpointer(path) as saver:
        assert saver.get_tuple({"configurable": {"thread_id": "run"}}) is None


@pytest.mark.parametrize("damage", [lambda data: b"no database" * 500, lambda data: data[:100] + bytes(8000)])
def test_a_file_that_is_no_database_is_one_sentence(path: Path, damage: Callable[[bytes], bytes]) -> None:
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(IntegrityError, match=rf"checkpoints\.sqlite cannot be read.*{WAY_OUT}"):
        open_checkpointer(path).__enter__()


CONSTRUCTOR = {"lc": 1, "type": "constructor", "id": ["langchain_core", "messages", "AIMessage"]}


@pytest.mark.parametrize(
    ("kind", "blob", "told"),
    [
        ("json", json.dumps({**CONSTRUCTOR, "kwargs": {"content": "x"}}).encode(), "of kind 'json'"),
        ("pickle", b"\x80\x04N.", "of kind 'pickle'"),
        ("msgpack", b"\xc1", "damaged value"),
        ("msgpack", b"\x91" * 100_000, "damaged value"),
        ("msgpack", ormsgpack.packb({"a": 1})[:-1], "damaged value"),
    ],
)
def test_a_value_that_is_not_plain_is_refused_unbuilt(path: Path, kind: str, blob: bytes, told: str) -> None:
    """Named fault: LangGraph also reads LangChain's JSON, which names classes to be made."""
    with open_checkpointer(path) as saver, pytest.raises(IntegrityError, match=told):
        saver.serde.loads_typed((kind, blob))


def test_a_plain_value_comes_back(path: Path) -> None:
    with open_checkpointer(path) as saver:
        value = {"pool": [["a" * 64, "red"]], "round": 2, "none": None}
        assert saver.serde.loads_typed(saver.serde.dumps_typed(value)) == value
