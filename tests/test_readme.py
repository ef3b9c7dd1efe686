"""What README and map show of the code is what it is: the rooms, the lines of Python, the files named."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKE = runpy.run_path(str(ROOT / "docs" / "make_map.py"))


def test_the_map_is_what_the_rooms_say_of_themselves() -> None:
    assert (ROOT / "docs" / "map.md").read_text(encoding="utf-8") == MAKE["page"](), (
        "run `python docs/make_map.py`"
    )


def test_the_map_has_every_room() -> None:
    page = MAKE["page"]()
    for folder in (one for layer in MAKE["rooms"]() for one in (ROOT / layer).glob("*/__init__.py")):
        assert f"`{folder.parent.relative_to(ROOT)}`" in page


def test_the_readme_is_read_in_a_few_minutes() -> None:
    assert len(README.splitlines()) <= 150


def test_every_file_that_the_readme_names_is_there() -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)", README)
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).exists()] == []


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
