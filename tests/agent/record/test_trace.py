import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.agent.record.events import OUTSIDE_BODY, AnyEvent, CapReached, Event, Resumed, read_event
from scafe.agent.record.trace import EVENTS, TORN, Trace, read_lines, trace_body
from scafe.knowledge.contract.errors import IntegrityError


def filled(folder: Path, *reasons: str) -> Trace:
    trace = Trace(folder)
    for reason in reasons:
        trace.record(CapReached(why=reason))
    return trace


def test_every_line_carries_the_hash_of_the_line_before(tmp_path: Path) -> None:
    filled(tmp_path, "a", "b", "c")
    assert [line["n"] for line in read_lines(tmp_path / EVENTS)] == [0, 1, 2]
    assert all(list(json.loads(line))[-1] == "prev" for line in (tmp_path / EVENTS).read_text().splitlines())


@given(line=st.integers(0, 3), place=st.floats(0, 0.999))
@settings(max_examples=25, deadline=None)
def test_a_flipped_byte_before_the_last_line_is_found(
    line: int, place: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("run")
    filled(folder, "a", "b", "c", "d", "e")
    lines = (folder / EVENTS).read_bytes().split(b"\n")
    data = bytearray(lines[line])
    data[int(place * len(data))] ^= 1
    lines[line] = bytes(data)
    (folder / EVENTS).write_bytes(b"\n".join(lines))
    with pytest.raises(IntegrityError, match=EVENTS):
        list(read_lines(folder / EVENTS))


def test_a_removed_line_is_found(tmp_path: Path) -> None:
    filled(tmp_path, "a", "b", "c")
    lines = (tmp_path / EVENTS).read_bytes().splitlines(keepends=True)
    (tmp_path / EVENTS).write_bytes(lines[0] + lines[2])
    with pytest.raises(IntegrityError, match="line 2"):
        list(read_lines(tmp_path / EVENTS))


def test_recording_an_event_again_after_a_kill_changes_nothing(tmp_path: Path) -> None:
    filled(tmp_path, "a", "b")
    before = (tmp_path / EVENTS).read_bytes()
    trace = Trace(tmp_path)
    trace.seek(1)
    trace.record(CapReached(why="b"))
    assert (tmp_path / EVENTS).read_bytes() == before
    trace.record(CapReached(why="c"))
    assert len(trace) == 3


def test_another_event_at_a_recorded_place_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, "a", "b")
    trace = Trace(tmp_path)
    trace.seek(1)
    with pytest.raises(IntegrityError, match="not deterministic"):
        trace.record(CapReached(why="something else"))


def test_a_checkpoint_that_knows_more_events_than_the_trace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="removed"):
        filled(tmp_path, "a").seek(2)


@given(cut=st.integers(1, 60))
@settings(max_examples=20, deadline=None)
def test_a_torn_last_line_is_set_aside_and_recorded(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("run")
    filled(folder, "a", "b")
    whole = (folder / EVENTS).read_bytes()
    (folder / EVENTS).write_bytes(whole[:-cut])
    trace = Trace(folder)
    assert len(trace) == 1
    trace.seek(1)
    trace.record(CapReached(why="b"))
    assert [line["kind"] for line in read_lines(folder / EVENTS)] == [
        "cap_reached",
        "torn_line",
        "cap_reached",
    ]
    assert whole.endswith((folder / TORN).read_bytes().rstrip(b"\n") + whole[-cut:])
    assert [json.loads(line)["why"] for line in trace_body(folder / EVENTS).splitlines()] == ["a", "b"]


def test_the_body_of_two_equal_runs_is_equal_though_clock_and_sittings_differ(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    filled(tmp_path / "one", "a", "b")
    trace = filled(tmp_path / "two", "a")
    trace.note(Resumed(cursor=1))
    trace.record(CapReached(why="b"))
    one, two = (tmp_path / name / EVENTS for name in ("one", "two"))
    assert one.read_bytes() != two.read_bytes()
    assert trace_body(one) == trace_body(two)


def test_peek_shows_the_event_that_a_kill_left_behind(tmp_path: Path) -> None:
    trace = filled(tmp_path, "a", "b")
    assert trace.peek() is None
    trace.seek(1)
    assert (trace.peek() or {})["why"] == "b"


def test_what_is_outside_the_body_is_said_in_one_way() -> None:
    outside = {kind.model_fields["kind"].default for kind in Event.__subclasses__() if not kind.in_body}
    assert outside == OUTSIDE_BODY


def test_every_line_reads_back_as_the_event_it_was(tmp_path: Path) -> None:
    event: AnyEvent = CapReached(why="naïve · Δ")
    trace = Trace(tmp_path)
    trace.record(event)
    assert [read_event(line) for line in read_lines(tmp_path / EVENTS)] == [event]
