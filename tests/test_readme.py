"""What the README shows of the code is what the code is: the map of the rooms, and the lines of Python."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKE = runpy.run_path(str(ROOT / "docs" / "make_map.py"))


def test_the_map_is_what_the_rooms_say_of_themselves() -> None:
    assert README.count(MAKE["BEGIN"]) == README.count(MAKE["END"]) == 1
    assert MAKE["readme"](README) == README, "run `python docs/make_map.py`"


def test_the_map_has_every_room() -> None:
    for folder in (one for layer in MAKE["rooms"]() for one in (ROOT / layer).glob("*/__init__.py")):
        assert f"({folder.parent.relative_to(ROOT)})" in README


@pytest.mark.slow
def test_the_lines_of_python_run_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = re.search(r"^## In Python$.*?^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert block is not None
    assert len(block[1].splitlines()) == 10
    monkeypatch.chdir(tmp_path)
    said: dict[str, object] = {}
    exec(block[1], said)
    predictions = said["predictions"]
    assert isinstance(predictions, tuple)
    assert 0 <= predictions[0].probability["keloid"] <= 1
