"""One whole run, shared by the tests of a file."""

from pathlib import Path

import pytest
from loop_runs import go


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("whole")
    outcome = go(root)
    assert (outcome.status, outcome.exit_code) == ("frozen", 0)
    return root
