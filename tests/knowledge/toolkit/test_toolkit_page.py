"""docs/toolkit.md is what the docstrings say, with a small picture of every primitive."""

import runpy
from pathlib import Path

from PIL import Image

from scafe.knowledge import toolkit

DOCS = Path(__file__).parents[3] / "docs"
MAKE = runpy.run_path(str(DOCS / "make_toolkit.py"))
PICTURES = DOCS / "pictures" / "toolkit"


def test_the_page_is_current() -> None:
    assert MAKE["page"]() == (DOCS / "toolkit.md").read_text(encoding="utf-8"), (
        "run `python docs/make_toolkit.py`"
    )


def test_every_primitive_has_a_picture_and_none_is_left_over() -> None:
    assert sorted(path.stem for path in PICTURES.glob("*")) == sorted(toolkit.__all__)
    assert sum(path.stat().st_size for path in PICTURES.glob("*")) < 600_000


def test_every_picture_can_be_drawn_anew_and_shows_something() -> None:
    for name, drawn in MAKE["pictures"]().items():
        with Image.open(PICTURES / f"{name}.png") as stored:
            assert stored.size == drawn.shape[1::-1]
        right = drawn[:, drawn.shape[1] // 2 + 3 :]
        assert right.min() < right.max()
