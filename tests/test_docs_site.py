"""The site builds offline without a warning, asks no other host for anything, and a dead link stops it."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
OUTSIDE = re.compile(r"""<(?:script|img|link|iframe|source|video)\b[^>]*(?:src|href)=["'](?:https?:)?//""")
needs_docs = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("sphinx", "myst_nb", "furo")),
    reason="the site is NOT checked: install the extra `docs` (pip install -e '.[docs]')",
)


def build(source: Path, target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run Sphinx as `make docs` does, with the proxies closed."""
    words = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", *options]
    closed = {
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
    }
    return subprocess.run(
        [*words, "-d", str(target / "doctrees"), str(source), str(target / "html")],
        capture_output=True, text=True, env={**os.environ, **closed},
    )  # fmt: skip


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LOOKED_AT = ("index.html", "search.html", "viewer.html", "tutorials/5-audit-a-run.html")


def require_accessible(pages: list[Path]) -> None:
    """Hold pages, opened as files, to axe-core on a narrow and a wide screen."""
    # In a thread of its own: another file of tests may hold a driver open here, and two do not go together.
    with ThreadPoolExecutor(1) as alone:
        alone.submit(_require_accessible, pages).result()


def _require_accessible(pages: list[Path]) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width in (1280, 390):
            tab = browser.new_page(viewport={"width": width, "height": 900})
            for page in pages:
                tab.goto(page.as_uri())
                assert tab.evaluate("document.documentElement.scrollWidth") <= width, page.name
                assert Axe().run(tab).response["violations"] == [], page.name
        browser.close()


def empty_site(folder: Path) -> Path:
    """Return a folder with the site's configuration and no page."""
    source = folder / "docs"
    source.mkdir()
    (source / "conf.py").write_text((DOCS / "conf.py").read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("site", "_static"):
        (source / name).symlink_to(DOCS / name)
    return source


WITHOUT_RUNNING = ("-D", "nb_execution_mode=off", "-D", "suppress_warnings=myst-nb.lexer,ref.python")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Build the site once, without running its cells; return its folder and what Sphinx said."""
    folder = tmp_path_factory.mktemp("site")
    built = build(DOCS, folder, *WITHOUT_RUNNING)
    return folder / "html", built.stderr


@pytest.mark.slow
@needs_docs
def test_every_page_and_every_link_between_pages_holds(site: tuple[Path, str]) -> None:
    folder, said = site
    assert said == ""
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) > 40
    assert [page.name for page in pages if OUTSIDE.search(page.read_text(encoding="utf-8"))] == []
    assert (folder / "searchindex.js").stat().st_size > 100_000


@pytest.mark.slow
@needs_docs
@pytest.mark.skipif(CHROMIUM is None, reason="the site's pages were NOT opened: there is no Chromium here")
def test_pages_are_accessible_and_fit_a_phone(site: tuple[Path, str]) -> None:
    require_accessible([site[0] / name for name in LOOKED_AT])


@pytest.mark.slow
@needs_docs
def test_every_cell_runs(tmp_path: Path) -> None:
    if not os.environ.get("SITE_CELLS"):
        pytest.skip("the cells of the site were NOT run: they take minutes (make docs, or SITE_CELLS=1)")
    built = build(DOCS, tmp_path, "-j", "2")
    assert built.returncode == 0, built.stderr  # kernels write notes of their own to stderr


@pytest.mark.slow
@needs_docs
def test_what_a_cell_printed_in_pieces_stands_on_one_line(tmp_path: Path) -> None:
    source = empty_site(tmp_path)
    pieces = ["sensitivity 0.", "81, AUC ", "0.80 (95 % CI)\n"]
    outputs = [{"output_type": "stream", "name": "stdout", "text": piece} for piece in pieces]
    code = {"cell_type": "code", "id": "b", "source": "report()", "outputs": outputs, "execution_count": 1}
    head = {"cell_type": "markdown", "id": "a", "source": "# Front", "metadata": {}}
    page = {"cells": [head, code | {"metadata": {}}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (source / "index.ipynb").write_text(json.dumps(page), encoding="utf-8")
    built = build(source, tmp_path, *WITHOUT_RUNNING)
    assert built.stderr == ""
    assert "sensitivity 0.81, AUC 0.80 (95 % CI)" in (tmp_path / "html" / "index.html").read_text("utf-8")


@pytest.mark.slow
@needs_docs
def test_dead_links_stop_the_build_and_sound_ones_do_not(tmp_path: Path) -> None:
    source = empty_site(tmp_path)
    (source / "other.md").write_text("# Other\n", encoding="utf-8")
    links = "[a](other.md#other) [b](other.md) [c](gone-1.md)\n[d](other.md#gone-2)\n[e](#gone-3)"
    (source / "index.md").write_text(f"# Front\n\n{links}\n\n```{{toctree}}\nother\n```\n", encoding="utf-8")
    built = build(source, tmp_path, *WITHOUT_RUNNING)
    assert built.returncode == 1
    assert [f"gone-{one}" in built.stderr for one in (1, 2, 3)] == [True] * 3
    assert built.stderr.count("WARNING") == 3
