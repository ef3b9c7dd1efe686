"""Whatever a server answers is a completion or is named."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scafe.agent.egress.completion import GarbledError, read_completion


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty body"),
        (b"<!DOCTYPE html><html>login</html>", "web page"),
        (b"[]", "list"),
        (b'{"choices": []}', "no choices"),
        (b'{"error": {"message": "overloaded"}}', "overloaded"),
        (b'{"choices": ["x"]}', "no choices"),
        (b"data: [DONE]\n\n", "no events"),
        (b"data: {oops\n\n", "not JSON"),
        (b"\xff\xfe\x00", "characters"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_completion_is_named(raw: bytes, said: str) -> None:
    with pytest.raises(GarbledError, match=said):
        read_completion(raw)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(("choices", "message", "content", "usage", "text", "delta")), inner
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_at_all_crashes_the_reader_of_completions(data: Any) -> None:
    try:
        completion = read_completion(json.dumps(data).encode())
    except GarbledError:
        return
    assert isinstance(completion.text, str)
