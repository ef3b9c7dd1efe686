"""Write docs/glossary.md from the terms that every report explains: `python docs/make_glossary.py`."""

from pathlib import Path

from scafe.evals.report.glossary import TERMS

PAGE = Path(__file__).with_name("glossary.md")
HEAD = """# Glossary

Written by `python docs/make_glossary.py` from `evals/report/glossary.py`; every report ends with
the same table.

| term | meaning |
|---|---|
"""


def page() -> str:
    """Return the page."""
    return HEAD + "".join(f"| **{term}** | {meaning} |\n" for term, meaning in TERMS)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
