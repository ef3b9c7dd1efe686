"""Thumbnails of 136 numbers find what a comparison of all eight views finds."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scafe.evals.audit import duplicates
from scafe.evals.audit.audit import audit_dataset
from scafe.evals.audit.duplicates import Thumbnails
from scafe.evals.audit.looks import Looks
from scafe.evals.data.dataset import cohort_dataset
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.phantoms import draw_cohort, load_phantom

Picture = NDArray[np.uint8]


def smooth(rng: np.random.Generator, side: int = 48) -> Picture:
    coarse = rng.integers(0, 255, (6, 6, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def found(pictures: list[Picture]) -> list[tuple[int, int, bool]]:
    thumbnails = Thumbnails()
    for one in pictures:
        thumbnails.add(thumbnails.of(one))
    return [(pair.first, pair.second, pair.is_exact) for pair in thumbnails.pairs()]


def by_brute_force(pictures: list[Picture]) -> list[tuple[int, int]]:
    units = [duplicates._unit(duplicates._thumbnail(one)).reshape(32, 32) for one in pictures]
    return [
        (i, j)
        for i, one in enumerate(units)
        for j, other in enumerate(units)
        if i < j
        and max(float((one * view).sum()) for view in duplicates._views(other)) >= duplicates.SAME_PICTURE
    ]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 3), st.booleans())
def test_a_turn_a_mirror_and_a_resize_are_found_and_nothing_else(seed: int, turns: int, mirror: bool) -> None:
    rng = np.random.default_rng(seed)
    pictures = [smooth(rng) for _ in range(12)]
    turned = np.rot90(pictures[3], turns)
    pictures.append(np.ascontiguousarray(np.fliplr(turned) if mirror else turned))
    pictures.append(np.asarray(cv2.resize(pictures[5], (96, 96), interpolation=cv2.INTER_AREA), np.uint8))
    pictures += [pictures[7].copy(), np.zeros((9, 9, 3), np.uint8), np.full((9, 9, 3), 7, np.uint8)]
    pairs = found(pictures)
    assert [(i, j) for i, j, _ in pairs] == by_brute_force(pictures)
    assert {(3, 12), (5, 13), (7, 14)} <= {(i, j) for i, j, _ in pairs}
    assert (7, 14, True) in pairs
    assert (5, 13, False) in pairs


@pytest.mark.parametrize("block", [1, 3, 7])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    rng = np.random.default_rng(1)
    pictures = [smooth(rng) for _ in range(8)]
    pictures += pictures[2:5]
    whole = found(pictures)
    monkeypatch.setattr(duplicates, "BLOCK", block)
    assert found(pictures) == whole == [(2, 8, True), (3, 9, True), (4, 10, True)]


def test_an_audit_while_reading_says_what_a_second_reading_says() -> None:
    pack = load_pack("scar.keloid_vs_hypertrophic")
    phantom = load_phantom(pack.phantom)
    cohort = draw_cohort(phantom, 3, 8, "plain", 64)
    data = cohort_dataset(cohort, phantom.classes)
    looks = Looks(pack).take_all(data.images(range(len(data))))
    assert audit_dataset(data, pack, 0, looks) == audit_dataset(data, pack, 0)
