"""What the theme's pages lack for readers by keyboard or screen reader, put in when the site is written."""

from pathlib import Path

from sphinx.application import Sphinx

MENDED = (
    ('<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="Pages of the site">'),
    ('<aside class="toc-drawer">', '<aside class="toc-drawer" aria-label="On this page">'),
    ("<pre>", '<pre tabindex="0">'),  # what scrolls must be reached without a mouse
    ('<div class="table-wrapper ', '<div tabindex="0" class="table-wrapper '),
    ("<th></th>", "<td></td>"),  # the corner of a table of pandas heads nothing
    ('<div id="search-results"></div>', '<h1>Search</h1><div id="search-results"></div>'),
)
"""Found by axe-core 4; tests/test_docs_site.py holds some pages to it."""


def mend(app: Sphinx, error: Exception | None) -> None:
    """Mend every page that was written."""
    for page in [] if error else Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        fresh = text
        for old, new in MENDED:
            fresh = fresh.replace(old, new)
        if fresh != text:
            page.write_text(fresh, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("build-finished", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
