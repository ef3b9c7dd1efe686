"""The locator of photographs: the lesion near the middle, whatever the light, and not the pen around it."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scafe.knowledge.locators.reference import locator_source
from scafe.knowledge.phantoms import load_phantom
from scafe.knowledge.phantoms.base import PhantomImage

PHANTOM = load_phantom("skin_lesion")
SEEN = {"pigment": 0.5, "redness": 3.0, "diameter": 11.0}


def found(image: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], float]:
    space: dict[str, object] = {}
    exec(compile(locator_source("photo_lesion"), "photo_lesion", "exec"), space)
    mask, confidence = space["locate"](image)  # type: ignore[operator]
    return mask, confidence


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return 2 * float((one & other).sum()) / max(1, int(one.sum()) + int(other.sum()))


def lesion(seed: int, **nuisances: float) -> PhantomImage:
    return PHANTOM.render(seed, SEEN, nuisances, 256)


@pytest.mark.parametrize("seed", range(6))
def test_a_lesion_is_found_where_it_is_drawn(seed: int) -> None:
    one = lesion(seed)
    mask, confidence = found(one.image)
    assert dice(mask, one.mask) > 0.85
    assert confidence > 0.5


@pytest.mark.parametrize("nuisance", [{"light_gradient": 0.25}, {"hair": 0.6}, {"skin_tone": -10.0}])
def test_light_hair_and_dark_skin_change_little(nuisance: dict[str, float]) -> None:
    agreement = [dice(found((one := lesion(seed, **nuisance)).image)[0], one.mask) for seed in range(4)]
    assert np.median(agreement) > 0.75


def test_a_mirrored_image_gives_the_mirrored_mask() -> None:
    one = lesion(3)
    plain, mirrored = found(one.image)[0], found(np.ascontiguousarray(one.image[:, ::-1]))[0]
    assert dice(plain[:, ::-1], mirrored) > 0.97


def test_a_thin_pen_mark_around_the_lesion_is_left_out() -> None:
    one = lesion(2)
    marked = one.image.copy()
    cv2.circle(marked, (128, 128), 100, (40, 30, 140), 3, cv2.LINE_AA)
    assert dice(found(marked)[0], one.mask) > 0.8


def test_skin_without_a_lesion_is_less_certain_than_a_lesion() -> None:
    bare = PHANTOM.render(1, {"pigment": 0.0, "redness": 1.0, "elevation": 0.0, "diameter": 6.0}, None, 256)
    assert found(bare.image)[1] < 0.5 * found(lesion(1).image)[1]
