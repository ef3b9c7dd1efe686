"""Every example in the docstrings of `scafe/` runs, and shows what comes out."""

import doctest
import os
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(f"scafe.{path.stem}" for path in (ROOT / "scafe").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for variable in [one for one in os.environ if one.startswith("SCAFE_")]:
        monkeypatch.delenv(variable)
    assert doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS).failed == 0


def test_every_function_that_can_be_shown_in_a_line_is_shown() -> None:
    shown = {name for name in MODULES if doctest.DocTestFinder().find(import_module(name))}
    assert {f"scafe.{one}" for one in ("bundles", "datasets", "moved", "packs", "runs", "starting")} <= shown
