import ast
import runpy
from collections import Counter
from pathlib import Path

import pytest

from scafe.evals.data.attributes import Attribute
from scafe.evals.data.matrix import FAMILIES, attributes

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent


def test_the_page_of_formats_is_current() -> None:
    make = runpy.run_path(str(ROOT / "docs" / "make_formats.py"))
    written = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert make["page"]() == written, "run `python docs/make_formats.py`"


def test_no_two_rows_have_one_name() -> None:
    twice = [
        name for name, times in Counter((row.format, row.name) for row in attributes()).items() if times > 1
    ]
    assert not twice


@pytest.mark.parametrize("row", [row for row in attributes() if row.held_by], ids=lambda row: row.name[:60])
def test_the_test_that_a_row_names_is_there(row: Attribute) -> None:
    file, *inside = row.held_by.split("::")
    nodes = ast.parse((HERE / file).read_text(encoding="utf-8")).body
    for name in inside:
        found = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == name]
        assert found, f"{row.held_by}: there is no {name}"
        nodes = found[0].body


def test_every_row_of_dicom_names_its_test_and_every_limit_is_positive() -> None:
    assert not [row.name for row in attributes() if row.format == "DICOM" and not row.held_by]
    assert all(bound.most > 0 for family in FAMILIES for bound in family.limits)
