"""Phantoms in the viewer: drawn and measured in a process of its own, behind the same walls as in a run."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from viewer_stand_ins import HOST, REFERENCE, loaded

from scafe.agent.view.app import build_app
from scafe.agent.view.guard import Access
from scafe.agent.view.reading.shelf import Shelf
from scafe.agent.view.stage import Stage

PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    root = tmp_path_factory.mktemp("runs")
    shutil.copytree(REFERENCE / "played-scar", root / "scar")
    access, stage = Access(8765), Stage()
    client = TestClient(
        build_app(Shelf(root), access, stage=stage),
        base_url=f"http://{HOST}",
        cookies={access.cookie: access.token},
    )
    yield client
    stage.close()
    client.close()


def test_a_page_does_not_wait_for_the_process_and_shows_it_when_it_is_there(viewer: TestClient) -> None:
    began = time.monotonic()
    assert viewer.get("/run/scar/phantoms").status_code == 200
    assert time.monotonic() - began < 3
    assert 'name="k.vascularity"' in loaded(viewer, "/run/scar/phantoms")


def test_a_dial_changes_the_picture_and_the_same_address_gives_the_same_bytes(viewer: TestClient) -> None:
    low, high, again = (
        viewer.get("/run/scar/phantoms/picture.png", params={"seed": 1, "k.vascularity": level}).content
        for level in (1, 8, 1)
    )
    assert low[:4] == PNG
    assert low == again != high


def test_an_extractor_of_the_run_is_measured_on_what_is_shown(viewer: TestClient) -> None:
    text = loaded(viewer, "/run/scar/phantoms?extractor=margin_overgrowth/r001&dial=border")
    assert ">convexity</th>" in text
    assert "What margin_overgrowth/r001 measures" in text


def test_response_curves_of_a_revision_are_measured_and_drawn(viewer: TestClient) -> None:
    answer = viewer.get("/run/scar/revision/margin_overgrowth/r001/curves.svg?feature=convexity")
    assert answer.status_code == 200
    assert "border (its own)" in answer.text


def test_the_phantoms_that_a_finding_names_are_drawn_with_the_values(viewer: TestClient) -> None:
    address = "/run/scar/revision/relief/r001"
    page = viewer.get(address).text
    assert f"{address}/failed.png?feature=relief_ratio&amp;dial=pigment_mix" in page
    drawn = viewer.get(f"{address}/failed.png?feature=relief_ratio&dial=pigment_mix")
    other = viewer.get(f"{address}/failed.png?feature=relief_ratio&dial=gloss")
    assert drawn.content[:4] == PNG
    assert drawn.content != other.content
    assert viewer.get(f"{address}/failed.png?feature=nothing&dial=gloss").status_code == 422


def test_an_extractor_that_the_language_wall_refuses_is_not_run_and_says_so(viewer: TestClient) -> None:
    shelf: Shelf = viewer.app.app.state.shelf  # type: ignore[attr-defined]
    path: Path = shelf.root / "scar" / "revisions" / "asymmetry" / "r001.py"
    path.write_text(path.read_text().replace("import cv2", "import os, cv2"))
    text = loaded(viewer, "/run/scar/phantoms?extractor=asymmetry/r001")
    assert "gave no values" in text
    assert "os" in text


@pytest.mark.parametrize(
    "query", ["k.nothing=1", "k.border=nan", "k.border=x", "seed=-1", "seed=9999999999", "k.border=1e999"]
)
def test_what_cannot_be_turned_is_refused(viewer: TestClient, query: str) -> None:
    assert viewer.get(f"/run/scar/phantoms/picture.png?{query}").status_code in (404, 422)
    assert viewer.get("/run/scar/phantoms/sheet.png?dial=../x").status_code == 422


def test_a_pack_that_is_a_link_is_not_opened(viewer: TestClient, tmp_path: Path) -> None:
    shutil.copytree(REFERENCE / "builtin", tmp_path / "linked")
    (tmp_path / "linked" / "pack.yaml").unlink()
    (tmp_path / "linked" / "pack.yaml").symlink_to("/etc/passwd")
    access = Access(8765)
    client = TestClient(
        build_app(Shelf(tmp_path), access), base_url=f"http://{HOST}", cookies={access.cookie: access.token}
    )
    answer = client.get("/run/linked/phantoms")
    assert 'class="fault"' in answer.text
    assert "root:" not in answer.text
