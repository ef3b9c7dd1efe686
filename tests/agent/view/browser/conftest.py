"""Debian's Chromium on copies of the reference runs; skips loudly where it is missing."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from browser_stand_ins import Site, Tab, new_tab, serving
from viewer_stand_ins import REFERENCE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium; the browser tests did not run")
    playwright = pytest.importorskip(
        "playwright.sync_api",
        reason="no playwright: pip install 'scafe[test]'; the browser tests did not run",
    )
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A viewer on a copy of the reference runs."""
    root = tmp_path_factory.mktemp("site") / "runs"
    shutil.copytree(REFERENCE, root)
    with serving(root) as opened:
        yield opened


@pytest.fixture
def tab(chromium: Any, site: Site) -> Iterator[Tab]:
    with new_tab(chromium, site) as opened:
        yield opened
    assert opened.foreign == []
    assert opened.complaints == []
