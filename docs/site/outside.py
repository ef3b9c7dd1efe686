"""Links from a page to files outside docs/ that the site shows as pages of its own."""

import os
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

PAGES = {
    "README.md": "index",
    "SECURITY.md": "project/security",
    "CONTRIBUTING.md": "project/contributing",
    "CHANGELOG.md": "project/changelog",
}
"""File of the repository -> the page of the site that stands for it."""
SUFFIXES = (".md", ".ipynb")


def turn(app: Sphinx, doctree: nodes.document) -> None:
    """Make a link to the page out of each link to such a file; any other file is offered as a download."""
    for link in list(doctree.findall(addnodes.pending_xref)):
        if link.get("refdomain") == "doc" and link["reftarget"] not in app.env.found_docs:
            _turn_one(Path(app.srcdir), link)


def _turn_one(docs: Path, link: addnodes.pending_xref) -> None:
    stem = docs / link["reftarget"]  # what stands outside docs/ is given as an absolute path
    named = [stem.with_name(stem.name + end) for end in SUFFIXES if stem.with_name(stem.name + end).is_file()]
    if not named:
        return  # Sphinx says that the link is dead
    page = PAGES.get(os.path.relpath(named[0], docs.parent))
    if page is not None:
        link["reftarget"] = page
        return
    here = docs / Path(link["refdoc"]).parent
    file = addnodes.download_reference(reftarget=os.path.relpath(named[0], here), refdoc=link["refdoc"])
    file.extend(child.deepcopy() for child in link.children)
    link.replace_self(file)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx, before it copies what is linked."""
    app.connect("doctree-read", turn, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
