"""What holds for every test: no trace of a test's runs in the state folder of the person who runs it."""

import os
import shutil
import tempfile

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Give this process, and what it starts, a state folder of its own."""
    folder = tempfile.mkdtemp(prefix="scafe-tests-state-")
    os.environ["XDG_STATE_HOME"] = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
