"""The picture of the rooms is drawn from the code, and what the page of the architecture names exists."""

import re
import runpy
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MADE: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "make_architecture.py"))
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_picture_is_current() -> None:
    assert MADE["PICTURE"].read_text(encoding="utf-8") == MADE["picture"](), "run `make pages`"


def test_every_room_is_in_the_picture_and_the_door_is_marked() -> None:
    drawn = MADE["picture"]()
    rooms = {name for names in MADE["MAP"]["rooms"]().values() for name in names if "." not in name}
    assert [name for name in sorted(rooms) if f">{name}</text>" not in drawn] == []
    assert MADE["doors"]() == {"egress", "view"}


def test_every_file_that_the_page_names_exists() -> None:
    named = re.findall(r"`((?:agent|evals|sandbox|knowledge|scafe|docs|tests|benchmarks)/[\w./-]+)`", PAGE)
    assert len(named) > 25
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_function_that_the_trace_names_is_in_its_file() -> None:
    pairs = re.findall(r"`([\w/]+\.py)`: `(\w+)`", PAGE)
    assert len(pairs) > 8
    missing = [pair for pair in pairs if not re.search(rf"\b{pair[1]}\b", (ROOT / pair[0]).read_text())]
    assert missing == []
