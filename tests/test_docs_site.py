"""The site builds offline without a warning, asks no other host for anything, and a dead link stops it."""

import importlib.util
import os
import re
import subprocess
import sys
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


WITHOUT_RUNNING = ("-D", "nb_execution_mode=off", "-D", "suppress_warnings=myst-nb.lexer,ref.python")


@pytest.mark.slow
@needs_docs
def test_every_page_and_every_link_between_pages_holds(tmp_path: Path) -> None:
    built = build(DOCS, tmp_path, *WITHOUT_RUNNING)
    assert built.stderr == ""
    assert built.returncode == 0
    pages = sorted((tmp_path / "html").rglob("*.html"))
    assert len(pages) > 30
    assert [page.name for page in pages if OUTSIDE.search(page.read_text(encoding="utf-8"))] == []
    assert (tmp_path / "html" / "searchindex.js").stat().st_size > 100_000


@pytest.mark.slow
@needs_docs
def test_every_cell_runs(tmp_path: Path) -> None:
    if not os.environ.get("SITE_CELLS"):
        pytest.skip("the cells of the site were NOT run: they take minutes (make docs, or SITE_CELLS=1)")
    built = build(DOCS, tmp_path, "-j", "2")
    assert built.returncode == 0, built.stderr  # kernels write notes of their own to stderr


@pytest.mark.slow
@needs_docs
def test_dead_links_stop_the_build_and_sound_ones_do_not(tmp_path: Path) -> None:
    source = tmp_path / "docs"
    source.mkdir()
    (source / "conf.py").write_text((DOCS / "conf.py").read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("site", "_static"):
        (source / name).symlink_to(DOCS / name)
    (source / "other.md").write_text("# Other\n", encoding="utf-8")
    links = "[a](other.md#other) [b](other.md) [c](gone-1.md)\n[d](other.md#gone-2)\n[e](#gone-3)"
    (source / "index.md").write_text(f"# Front\n\n{links}\n\n```{{toctree}}\nother\n```\n", encoding="utf-8")
    built = build(source, tmp_path, *WITHOUT_RUNNING)
    assert built.returncode == 1
    assert [f"gone-{one}" in built.stderr for one in (1, 2, 3)] == [True] * 3
    assert built.stderr.count("WARNING") == 3
