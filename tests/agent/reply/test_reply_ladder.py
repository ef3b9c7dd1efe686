"""A corpus of replies as models really write them: what is recovered means what was meant."""

import json
import math
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.agent.reply.plans import read_plan
from scafe.agent.reply.reply import MALFORMED, ReadReply, malformed_verdict, read_reply
from scafe.knowledge.contract.extractor import parse_extractor

REPLIES = Path(__file__).parent / "replies"
CASES: list[dict[str, Any]] = json.loads((REPLIES / "index.json").read_text())
INTENDED = {path.stem: path.read_text() for path in (REPLIES / "intended").glob("*.py")}


def run(source: str, image: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Run a module of our own corpus, without a sandbox."""
    space: dict[str, Any] = {"__name__": "extractor"}
    exec(compile(source, "<corpus>", "exec"), space)
    found: dict[str, float] = space["extract"](image, mask)
    return found


def scenes() -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw an ordinary scene, an empty mask and a mask of a few pixels."""
    rng = np.random.default_rng(3)
    image = rng.integers(0, 255, (48, 40, 3), dtype=np.uint8)
    yy, xx = np.mgrid[:48, :40]
    mask = ((yy - 24) / 14) ** 2 + ((xx - 20) / 9) ** 2 < 1
    image[mask] = image[mask] // 2 + 60
    few = np.zeros_like(mask)
    few[3, 3:6] = True
    return [(image, mask), (image, np.zeros_like(mask)), (image, few)]


@cache
def read_file(name: str, criterion: str, finish_reason: str | None) -> ReadReply:
    return read_reply((REPLIES / name).read_bytes().decode(), criterion, finish_reason)


def read(case: dict[str, Any]) -> ReadReply:
    return read_file(case["file"], case["criterion"], case.get("finish_reason"))


def test_the_corpus_is_large_and_on_disk() -> None:
    assert len(CASES) >= 100
    assert {path.name for path in REPLIES.glob("*.txt")} == {case["file"] for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_a_reply_is_recovered_as_it_was_meant_or_turned_away_in_words(case: dict[str, Any]) -> None:
    found = read(case)
    if "complaint" in case:
        assert found.source is None
        assert case["complaint"].lower() in found.complaint.lower()
        assert found.complaint
        return
    assert found.source is not None, found.complaint
    extractor = parse_extractor(found.source)
    intended = INTENDED[case["intended"]]
    names = case.get("names") or list(parse_extractor(intended).names)
    assert extractor.criterion == case["criterion"]
    assert sorted(extractor.names) == sorted(names)
    for image, mask in scenes():
        got, meant = run(found.source, image, mask), run(intended, image, mask)
        assert set(got) == set(extractor.names)
        for name in names:
            assert got[name] == meant[name] or (math.isnan(got[name]) and math.isnan(meant[name]))


def test_the_recovery_rate_of_each_kind_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    asked: Counter[str] = Counter()
    recovered: Counter[str] = Counter()
    for case in CASES:
        if "complaint" not in case:
            asked[case["kind"]] += 1
            recovered[case["kind"]] += read(case).source is not None
    with capsys.disabled():
        rows = "  ".join(f"{kind} {recovered[kind]}/{asked[kind]}" for kind in sorted(asked))
        print(f"\nrecoverable replies read: {rows}")
    assert recovered == asked


def test_a_sound_reply_is_taken_as_it_stands() -> None:
    for source in INTENDED.values():
        found = read_reply(f"Here:\n\n```python\n{source}```\n", parse_extractor(source).criterion)
        assert found.source == source
        assert found.steps == ()


def test_reading_again_what_was_read_changes_nothing() -> None:
    for case in CASES:
        found = read(case)
        if found.source is not None:
            again = read_reply(f"```python\n{found.source}```", case["criterion"])
            assert (again.source, again.steps) == (found.source, ())


def test_a_complaint_becomes_a_finding_and_its_excerpt_is_safe_to_send() -> None:
    from scafe.agent.brief.contraband import find_contraband

    for case in CASES:
        found = read(case)
        if found.source is None:
            finding = malformed_verdict(found, case["criterion"]).findings[0]
            assert (finding.code, finding.message) == (MALFORMED, found.complaint)
            assert find_contraband(found.excerpt) is None


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_damage_to_a_reply_crashes_the_reader_or_passes_a_head_that_disagrees(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(sorted(INTENDED.values())))
    text = f"```python\n{source}```"
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 30))
        text = text[:at] + data.draw(st.text(max_size=6)) + text[at + length :]
    found = read_reply(text)
    if found.source is not None:
        parse_extractor(found.source)
    else:
        assert found.complaint


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300))
def test_no_text_at_all_crashes_the_reader(text: str) -> None:
    assert read_reply(text).source is None
    assert read_plan(text, ("border",)).complaint


HOLD_UP = {
    "fences": "```python\n" * 9000,
    "blocks": "```python\ndef a(): pass\n```\n" * 9000,
    "thinking": "<think>" * 40_000,
    "thoughts": "<think></think>" * 9000,
    "braces": "{" * 90_000,
    "blank lines": "\n" * 60_000 + "def x",
    "brackets": "def a():" + "[" * 60_000,
    "numbers": "```python\ndef f():\n    x = [" + "1, " * 20_000 + "]\n```",
    "imports": "import a\nprose here def\n" * 6000,
    "quotes": "'''python\n" * 20_000,
}


@pytest.mark.parametrize("name", HOLD_UP)
def test_a_reply_made_to_hold_the_reader_up_is_turned_away(name: str) -> None:
    assert read_reply(HOLD_UP[name]).source is None
    assert read_plan(HOLD_UP[name], ("border",)).plan is None


def test_cutting_a_reply_short_never_passes_an_extractor_that_measures_something_else() -> None:
    image, mask = scenes()[0]
    for source in INTENDED.values():
        meant = run(source, image, mask)
        text = f"```python\n{source}```"
        for end in range(60, len(text), 37):
            found = read_reply(text[:end], finish_reason="length")
            if found.source is not None:
                got = run(found.source, image, mask)
                assert all(got[name] == meant[name] for name in got), text[:end]


IDEAS = '"compactness", "fractal dimension"'


@pytest.mark.parametrize(
    "text",
    [
        f'PLAN = {{"border": [{IDEAS}], "colour": ["a* contrast"]}}',
        f'```python\nPLAN = {{\n "border": [{IDEAS}],  # best first\n "colour": ("a* contrast",),\n}}\n```',
        '<think>{"border": []}</think>```json\n'
        f'{{"PLAN": {{"Border": [{IDEAS}], "colour": "a* contrast"}}}}\n```',
        f'Sure!\n\n{{"border": [{IDEAS}], "colour": ["a* contrast"], "pliability": ["no"]}}\nDone.',
        '```\nPLAN: dict = {"border": [{"idea": "compactness"}, "fractal\\n dimension"],'
        ' "colour": ["a* contrast"]}\n```',
    ],
)
def test_a_plan_is_read_in_whatever_clothes_it_comes(text: str) -> None:
    found = read_plan(text, ("border", "colour", "height"))
    assert found.plan == {"border": ("compactness", "fractal dimension"), "colour": ("a* contrast",)}


def test_a_reply_without_a_plan_says_which_keys_were_wanted() -> None:
    found = read_plan("I would look at the border first.", ("border", "colour"))
    assert found.plan is None
    assert "border, colour" in found.complaint
