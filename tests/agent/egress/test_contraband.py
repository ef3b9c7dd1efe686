"""No pixels, lists of numbers or paths pass; ordinary code and prose do."""

import subprocess
import sys
from pathlib import Path

import pytest
from drafting_stand_ins import REPLY, make_brief, open_drafter
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.agent.brief.contraband import MAX_NUMBERS, cut_contraband, find_contraband
from scafe.agent.egress.scripted import ScriptedServer
from scafe.knowledge.contract.errors import EgressError


@pytest.mark.parametrize(
    ("hidden", "what"),
    [
        (", ".join(str(n % 256) for n in range(65)), "list of 65 numbers"),
        ("[[" + "],[".join(" ".join(f"{n}.5" for n in range(9)) for _ in range(9)) + "]]", "numbers"),
        ("iVBORw0KGgo" * 60, "encoded data"),
        (
            "\n".join(["QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2"] * 9) + "\n",
            "encoded",
        ),
        ("seen in ISIC_0024306.jpg", "data file"),
        ("see /home/anna/study", "a path"),
        (r"see C:\study\scars", "a path"),
        ("the cohort of dept_7/scars-2026", "keeps"),
    ],
)
def test_pixels_lists_and_paths_stop_the_run_before_anything_is_sent(
    tmp_path: Path, hidden: str, what: str
) -> None:
    with ScriptedServer([REPLY]) as server:
        drafter = open_drafter(tmp_path, server.url, never_send=("Dept_7/Scars-2026",))
        with pytest.raises(EgressError, match=what) as refused:
            drafter.draft(make_brief("repair", parents=(f'A = """{hidden}"""\n',)))
    assert server.served.heads == []
    assert hidden not in str(refused.value)
    assert list((tmp_path / "llm").iterdir()) == []


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 255), min_size=MAX_NUMBERS + 1, max_size=200),
    st.sampled_from((", ", " ", "],[", ";\n")),
)
def test_no_list_of_pixels_passes_whatever_stands_between_them(pixels: list[int], between: str) -> None:
    text = "values: " + between.join(str(value) for value in pixels) + " end"
    assert find_contraband(text) is not None
    assert find_contraband(cut_contraband(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "A = image[..., 0] / 255.0\n" * 60,
        "-" * 2000,
        "the folder scars and the word photos are ordinary",
        "| a | 1 | 2 | 3 |\n" * 30,
        "RANGE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n",
    ],
)
def test_ordinary_code_and_prose_pass(text: str) -> None:
    assert find_contraband(text, ("scars", "photos", "data")) is None


HOSTILE = (
    "'1' * 50_000",
    "'1.1e' * 20_000",
    "'1 ' * 60 + 'x'",
    "'a/' * 40_000",
    "'A' * 511 + ' '",
    "'{' * 30_000",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_search_ends_on_texts_made_to_hold_it_up(text: str) -> None:
    search = f"from scafe.agent.brief.contraband import find_contraband; find_contraband(({text}) * 2)"
    # a search that backtracks without end cannot be stopped from within
    subprocess.run([sys.executable, "-c", search], timeout=60, check=True)
