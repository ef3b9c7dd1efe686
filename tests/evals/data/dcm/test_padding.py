import numpy as np
import pytest

from scafe.knowledge.contract.errors import DatasetError

ROUNDED = 1.0
"""Without a window the .1st to 99.9th percentile is shown: .26 of 255 off the whole ramp, and rounding."""


@pytest.fixture
def tissue() -> np.ndarray:
    """Values of 1000 to 1999 in a frame of padding."""
    values = np.full((48, 64), 4095, np.uint16)
    values[8:40, 8:56] = np.linspace(1000, 1999, 32 * 48).reshape(32, 48)
    return values


INSIDE = np.s_[8:40, 8:56]


def test_padding_is_black_and_does_not_stretch_the_window(show, tissue) -> None:
    shown = show(tissue, 12, PixelPaddingValue=("US", 4095))
    want = 255 * (tissue[INSIDE].astype(float) - 1000) / 999
    assert np.abs(shown[INSIDE] - want).max() <= ROUNDED
    assert (shown[tissue == 4095] == 0).all()


def test_padding_is_black_whichever_way_the_values_go(show, tissue) -> None:
    tissue[tissue == 4095] = 0
    shown = show(tissue, 12, PixelPaddingValue=("US", 0), PhotometricInterpretation="MONOCHROME1")
    want = 255 - 255 * (tissue[INSIDE].astype(float) - 1000) / 999
    assert np.abs(shown[INSIDE] - want).max() <= ROUNDED
    assert (shown[tissue == 0] == 0).all()


@pytest.mark.parametrize("ends", [(4000, 4095), (4095, 4000)])
def test_a_range_of_padding_goes_from_one_end_to_the_other(show, tissue, ends) -> None:
    rim = np.ones(tissue.shape, bool)
    rim[INSIDE] = False
    tissue[rim] = np.random.default_rng(0).integers(4000, 4096, int(rim.sum()))
    shown = show(tissue, 12, PixelPaddingValue=("US", ends[0]), PixelPaddingRangeLimit=("US", ends[1]))
    assert np.abs(shown[INSIDE] - 255 * (tissue[INSIDE].astype(float) - 1000) / 999).max() <= ROUNDED
    assert (shown[rim] == 0).all()


def test_padding_is_black_under_a_window_too(show, tissue) -> None:
    shown = show(tissue, 12, PixelPaddingValue=("US", 4095), WindowCenter=1500, WindowWidth=1000)
    plain = show(tissue, 12, WindowCenter=1500, WindowWidth=1000)
    assert (shown[INSIDE] == plain[INSIDE]).all()
    assert (shown[tissue == 4095] == 0).all()


@pytest.mark.parametrize("written", [("SS", -2000), ("US", 65536 - 2000)])
def test_padding_of_signed_values_is_found_however_it_is_written(show, tissue, written) -> None:
    values = tissue.astype(np.int16)
    values[values == 4095] = -2000
    shown = show(values, 16, PixelPaddingValue=written)
    assert np.abs(shown[INSIDE] - 255 * (values[INSIDE].astype(float) - 1000) / 999).max() <= ROUNDED
    assert (shown[values == -2000] == 0).all()


def test_padding_is_a_stored_value_and_not_one_in_units(show, tissue) -> None:
    scaled = show(tissue, 12, PixelPaddingValue=("US", 4095), RescaleSlope=2, RescaleIntercept=-1024)
    assert np.abs(scaled - show(tissue, 12, PixelPaddingValue=("US", 4095))).max() <= 1


def test_an_image_of_padding_alone_is_refused(show) -> None:
    with pytest.raises(DatasetError, match=r"row 2.*every DICOM value is padding"):
        show(np.full((16, 16), 7, np.uint16), 12, PixelPaddingValue=("US", 7))


def test_padding_of_a_colour_image_changes_nothing(show) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (16, 20, 3)).astype(np.uint8)
    assert (show(colours, PixelPaddingValue=("US", 0)) == colours).all()
