"""Where nothing may leave, a model is refused before anybody looks for its host."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from scafe.agent.cli.main import main
from scafe.agent.terminal.preflight import require_endpoint, require_level_of
from scafe.knowledge.contract.errors import EgressError


@pytest.fixture
def listening() -> Iterator[tuple[str, list[object]]]:
    """Yield an address of this machine and whoever connected to it."""
    connected: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        done = threading.Event()

        def accept() -> None:
            while not done.is_set():
                try:
                    connected.append(server.accept())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1", connected
        done.set()
        thread.join()
        for one in connected:
            one[0].close()  # type: ignore[index]


def test_a_model_is_refused_without_a_connection(listening: tuple[str, list[object]]) -> None:
    url, connected = listening
    with pytest.raises(EgressError, match="states egress level none"):
        require_endpoint("openai:x", url, "none")
    assert connected == []
    require_endpoint("openai:x", url, "aggregates")
    until = time.monotonic() + 5
    while not connected and time.monotonic() < until:
        time.sleep(0.01)
    assert len(connected) == 1


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_the_command_refuses_it_too(
    listening: tuple[str, list[object]], tmp_path: Path, dry: list[str]
) -> None:
    url, connected = listening
    words = [
        "run",
        "scar.vss",
        "--cohort",
        "plain",
        "--model",
        "openai:x",
        "--base-url",
        url,
        "--egress",
        "none",
    ]
    told = CliRunner().invoke(main, [*words, "--out", str(tmp_path), *dry])
    assert told.exit_code == EgressError.exit_code
    assert "egress level none" in told.output
    assert connected == []
    assert list(tmp_path.iterdir()) == []


def test_drafters_that_ask_no_model_may_go_on() -> None:
    for drafter in ("builtin", "manual", "replay:runs/x"):
        require_level_of(drafter, "none")
