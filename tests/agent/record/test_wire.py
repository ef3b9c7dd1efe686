"""Text from outside is valid Unicode once it is in, and a line of a wire format ends at CR and LF alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scafe.agent.record.wire import decode, mend_text, wire_lines


@given(st.text(st.characters(codec="utf-8")))
def test_valid_text_comes_through_as_it_is(text: str) -> None:
    assert mend_text(text) == type(mend_text(text))(text, 0)
    assert decode(text.encode()).text == text.removeprefix("\ufeff")


@given(st.text(st.characters()))
def test_whatever_json_may_hold_can_be_written_afterwards(text: str) -> None:
    mended = mend_text(json.loads(json.dumps(text)))
    assert mended.text.encode().decode() == mended.text
    assert len(mended.text) <= len(text)


@given(st.binary())
def test_whatever_bytes_come_can_be_written_afterwards(raw: bytes) -> None:
    found = decode(raw)
    assert found.text.encode().decode() == found.text
    assert (found.replaced == 0) == (found.text.encode() == raw.removeprefix(b"\xef\xbb\xbf"))


@pytest.mark.parametrize(
    ("text", "mended", "replaced"),
    [
        ("# \ud83d", "# \ufffd", 1),
        ("\udc00\ud83d", "\ufffd\ufffd", 2),
        ("\ud83d\ude00", "\U0001f600", 0),  # a pair that a stream sent in two pieces
        ("\ufffd", "\ufffd", 0),  # one that was sent is none that we put there
        ("a\x00b", "a\x00b", 0),
    ],
)
def test_halves_become_replacements_and_pairs_are_joined(text: str, mended: str, replaced: int) -> None:
    assert (mend_text(text).text, mend_text(text).replaced) == (mended, replaced)
    assert ("U+FFFD" in mend_text(text).note) == bool(replaced)


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"])
def test_what_python_calls_a_line_end_is_text_on_the_wire(mark: str) -> None:
    assert wire_lines(f"a{mark}b\nc\r\nd\re") == [f"a{mark}b", "c", "d", "e"]
