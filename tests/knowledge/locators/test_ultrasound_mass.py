"""The ultrasound mass locator: where it looks on real frames, and what must not move it."""

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

ROOT = Path(__file__).parents[3]
OUTLINES = ROOT.parent / "shared" / "data" / "breast_ultrasound_outlines"
Image = NDArray[np.uint8]
Locate = Callable[[Image], tuple[NDArray[np.bool_], float]]


@pytest.fixture(scope="module")
def locate() -> Locate:
    source = (ROOT / "knowledge" / "locators" / "ultrasound" / "mass.py").read_text()
    names: dict[str, Locate] = {}
    exec(compile(source, "mass.py", "exec"), names)
    return names["locate"]


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return 2 * float((one & other).sum()) / max(1, int(one.sum()) + int(other.sum()))


def frame(centre: tuple[int, int] = (150, 70), seed: int = 0) -> tuple[Image, NDArray[np.bool_]]:
    """Speckle that darkens with depth, and one dark ellipse."""
    rng = np.random.default_rng(seed)
    speckle = cv2.GaussianBlur(rng.rayleigh(1.0, (220, 300)).astype(np.float32), (0, 0), 1.2)
    mass = cv2.ellipse(np.zeros((220, 300), np.uint8), centre, (38, 24), 0, 0, 360, 1, -1) > 0
    deep = np.linspace(120, 45, 220, dtype=np.float32)[:, None]
    grey = np.clip(deep * speckle * np.where(mass, 0.4, 1.0), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2), mass


@pytest.mark.parametrize("centre", [(150, 70), (70, 60), (220, 110), (150, 135)])
def test_a_mass_is_found_wherever_it_lies_in_tissue_that_darkens_with_depth(
    locate: Locate, centre: tuple[int, int]
) -> None:
    image, mass = frame(centre)
    found, confidence = locate(image)
    assert dice(found, mass) > 0.85
    assert 0 <= confidence <= 1


def test_gain_flip_and_size_do_not_move_it(locate: Locate) -> None:
    image, _ = frame()
    plain = locate(image)[0]
    darker = (image.astype(np.float32) * 0.75).astype(np.uint8)
    assert dice(locate(darker)[0], plain) > 0.9
    assert dice(locate(np.ascontiguousarray(image[:, ::-1]))[0][:, ::-1], plain) > 0.9
    double = cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    half = cv2.resize(locate(double)[0].astype(np.uint8), (300, 220), interpolation=cv2.INTER_NEAREST) > 0
    assert dice(half, plain) > 0.9


def test_callipers_and_letters_do_not_move_it(locate: Locate) -> None:
    image, _ = frame()
    marked = image.copy()
    for place in ((112, 70), (188, 70), (150, 46), (150, 94), (40, 190)):
        cv2.drawMarker(marked, place, (255, 255, 255), cv2.MARKER_CROSS, 9, 1)
    cv2.putText(marked, "RT 4", (20, 180), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
    assert dice(locate(marked)[0], locate(image)[0]) > 0.9


def test_where_there_is_no_mass_nothing_is_found(locate: Locate) -> None:
    flat = np.full((120, 160, 3), 90, np.uint8)
    speckle = np.random.default_rng(1).rayleigh(40, (200, 260)).clip(0, 255).astype(np.uint8)
    for image in (flat, np.zeros_like(flat), np.repeat(speckle[:, :, None], 3, axis=2), flat[:9, :9]):
        found, confidence = locate(image)
        assert found.shape == image.shape[:2]
        assert not found.any()
        assert confidence == 0


def test_it_agrees_with_drawn_outlines_on_real_frames(locate: Locate) -> None:
    if not OUTLINES.is_dir():
        pytest.skip("no real outlines at ../shared/data/breast_ultrasound_outlines")
    rows = list(csv.DictReader((OUTLINES / "manifest.csv").read_text().splitlines()))
    agreement = []
    for row in rows:
        image = cv2.imread(str(OUTLINES / row["path"]))[:, :, ::-1]
        drawn = cv2.imread(str(OUTLINES / row["mask"]), cv2.IMREAD_GRAYSCALE) > 127
        agreement.append(dice(locate(image)[0], drawn))
    assert np.median(agreement) >= 0.6
