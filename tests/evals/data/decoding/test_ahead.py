"""What comes next is made while the caller is busy, in order, and no further than one part ahead."""

import threading
import warnings
from collections.abc import Iterator

import pytest

from scafe.evals.data.decoding.ahead import MOST_THREADS, cores, one_ahead, side_by_side

PATIENCE_S = 20.0


class Parts:
    """Parts that say when they begin to be made."""

    def __init__(self, count: int, broken: int = -1) -> None:
        self.begun = [threading.Event() for _ in range(count)]
        self.broken = broken

    def __iter__(self) -> Iterator[int]:
        for number, event in enumerate(self.begun):
            event.set()
            if number == self.broken:
                raise OSError(f"part {number}")
            yield number


def test_the_next_part_is_made_while_the_caller_has_this_one() -> None:
    parts = Parts(3)
    handed_out = one_ahead(iter(parts))
    assert next(handed_out) == 0
    assert parts.begun[1].wait(PATIENCE_S)
    assert not parts.begun[2].is_set(), "one ahead, not two"
    assert list(handed_out) == [1, 2]


def test_parts_before_a_broken_one_are_handed_out() -> None:
    handed_out = one_ahead(iter(Parts(4, broken=2)))
    assert [next(handed_out), next(handed_out)] == [0, 1]
    with pytest.raises(OSError, match="part 2"):
        next(handed_out)


def test_a_caller_that_leaves_early_leaves_no_thread() -> None:
    before = threading.active_count()
    handed_out = one_ahead(iter(Parts(9)))
    next(handed_out)
    handed_out.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_parts_that_are_false_are_parts_all_the_same() -> None:
    assert list(one_ahead(iter([0, "", (), None]))) == [0, "", (), None]


def test_filters_of_warnings_are_put_back() -> None:
    before = list(warnings.filters)
    assert list(one_ahead(iter(range(3)))) == [0, 1, 2]
    assert warnings.filters == before


@pytest.mark.skipif(cores() < 2, reason="one core: nothing is done side by side")
def test_works_done_side_by_side_come_back_in_the_order_of_their_parts() -> None:
    gates = [threading.Event() for _ in range(2)]

    def work(part: int) -> int:
        if part < 2:
            gates[part].set()
            assert gates[1 - part].wait(PATIENCE_S), "the other part is not at work"
        return -part

    assert list(side_by_side(work, range(40))) == [-part for part in range(40)]


def test_what_a_work_raises_comes_in_its_turn_and_leaves_no_thread() -> None:
    before = threading.active_count()
    found = side_by_side(lambda part: 6 // part, [3, 2, 0, 1])
    assert [next(found), next(found)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(found)
    assert threading.active_count() == before


def test_only_a_few_parts_are_taken_ahead_of_the_caller() -> None:
    taken = []
    found = side_by_side(lambda part: part, (taken.append(part) or part for part in range(100)))  # type: ignore[func-returns-value]
    assert next(found) == 0
    assert len(taken) <= 2 * MOST_THREADS + 1
    found.close()  # type: ignore[attr-defined]
