"""Replies that hold a locator are read by the same steps as those that hold an extractor."""

import json
from pathlib import Path

import pytest

from scafe.agent.reply.kinds import LOCATOR
from scafe.agent.reply.reader import reader
from scafe.agent.reply.reply import read_reply
from scafe.sandbox.language.review import review

MODULE = '''"""What is bright."""

import numpy as np

LOCATOR = "mass"


def locate(image):
    """Mark it."""
    return image[:, :, 0] > np.float32(90), 0.5
'''
CORPORA = [Path(__file__).parents[2] / "escapes" / name for name in ("corpus.jsonl", "more.jsonl")]
ATTACKS = [
    entry
    for corpus in CORPORA
    for entry in map(json.loads, corpus.read_text().splitlines())
    if entry["expect"] == "reject"
    and entry["category"] not in ("dos", "memory")  # these are met when the module is compiled, in a cell
    and entry["category"] != "raw-os"
    and "def extract(image, mask)" in entry["code"]
]


def read(text: str, region: str = "mass"):
    return read_reply(text, region, kind=LOCATOR)


@pytest.mark.parametrize(
    "wrap",
    [
        "Here it is.\n\n```python\n{}```\n",
        "<think>first I thought of ```python\nx = 1\n```</think>\n```python\n{}```",
        "```python\n{}",
        "{}",
        "```python\nimport os\nprint(1)\n```\nand\n```python\n{}```",
    ],
)
def test_a_locator_is_read_however_it_is_wrapped(wrap: str) -> None:
    assert read(wrap.replace("{}", MODULE)).source == MODULE


def test_what_is_left_out_is_brought_in_and_what_does_not_belong_is_taken_out() -> None:
    sloppy = MODULE.replace("import numpy as np\n\n", "") + "\nprint(locate(None))\n"
    found = read(f"```python\n{sloppy}```")
    assert found.source is not None
    assert {"added_import", "removed_main"} <= set(found.steps)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (MODULE.replace('"mass"', '"lesion"'), "LOCATOR is 'lesion'; this brief asks for 'mass'"),
        (MODULE.replace("LOCATOR =", "REGION ="), "the module needs LOCATOR"),
        (MODULE.replace("locate(image)", "locate(image, mask)"), "with this one argument"),
        (MODULE.replace("def locate", "def find"), "def locate(image)"),
        (MODULE + "TABLE = [" + ", ".join(map(str, range(90))) + "]\n", "a list of 90 numbers"),
    ],
)
def test_what_is_no_locator_is_told_in_words_to_act_on(changed: str, complaint: str) -> None:
    found = read(f"```python\n{changed}```")
    assert found.source is None
    assert complaint in found.complaint
    assert found.excerpt


def test_an_extractor_is_no_answer_to_a_brief_for_a_locator() -> None:
    extractor = 'CRITERION = "x"\nFEATURES = {}\n\n\ndef extract(image, mask):\n    return {}\n'
    assert "LOCATOR" in read(f"```python\n{extractor}```").complaint


def test_the_process_that_reads_replies_finds_the_same() -> None:
    for text in (f"```python\n{MODULE}```", "no code", "```python\nx = " + "[" * 60):
        assert reader.locator(text, "mass") == read(text)


@pytest.mark.parametrize("entry", ATTACKS, ids=[entry["id"] for entry in ATTACKS])
def test_an_attack_through_a_locator_is_turned_away_before_it_runs(entry: dict[str, str]) -> None:
    code = entry["code"].replace(
        "def extract(image, mask):", "def locate(image):\n    mask = image[:, :, 0] > 9"
    )
    found = read(f'```python\nLOCATOR = "mass"\n{code}\n```')
    assert found.source is None or review(found.source).refusals
