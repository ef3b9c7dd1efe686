"""The endpoint's whole answer has one deadline, headers included, and no wait passes the run's own time."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from drafting_stand_ins import REPLY, FakeClock, make_brief, open_drafter
from pydantic import SecretStr

from scafe.agent.egress.budget import Budget, Caps
from scafe.agent.egress.completion import read_completion
from scafe.agent.egress.door import Door, Egress
from scafe.agent.egress.journal import Attempt, Journal
from scafe.agent.egress.models import ChatCarrier, Endpoint
from scafe.agent.egress.patience import Patience
from scafe.agent.egress.payload import Payload
from scafe.agent.egress.scripted import ScriptedServer
from scafe.knowledge.contract.errors import BudgetError, ModelError

BODY = b'{"choices": [{"message": {"content": "late"}}]}'
Serve = Callable[[socket.socket], None]


@contextmanager
def served(serve: Serve) -> Iterator[str]:
    """Serve raw bytes at a port of this machine; the address is the base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def accept() -> None:
        while not stopped.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(65_536)
                serve(connection)
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        stopped.set()
        listener.close()


def drip(connection: socket.socket, pieces: Iterator[bytes]) -> None:
    for piece in pieces:
        connection.sendall(piece)
        time.sleep(0.05)


def forever(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece


def slow_status(connection: socket.socket) -> None:
    drip(connection, iter([bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\n" * 100]))


def slow_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    drip(connection, (b"x-%d: y\r\n" % number for number in range(10_000)))


def slow_information(connection: socket.socket) -> None:
    drip(connection, forever(b"HTTP/1.1 102 Processing\r\n\r\n"))


def slow_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
    drip(connection, iter([bytes([byte]) for byte in b" " * 10_000]))


def slow_chunks(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    drip(connection, forever(b"1\r\n \r\n"))


def silence(connection: socket.socket) -> None:
    time.sleep(30)


def body_then_open(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + BODY)
    time.sleep(30)


def attempt(folder: Path, url: str, timeout_s: float = 0.6) -> tuple[Attempt, float]:
    journal = Journal(folder)
    patience = Patience(max_tries=1, clock=FakeClock())
    egress = Egress(journal, Budget(journal), "aggregates", patience=patience)
    carrier = ChatCarrier(Endpoint("m", url, timeout_s=timeout_s), egress, SecretStr("EMPTY"))
    started = time.monotonic()
    with pytest.raises(ModelError):
        egress.exchange(Payload(make_brief()), carrier)
    took = time.monotonic() - started
    (entry,) = journal.entries()
    return entry.attempts[-1], took


@pytest.mark.parametrize(
    "serve",
    [slow_status, slow_headers, slow_information, slow_body, slow_chunks, silence, body_then_open],
    ids=lambda one: one.__name__,
)
def test_no_server_holds_a_request_past_its_time(tmp_path: Path, serve: Serve) -> None:
    with served(serve) as url:
        done, took = attempt(tmp_path, url)
    assert done.outcome == "timeout"
    assert took < 8  # a loaded machine; each of these servers goes on for half a minute or for ever


def endless_header(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 2_000_000)


def many_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200_000)


def huge_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n")
    for _ in range(2 * Door.MAX_BYTES // 100_000):
        connection.sendall(b" " * 100_000)


def no_http(connection: socket.socket) -> None:
    connection.sendall(b"\xff\x00 who are you\n" * 100)


def bad_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\xff\xfe: \xed\xa0\xbd\r\ncontent-length: 2\r\n\r\n{}")


@pytest.mark.parametrize(
    "serve",
    [endless_header, many_headers, huge_body, no_http, bad_headers],
    ids=lambda one: one.__name__,
)
def test_an_answer_that_is_too_much_or_none_is_dropped_in_words(tmp_path: Path, serve: Serve) -> None:
    with served(serve) as url:
        done, _ = attempt(tmp_path, url, timeout_s=20)
    assert done.outcome in ("dropped", "garbled")


def test_headers_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    def serve(connection: socket.socket) -> None:
        head = b"HTTP/1.1 200 OK\r\nx-model: \xff\xed\xa0\xbd\r\n"
        head += b"retry-after: \xb2\r\ncontent-type: \xe2\x80\xa8\r\n"
        connection.sendall(head + b"content-length: %d\r\n\r\n" % len(BODY) + BODY)

    with served(serve) as url:
        assert open_drafter(tmp_path, url).draft(make_brief()).text == "late"


@pytest.mark.parametrize("capped", ["seconds", "elapsed"])
def test_a_wait_never_passes_the_time_of_the_run(tmp_path: Path, capped: str) -> None:
    clock = FakeClock()
    script = {"status": 429, "message": "slow down", "headers": {"Retry-After": "100"}}
    with ScriptedServer([script], after="repeat") as server:
        drafter = open_drafter(
            tmp_path,
            server.url,
            clock,
            caps=Caps(seconds=30.0),
            elapsed_s=(lambda: clock.seconds) if capped == "elapsed" else None,
        )
        with pytest.raises(BudgetError, match=r"wait 100 s .*429.* 30 s are left of --max-seconds"):
            drafter.draft(make_brief())
    assert clock.sleeps == []
    assert server.served.calls == 1


def test_our_own_waits_end_at_the_cap_too(tmp_path: Path) -> None:
    clock = FakeClock()
    with ScriptedServer([{"status": 503}], after="repeat") as server:
        drafter = open_drafter(
            tmp_path, server.url, clock, caps=Caps(seconds=5.0), elapsed_s=lambda: clock.seconds
        )
        with pytest.raises(BudgetError, match="--max-seconds"):
            drafter.draft(make_brief())
    assert clock.sleeps == [2.0]
    assert clock.seconds < 5


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("inf", 120.0),
        ("1e400", 120.0),
        ("nan", 0.0),
        ("-5", 0.0),
        ("9" * 5000, 120.0),
        ("Mon, 99999999999 Jan 2024 00:00:00 GMT", 2.0),
        ("Mon, 01 Jan 0001 00:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 120.0),
        ("soon", 2.0),
        ("٣", 3.0),
    ],
)
def test_whatever_is_asked_for_is_waited_within_reason(asked: str, waited: float) -> None:
    done = Attempt(attempt=1, event="done", outcome="http", status=429)
    assert Patience(clock=FakeClock()).wait(done, 1, asked) == waited


def test_a_timeout_leaves_nothing_that_is_taken_for_an_answer(tmp_path: Path) -> None:
    with served(body_then_open) as url:
        attempt(tmp_path, url)
    assert read_completion(BODY).text == "late"
    assert not list(tmp_path.glob("*.response.json"))


def test_an_answer_in_time_is_used(tmp_path: Path) -> None:
    slow: dict[str, Any] = {"text": REPLY, "wait_s": 0.2}
    with ScriptedServer([slow]) as server:
        assert open_drafter(tmp_path, server.url, timeout_s=30.0).draft(make_brief()).text == REPLY
