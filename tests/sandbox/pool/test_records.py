"""Whatever a cell writes is a row or is refused."""

import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.sandbox.pool import rows, wire

ALL_VALUES = wire.row_layout(12, wire.ROW.size)


class TestHostileRecords:
    @given(st.binary(min_size=wire.ROW.size, max_size=wire.ROW.size))
    @settings(max_examples=25, deadline=None)
    def test_random_bytes_are_a_row_or_refused(self, record: bytes) -> None:
        try:
            (row,) = rows.read_rows(record, ALL_VALUES, 1, 0, talkative=False)
        except rows.BrokenRecord:
            return
        assert isinstance(row, tuple)

    @pytest.mark.parametrize("name", [b"A", b"a b", b"\xff", b"_x", b"a" * 48 + b"!"])
    def test_a_name_that_no_extractor_could_have_is_refused(self, name: bytes) -> None:
        record = wire.LOADED.pack(1, wire.PASSED, 0, 0, 1, name[:48], b"")
        if name[:48] == b"a" * 48:
            assert rows.read_head(record, 1).names == ("a" * 48,)
            return
        with pytest.raises(rows.BrokenRecord):
            rows.read_head(record, 1)

    def test_an_answer_to_another_question_is_refused(self) -> None:
        with pytest.raises(rows.BrokenRecord):
            rows.read_head(wire.LOADED.pack(2, wire.PASSED, 0, 0, 1, b"a", b""), 1)
        with pytest.raises(rows.BrokenRecord):
            list(rows.read_rows(wire.ROW.pack(1, 5, 0, 0, 0, *[0.0] * 12), ALL_VALUES, 1, 4, talkative=False))

    def test_good_rows_before_a_broken_one_are_kept(self) -> None:
        two = wire.ROW.pack(1, 4, 0, 0, 0, *[0.5] * 12) + wire.ROW.pack(1, 4, 0, 0, 0, *[0.5] * 12)
        read = rows.read_rows(two, wire.row_layout(2, wire.ROW.size), 1, 4, talkative=False)
        assert next(read) == (0.5, 0.5)
        with pytest.raises(rows.BrokenRecord):
            next(read)

    def test_an_infinite_value_from_a_cell_is_refused(self) -> None:
        with pytest.raises(rows.BrokenRecord):
            list(
                rows.read_rows(
                    wire.ROW.pack(1, 0, 0, 0, 0, *[float("inf")] * 12), ALL_VALUES, 1, 0, talkative=False
                )
            )

    def test_a_read_has_a_deadline(self) -> None:
        inner, outer = os.pipe()
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            wire.read_exactly(inner, 8, 0.05)
        assert time.monotonic() - began >= 0.05
        os.close(inner)
        os.close(outer)
