"""Where LangGraph keeps its checkpoints: a file in the run folder, or a PostgreSQL shared by machines.

Only JSON types and LangGraph's own may come back out of a checkpoint: a planted record could otherwise
name any function. The file is made readable by its owner alone before SQLite opens it.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"  # read when langgraph is imported, so it stands before that

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite import SqliteSaver

from scafe.agent.record.plain_state import WAY_OUT, PlainSerializer
from scafe.knowledge.contract.errors import IntegrityError, SettingsError

SCHEMA = "SELECT type, name, sql FROM sqlite_master"
POSTGRES = ("postgresql://", "postgres://")
LOCK = 0x5CAFE
"""Number of the advisory lock under which tables are made."""
TABLES_SECONDS = 120.0


@contextmanager
def open_checkpointer(where: str | Path) -> Iterator[BaseCheckpointSaver[Any]]:
    """Open checkpoints at a path (SQLite) or at a `postgresql://` URL.

    Raises
    ------
    SettingsError
        If the PostgreSQL client is not installed, or its server does not answer.
    """
    if isinstance(where, str) and where.startswith(POSTGRES):
        with _postgres(where) as saver:
            yield saver
    else:
        with _sqlite(Path(where)) as saver:
            yield saver


@contextmanager
def _sqlite(path: Path) -> Iterator[BaseCheckpointSaver[Any]]:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        _require_own_schema(connection, path)
        yield SqliteSaver(connection, serde=PlainSerializer())
    finally:
        connection.close()


def _require_own_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database with anything but LangGraph's two tables.

    A view in place of a table, a trigger or a computed column would run somebody else's SQL when the file is
    read or written; a query can be made to never end.
    """
    with closing(sqlite3.connect(":memory:")) as memory:
        SqliteSaver(memory).setup()
        own = set(memory.execute(SCHEMA))
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        others = set(connection.execute(SCHEMA)) - own
    except sqlite3.DatabaseError as error:
        raise IntegrityError(f"{path} cannot be read ({error}). {WAY_OUT}") from None
    if others:
        kind, name, _ = min(others, key=str)
        raise IntegrityError(f"{path} holds the {kind} {name!a}, which is not LangGraph's. {WAY_OUT}")


@contextmanager
def _postgres(url: str) -> Iterator[BaseCheckpointSaver[Any]]:
    try:
        import psycopg
        from langgraph.checkpoint.postgres import PostgresSaver
        from psycopg.rows import dict_row
    except ImportError:
        raise SettingsError(
            "checkpoints in PostgreSQL need `pip install 'scafe[postgres]'`; or leave --checkpoints out"
        ) from None
    try:
        connection = psycopg.connect(url, autocommit=True, prepare_threshold=0, row_factory=dict_row)
    except psycopg.OperationalError as error:
        reason = str(error).partition("\n")[0]
        raise SettingsError(f"the checkpoint database does not answer: {reason}") from None
    with connection:
        saver: BaseCheckpointSaver[Any] = PostgresSaver(connection, serde=PlainSerializer())
        with _alone(connection):
            saver.setup()  # type: ignore[attr-defined]
        yield saver


@contextmanager
def _alone(connection: Any) -> Iterator[None]:
    """Keep other processes from making the same tables: of 32 that did so at once, 31 failed.

    A waiting `pg_advisory_lock` would hold a snapshot that LangGraph's CREATE INDEX CONCURRENTLY waits for,
    so the lock is tried again and again.
    """
    until = time.monotonic() + TABLES_SECONDS
    while not connection.execute("SELECT pg_try_advisory_lock(%s) AS held", (LOCK,)).fetchone()["held"]:
        if time.monotonic() > until:
            raise SettingsError(
                "the checkpoint database is locked by a process that makes its tables; end that process, and "
                "go on"
            )
        time.sleep(0.05)
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
