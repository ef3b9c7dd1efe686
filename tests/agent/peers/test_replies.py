"""Replies of a model as scores: what is read, and what is its error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scafe.agent.peers.question import SECTIONS, Question, Shown
from scafe.agent.peers.replies import read_reply


def question(wording: str = "features", classes: tuple[str, ...] = ("mel", "nv")) -> Question:
    shown = Shown(features={"colour_count": "3.21", "heart_ratio": "0.52", "lung_area": "not measured"})
    return Question(id="0" * 32, row="r", level="features", wording=wording, classes=classes, image=shown)


def test_an_answer_gets_its_score_and_the_others_share_the_rest() -> None:
    line = read_reply(question(classes=("a", "b", "c")), 'so: {"thoughts": "x", "answer": "B", "score": 0.8}')
    assert line.probabilities == pytest.approx((0.1, 0.8, 0.1))


def test_a_class_that_was_named_is_never_less_likely_than_the_others() -> None:
    line = read_reply(question(), '{"answer": "nv", "score": 0.1}')
    assert line.probabilities == (0.5, 0.5)


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("", "no JSON object"),
        ("melanoma", "no JSON object"),
        ('{"answer": "mel", ', "no JSON object"),
        ('["mel"]', "no JSON object"),
        ('{"answer": "melanoma", "score": 1}', "the answer is none of the classes"),
        ('{"answer": "mel"}', "the score is no number from 0 to 1"),
        ('{"answer": "mel", "score": "sure"}', "the score is no number from 0 to 1"),
        ('{"answer": "mel", "score": 7}', "the score is no number from 0 to 1"),
    ],
)
def test_what_cannot_be_read_is_the_models_error_and_named(text: str, failure: str) -> None:
    line = read_reply(question(), text)
    assert (line.probabilities, line.failure) == (None, failure)


@given(text=st.text(max_size=300))
def test_no_reply_is_a_fault_of_ours(text: str) -> None:
    line = read_reply(question("reading"), text)
    assert line.probabilities is None or sum(line.probabilities) == pytest.approx(1)


def reading(**sections: str) -> str:
    return json.dumps({"sections": sections, "answer": "mel", "score": 0.7})


def test_a_whole_reading_with_true_values_is_complete_and_agrees() -> None:
    told = {name: "not measured" for name in SECTIONS} | {"heart": "Wide [heart_ratio=0.52]."}
    line = read_reply(question("reading"), reading(**told))
    assert (line.completeness, line.agreement) == (1, 1)


def test_an_invented_value_and_a_missing_section_are_counted() -> None:
    told = {"heart": "Wide [heart_ratio=0.81].", "lungs": "[lung_area=not measured] clear", "summary": "fine"}
    line = read_reply(question("reading"), reading(**told))
    assert line.completeness == pytest.approx(2 / len(SECTIONS))
    assert line.agreement == 0.5
