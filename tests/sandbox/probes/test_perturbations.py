"""The five perturbations keep shape and meaning and repeat by seed."""

import numpy as np
import pytest

from scafe.sandbox.probes.perturbations import PERTURBATIONS, perturb


def picture(channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    coarse = rng.integers(40, 200, (8, 10, channels))
    image = np.kron(coarse, np.ones((8, 8, 1))).astype(np.uint8)
    mask = np.zeros(image.shape[:2], bool)
    mask[16:40, 20:60] = True
    return image, mask


@pytest.mark.parametrize("name", PERTURBATIONS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_perturbation_keeps_shape_and_type_and_leaves_the_input_alone(name: str, channels: int) -> None:
    image, mask = picture(channels)
    before = image.copy(), mask.copy()
    image.flags.writeable = mask.flags.writeable = False
    changed = perturb(name, image, mask, 0)
    assert changed.image.shape == image.shape
    assert changed.image.dtype == np.uint8
    assert changed.mask.shape == mask.shape
    assert changed.mask.dtype == np.bool_
    assert np.array_equal(before[0], image)
    assert np.array_equal(before[1], mask)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_perturbation_changes_the_image_a_little_and_the_same_way_each_time(name: str) -> None:
    image, mask = picture()
    once, again = perturb(name, image, mask, 5), perturb(name, image, mask, 5)
    assert np.array_equal(once.image, again.image)
    assert not np.array_equal(once.image, image)
    assert abs(float(once.image.mean()) - float(image.mean())) < 0.05 * float(image.mean())
    assert np.mean(once.mask != mask) < 0.1


@pytest.mark.parametrize("name", ["shift", "brightness"])
def test_neighbouring_seeds_go_opposite_ways(name: str) -> None:
    image, mask = picture()
    there, back = perturb(name, image, mask, 0), perturb(name, image, mask, 1)
    assert not np.array_equal(there.image, back.image)
    if name == "brightness":
        assert there.image.mean() < image.mean() < back.image.mean()


def test_the_mask_moves_with_the_image() -> None:
    image, mask = picture()
    image[mask] = 255
    moved = perturb("shift", image, mask, 1)
    assert (moved.image[moved.mask] == 255).all()


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_single_pixel_is_perturbed_without_a_crash(name: str) -> None:
    changed = perturb(name, np.full((1, 1, 3), 128, np.uint8), np.ones((1, 1), bool), 0)
    assert changed.image.shape == (1, 1, 3)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError):
        perturb("blur", *picture(), 0)
