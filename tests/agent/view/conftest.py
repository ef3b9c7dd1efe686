"""The viewer, opened as a person who has the token, and copies of a run to damage."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from viewer_stand_ins import HOST, REFERENCE, Open

from scafe.agent.view.app import build_app
from scafe.agent.view.guard import Access
from scafe.agent.view.reading.shelf import Shelf


@pytest.fixture
def access() -> Access:
    return Access(8765)


@pytest.fixture
def open_viewer(access: Access) -> Iterator[Open]:
    """Open the viewer on a folder of runs, as a person who has the token."""
    clients: list[TestClient] = []

    def open_it(root: Path) -> TestClient:
        client = TestClient(
            build_app(Shelf(root), access), base_url=f"http://{HOST}", cookies={access.cookie: access.token}
        )
        clients.append(client)
        return client

    yield open_it
    for client in clients:
        client.app.app.state.stage.close()  # type: ignore[attr-defined]
        client.app.app.state.resumes.close(patience=180)  # type: ignore[attr-defined]
        client.close()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder of runs that holds a copy of one."""
    root = tmp_path / "runs"
    shutil.copytree(REFERENCE / "played-scar", root / "scar")
    return root
