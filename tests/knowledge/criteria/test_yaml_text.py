"""A pack from somebody else is a pack or one sentence, whatever YAML can say."""

import contextlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.knowledge.contract.errors import PackError
from scafe.knowledge.criteria.pack import load_pack, pack_path, parse_pack
from scafe.knowledge.criteria.yaml_text import MOST_BYTES, read_pack_text

PACK = pack_path("scar.vss").read_text()
DOUBLING = "a: &a [x,x]\n" + "".join(
    f"{chr(n)}: &{chr(n)} [*{chr(n - 1)},*{chr(n - 1)}]\n" for n in range(ord("b"), ord("z"))
)
ODD = {
    "a number of 5,000 digits": ("id: " + "9" * 5000, "value that is none"),
    "a day that is none": ("id: 2020-99-99", "value that is none"),
    "brackets without end": ("a: " + "[" * 20_000, "not YAML"),
    "lists of lists of one list": (DOUBLING, "Field required"),
    "thousands of aliases": (
        "a: &a {id: x}\ncriteria: [" + "*a," * 1500 + "]",
        "1,500 aliases",
    ),
    "a merge": ("x: &x {k: 1}\ny: {<<: *x}\n", "line 2: '<<' takes over"),
    "a key twice": (PACK + "\nid: scar.other\n", "the key 'id' stands twice"),
    "a list that holds itself": ("a: &a [*a]\n", "Field required"),
    "an object of Python": ("a: !!python/object/apply:os.system [ls]", "not YAML"),
    "a list": ("- a\n", "a YAML mapping"),
    "nothing": ("", "a YAML mapping"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_yaml_is_one_sentence_in_no_time(name: str) -> None:
    text, told = ODD[name]
    begun = time.perf_counter()
    with pytest.raises(PackError, match=told) as refused:
        parse_pack(text, "their.yaml")
    assert len(str(refused.value)) < 600
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("name", ["too long", "another encoding", "a pipe", "endless"])
def test_a_file_that_is_no_text_of_a_pack_is_one_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / "their.yaml"
    if name == "too long":
        path.write_text(PACK + "#" * MOST_BYTES)
    elif name == "another encoding":
        path.write_text(PACK + "# Überlänge\n", encoding="latin-1")
    elif name == "a pipe":
        os.mkfifo(path)
    else:
        with path.open("wb") as file:
            file.truncate(1 << 40)
    with pytest.raises(PackError, match=r"their\.yaml"):
        load_pack(str(path))
    with pytest.raises(PackError):
        read_pack_text(path)


def test_an_anchor_that_is_used_a_few_times_stays_allowed() -> None:
    plain = parse_pack(PACK, "x")
    head, _, tail = PACK.partition(f"id: {plain.id}\n")
    assert parse_pack(f"{head}id: &name {plain.id}\n{tail}", "x") == plain


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.integers(0, len(PACK)), st.integers(0, 40))
def test_a_damaged_pack_is_a_pack_or_a_sentence(put: str, at: int, cut: int) -> None:
    with contextlib.suppress(PackError):
        assert parse_pack(PACK[:at] + put + PACK[at + cut :], "their.yaml").criteria
