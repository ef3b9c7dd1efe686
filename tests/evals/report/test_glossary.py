"""Every word of ScaFE is explained once, and the page of them is current."""

import runpy
from pathlib import Path

from scafe.evals.report.glossary import TERMS

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_is_written_from_the_terms() -> None:
    page = runpy.run_path(str(DOCS / "make_glossary.py"))["page"]()
    assert (DOCS / "glossary.md").read_text(encoding="utf-8") == page, "run: python docs/make_glossary.py"


def test_each_term_is_explained_once_and_in_one_line() -> None:
    terms = [term for term, _ in TERMS]
    assert len(set(terms)) == len(terms)
    assert all("\n" not in meaning and meaning.endswith(".") for _, meaning in TERMS)
