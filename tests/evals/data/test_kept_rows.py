"""Rows of an extractor outlive a kill, a full disk and several writers."""

import errno
import json
import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from scafe.evals.data import features
from scafe.evals.data.decoding import waves
from scafe.evals.data.features import FeatureStore
from scafe.evals.data.kept_rows import KeptRow, KeptRows
from scafe.evals.data.sources import digest
from scafe.knowledge.contract.errors import DatasetError, InputError
from scafe.knowledge.measures import measure_source
from scafe.sandbox.pool.extraction import Extraction, Fault
from scafe.sandbox.pool.pool import ImageAndMask, Pool

NAMES = ("width", "height")
LATE = Fault("timeout", "", None, "")


def key(number: int) -> str:
    return digest(str(number).encode())


def row(number: int) -> KeptRow:
    if number % 5 == 4:
        return KeptRow(key(number), (float("nan"), float("nan")), LATE)
    return KeptRow(key(number), (number / 3, float("nan") if number % 2 else 0.1), None)


def filled(path: Path, count: int = 10) -> KeptRows:
    kept = KeptRows(path)
    kept.append(NAMES, [row(number) for number in range(count)])
    return kept


def equal(kept: KeptRows, count: int) -> bool:
    keys = [key(number) for number in range(count)]
    wanted = np.array([row(number).values for number in range(count)])
    faults = [row(number).fault for number in range(count)]
    return np.array_equal(kept.rows(keys), wanted, equal_nan=True) and [*map(kept.fault, keys)] == faults


def test_what_was_kept_is_read_to_the_last_bit(tmp_path: Path) -> None:
    filled(tmp_path / "a.rows")
    again = KeptRows(tmp_path / "a.rows")
    assert again.names == NAMES
    assert equal(again, 10)


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_torn_line_costs_its_own_image_and_no_other(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.rows"
    filled(path)
    path.write_bytes(path.read_bytes()[:-cut])
    again = KeptRows(path)
    assert len(again) == 9
    assert key(9) not in again
    again.append(NAMES, [row(9)])
    assert equal(again, 10)
    assert equal(KeptRows(path), 10)


def write_some(path: Path, first: int, count: int) -> None:
    kept = KeptRows(path)
    for number in range(first, first + count):
        kept.append(NAMES, [row(number)])


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.rows"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write_some, args=(path, 20 * n, 30)) for n in range(3)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert equal(KeptRows(path), 70)
    assert all(json.loads(line) for line in path.read_text().splitlines()), "no line is torn or mixed"


def test_rows_of_another_version_are_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.rows"
    path.write_text('{"rows":3,"names":["a"]}\n')
    with pytest.raises(InputError, match=r"another version .*Give --cache another folder, or delete"):
        KeptRows(path)


def test_a_full_disk_is_one_sentence_and_keeps_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.rows"
    kept = filled(path)

    def no_room(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_room)
        with pytest.raises(InputError, match="no room is left"):
            kept.append(NAMES, [row(10)])
    assert equal(KeptRows(path), 10)


class Shelf:
    """Images that are made when they are asked for; one of them cannot be read."""

    def __init__(self, count: int, broken: int | None = None) -> None:
        self.count, self.broken = count, broken
        self.held = self.most_held = 0

    def __getitem__(self, place: int) -> ImageAndMask:
        if place == self.broken:
            raise DatasetError(f"row {place}: cannot be read any more")
        rng = np.random.default_rng(place)
        mask = np.zeros((40, 40), np.bool_)
        mask[10:30, 12 : 26 + place % 9] = True
        return ImageAndMask(rng.integers(0, 255, (40, 40, 3), dtype=np.uint8), mask)


class Counting(Pool):
    """Counts images, and the most in one call."""

    images = most = rests = 0

    def extract(self, source: str, images, *, talkative: bool = False) -> Extraction:  # type: ignore[no-untyped-def]
        self.images += len(images)
        self.most = max(self.most, len(images))
        return super().extract(source, images, talkative=talkative)

    def rest(self) -> None:
        self.rests += 1
        super().rest()


@pytest.fixture(scope="module")
def pool() -> Iterator[Counting]:
    with Counting(workers=2) as open_pool:
        yield open_pool


def test_waves_are_bounded_and_give_what_one_wave_gives(
    tmp_path: Path, pool: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, keys = measure_source("scar_linear_form"), [key(number) for number in range(30)]
    whole = FeatureStore(tmp_path / "whole", pool).table(source, keys, Shelf(30))
    monkeypatch.setattr(waves, "WAVE_BYTES", 40_000)
    pool.most = 0
    cut = FeatureStore(tmp_path / "cut", pool).table(source, keys, Shelf(30))
    assert pool.most == 7, "seven images of 6,400 bytes fill a wave of 40,000"
    assert np.array_equal(whole.rows, cut.rows, equal_nan=True)


def test_the_second_process_ends_before_many_images_and_not_before_few(
    tmp_path: Path, pool: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "MANY", 20)
    source, keys = measure_source("scar_linear_form"), [key(number) for number in range(30)]
    store = FeatureStore(tmp_path, pool)
    pool.rests = 0
    store.table(source, keys[:19], Shelf(19))
    assert pool.rests == 0
    store.table(source, keys, Shelf(30))
    assert pool.rests == 0, "eleven are new"
    FeatureStore(tmp_path / "anew", pool).table(source, keys, Shelf(30))
    assert pool.rests == 1


def test_an_image_that_turns_unreadable_leaves_the_rows_before_it(
    tmp_path: Path, pool: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waves, "WAVE_BYTES", 40_000)
    source, keys = measure_source("scar_linear_form"), [key(number) for number in range(30)]
    with pytest.raises(DatasetError, match="row 17"):
        FeatureStore(tmp_path, pool).table(source, keys, Shelf(30, broken=17))
    done = sorted(range(30), key=lambda place: keys[place]).index(17)
    pool.images = 0
    FeatureStore(tmp_path, pool).table(source, keys, Shelf(30))
    assert pool.images == 30 - done, "what was computed before is not computed again"
