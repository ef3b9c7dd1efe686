"""What holds for every test: no trace of a test's runs in the state folder of the person who runs it."""

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Give this process, and what it starts, a state folder of its own."""
    folder = tempfile.mkdtemp(prefix="scafe-tests-state-")
    os.environ["XDG_STATE_HOME"] = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.fixture(autouse=True)
def working_folder_is_left_as_found() -> Iterator[None]:
    """Fail the test that changes the working folder, not one far away that runs after it."""
    before = os.getcwd()
    yield
    after = os.getcwd()
    os.chdir(before)
    assert after == before, f"this test left the working folder at {after}; change it with monkeypatch.chdir"
