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


INKS = {"violet": (70, 45, 105), "blue": (40, 55, 120)}
PALE = {"pigment": 0.15, "redness": 5.0, "diameter": 11.0}


def marked(
    one: PhantomImage, drawn: str, ink: str, width: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Draw with a surgeon's pen around, at or beside the lesion; the image, and where the ink is."""
    layer = np.zeros(one.image.shape[:2], np.uint8)
    outline = max(
        cv2.findContours(one.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=len
    )
    (x, y), reach = cv2.minEnclosingCircle(outline)
    at = (int(x), int(y))
    if drawn == "ring":
        cv2.circle(layer, at, int(1.25 * reach) + width, 255, width, cv2.LINE_AA)
    elif drawn == "on the border":
        cv2.drawContours(layer, [outline], -1, 255, width, cv2.LINE_AA)
    elif drawn == "arrow":
        tip = (int(x + 1.05 * reach), int(y - 0.3 * reach))
        cv2.arrowedLine(
            layer, (int(x + 2 * reach), int(y - reach)), tip, 255, width, cv2.LINE_AA, tipLength=0.4
        )
    else:
        for angle in range(0, 360, 90):
            size = (int(1.2 * reach), int(1.2 * reach))
            cv2.ellipse(layer, at, size, 0, angle, angle + 40, 255, width, cv2.LINE_AA)
    cover = 0.75 * cv2.GaussianBlur(layer, (0, 0), 0.8)[:, :, None] / 255.0
    return (one.image * (1 - cover) + cover * np.array(INKS[ink])).astype(np.uint8), layer > 127


@pytest.mark.parametrize("seen", [SEEN, PALE], ids=["dark", "pale"])
@pytest.mark.parametrize("ink", INKS)
@pytest.mark.parametrize("drawn", ["ring", "arrow", "dashes"])
def test_pen_marks_beside_the_lesion_change_nothing(drawn: str, ink: str, seen: dict[str, float]) -> None:
    one = PHANTOM.render(3, seen, None, 256)
    image, inked = marked(one, drawn, ink, 5)
    mask = found(image)[0]
    assert dice(mask, found(one.image)[0]) > 0.95
    assert not (mask & inked).any()


@pytest.mark.parametrize("width", [3, 7])
@pytest.mark.parametrize("seen", [SEEN, PALE], ids=["dark", "pale"])
def test_ink_on_the_border_is_cut_off_and_the_rest_kept(seen: dict[str, float], width: int) -> None:
    one = PHANTOM.render(2, seen, None, 256)
    image, inked = marked(one, "on the border", "violet", width)
    mask = found(image)[0]
    assert (mask & inked).sum() < 0.01 * mask.sum()
    assert dice(mask, one.mask & ~inked) > 0.85


def test_a_ring_of_ink_says_which_of_two_lesions_is_meant() -> None:
    """The greater, darker one nearer the middle was taken before."""
    image = np.full((256, 256, 3), (205, 165, 140), np.uint8)
    grain = np.random.default_rng(0).normal(0, 3, (256, 256, 1))
    cv2.circle(image, (168, 130), 30, (110, 70, 55), -1, cv2.LINE_AA)
    cv2.circle(image, (88, 128), 12, (180, 120, 110), -1, cv2.LINE_AA)
    meant = image[:, :, 1] == 120
    ringed = image.copy()
    cv2.circle(ringed, (88, 128), 24, INKS["violet"], 4, cv2.LINE_AA)
    alone, told = (found(np.clip(one + grain, 0, 255).astype(np.uint8))[0] for one in (image, ringed))
    assert dice(alone, meant) < 0.2
    assert dice(told, meant) > 0.7


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("seen", [SEEN, PALE, {**SEEN, "pigment": 1.0}], ids=["dark", "pale", "black"])
def test_hairs_borders_and_dark_moles_are_not_taken_for_ink(seen: dict[str, float], seed: int) -> None:
    space: dict[str, object] = {}
    exec(compile(locator_source("photo_lesion"), "photo_lesion", "exec"), space)
    image = PHANTOM.render(seed, seen, {"hair": 0.6}, 256).image
    assert not space["inked"](space["shrunk"](image)).any()  # type: ignore[operator]


def test_a_mirrored_mark_gives_the_mirrored_mask() -> None:
    image = marked(lesion(3), "ring", "blue", 5)[0]
    plain, mirrored = found(image)[0], found(np.ascontiguousarray(image[:, ::-1]))[0]
    assert dice(plain[:, ::-1], mirrored) > 0.97
