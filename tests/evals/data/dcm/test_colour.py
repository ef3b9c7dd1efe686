import numpy as np
import pytest
from PIL import Image, ImageCms
from pydicom.dataset import Dataset
from pydicom.pixels import convert_color_space

from scafe.knowledge.contract.errors import DatasetError

RGB = np.random.default_rng(0).integers(0, 256, (16, 20, 3)).astype(np.uint8)


@pytest.mark.parametrize("bits", [8, 9, 10, 12, 14, 16])
def test_colour_is_scaled_by_bits_stored(show, bits) -> None:
    top = 2**bits - 1
    ramp = np.linspace(0, top, 48 * 64).reshape(48, 64)
    colours = np.rint(np.stack([ramp, top - ramp, 0 * ramp + top / 2], axis=2)).astype(np.uint16)
    assert np.abs(show(colours, bits) - colours / top * 255).max() <= 0.5 + 1e-9


def test_fewer_bits_than_eight_are_scaled_too(show) -> None:
    assert np.abs(show(RGB >> 2, 6) - (RGB >> 2) / 63 * 255).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("bits", [8, 12])
def test_planes_and_pixels_give_the_same_colours(show, bits) -> None:
    colours = RGB.astype(np.uint16 if bits > 8 else np.uint8)
    planes = np.moveaxis(colours, 2, 0).tobytes()
    assert (show(colours, bits, PlanarConfiguration=1, PixelData=planes) == show(colours, bits)).all()


def test_ybr_is_turned_into_rgb(show) -> None:
    ybr = convert_color_space(RGB, "RGB", "YBR_FULL")
    shown = show(ybr, PhotometricInterpretation="YBR_FULL")
    assert np.abs(shown - RGB).max() <= 2  # rounding there and back


def test_ybr_of_half_the_columns_is_spread_over_pairs(show) -> None:
    ybr = np.repeat(convert_color_space(RGB[:, ::2], "RGB", "YBR_FULL"), 2, axis=1)
    pairs = np.stack([ybr[:, ::2, 0], ybr[:, 1::2, 0], ybr[:, ::2, 1], ybr[:, ::2, 2]], axis=2)
    shown = show(ybr, PhotometricInterpretation="YBR_FULL_422", PixelData=pairs.tobytes())
    assert np.abs(shown - np.repeat(RGB[:, ::2], 2, axis=1)).max() <= 2


def profile(kind: str) -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(kind)).tobytes()


def swapped() -> bytes:
    """A profile of RGB whose red and green primaries are exchanged."""
    data = bytearray(profile("sRGB"))
    tags = {bytes(data[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(data[131])}
    red, green = (slice(tags[name] + 4, tags[name] + 12) for name in (b"rXYZ", b"gXYZ"))
    data[red], data[green] = data[green], data[red]
    return bytes(data)


def test_a_profile_is_converted_to_srgb(show) -> None:
    assert np.abs(show(RGB, ICCProfile=profile("sRGB")) - RGB).max() <= 1
    shown = show(RGB, ICCProfile=swapped())
    assert np.abs(shown - RGB[:, :, [1, 0, 2]]).max() <= 2
    path = Dataset()
    path.ICCProfile = swapped()
    assert (show(RGB, OpticalPathSequence=[path]) == shown).all()


def test_a_profile_in_several_paths_is_refused(show) -> None:
    path, other = Dataset(), Dataset()
    path.ICCProfile = swapped()
    with pytest.raises(DatasetError, match=r"row 2.*several paths"):
        show(RGB, OpticalPathSequence=[path, other])


def test_a_profile_that_is_none_or_not_of_rgb_is_refused(show) -> None:
    for wrong in (b"no profile at all", profile("LAB"), swapped()[:300]):
        with pytest.raises(DatasetError, match=r"row 2.*ICCProfile"):
            show(RGB, ICCProfile=wrong)


def test_a_profile_of_a_grey_image_changes_nothing(show, ramp) -> None:
    path = Dataset()
    path.ICCProfile = swapped()
    assert (show(ramp, 12, ICCProfile=swapped(), OpticalPathSequence=[path]) == show(ramp, 12)).all()


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"PlanarConfiguration": None}, "PlanarConfiguration"),
        ({"PlanarConfiguration": 2}, "PlanarConfiguration = 2"),
        ({"PixelRepresentation": 1}, "PixelRepresentation = 1"),
        ({"PhotometricInterpretation": "MONOCHROME2"}, "does not go with"),
        (
            {"BitsStored": 7, "HighBit": 6, "PhotometricInterpretation": "YBR_FULL"},
            "YBR_FULL with BitsStored = 7",
        ),
    ],
)
def test_colours_that_contradict_their_header_are_refused(show, told, message) -> None:
    with pytest.raises(DatasetError, match=rf"row 2.*{message}"):
        show(RGB, **told)


def test_sixteen_bit_colours_are_never_taken_modulo_256(show) -> None:
    # The fault that this replaced: the high byte was cut off.
    white = np.full((16, 16, 3), 4095, np.uint16)
    assert (show(white, 12) == 255).all()
    assert Image.fromarray(show(white, 12).astype(np.uint8)).getextrema() == ((255, 255),) * 3
