import numpy as np
import pytest

from scafe.knowledge.contract.errors import DatasetError

FULL = {"WindowCenter": 2048, "WindowWidth": 4096}
"""Shows twelve unsigned bits from black to white."""

ROUNDED = 1.0
"""Without a window the .1st to 99.9th percentile is shown: .26 of 255 off the whole ramp, and rounding."""


def test_bits_outside_the_stored_ones_are_cut_off(show, ramp) -> None:
    # PS3.5 8.1.1: nothing may be assumed of them.
    dirty = ramp | (np.arange(ramp.size).reshape(ramp.shape) % 16 << 12).astype(np.uint16)
    assert (show(dirty, 12, **FULL) == show(ramp, 12, **FULL)).all()


def overlay() -> dict[int, tuple[str, object]]:
    """A plane of group 6000, drawn over rows and columns 10 to 19."""
    plane = np.zeros((48, 64), np.uint8)
    plane[10:20, 10:20] = 1
    return {
        0x60000010: ("US", 48), 0x60000011: ("US", 64), 0x60000040: ("CS", "G"), 0x60000050: ("SS", [1, 1]),
        0x60000100: ("US", 1), 0x60000102: ("US", 0),
        0x60003000: ("OW", np.packbits(plane, bitorder="little").tobytes()),
    }  # fmt: skip


def test_overlays_do_not_leak_into_pixels(show, ramp) -> None:
    plain = show(ramp, 12, **FULL)
    assert (show(ramp, 12, tags=overlay(), **FULL) == plain).all()
    inside = {tag: told for tag, told in overlay().items() if tag != 0x60003000}
    inside |= {0x60000100: ("US", 16), 0x60000102: ("US", 15)}  # in bit 15 of the pixels, as was once allowed
    marked = ramp.copy()
    marked[10:20, 10:20] |= 1 << 15
    assert (show(marked, 12, tags=inside, **FULL) == plain).all()


@pytest.mark.parametrize("shift", [1, 2, 4])
def test_a_high_bit_above_the_stored_bits_shifts_the_value(show, ramp, shift) -> None:
    # PS3.5 8.1.1: the value lies from HighBit downwards, BitsStored wide.
    moved = (ramp << shift).astype(np.uint16) | 1
    assert (show(moved, 12, HighBit=11 + shift, **FULL) == show(ramp, 12, **FULL)).all()


@pytest.mark.parametrize("bits", [10, 12, 15, 16])
def test_signed_values_are_extended_from_the_stored_bits(show, bits) -> None:
    half = 2 ** (bits - 1)
    values = np.linspace(-half, half - 1, 48 * 64).reshape(48, 64).round().astype(np.int64)
    stored = (values & (2**bits - 1)).astype(np.uint16).view(np.int16)  # upper bits left at 0
    shown = show(stored, bits)
    assert np.abs(shown - 255 * (values + half) / (2 * half - 1)).max() <= ROUNDED


def test_a_signed_value_moved_up_keeps_its_sign(show) -> None:
    values = np.linspace(-512, 511, 48 * 64).reshape(48, 64).round().astype(np.int16)
    assert (show((values << 3).astype(np.int16), 10, HighBit=12) == show(values, 10)).all()


def test_thirty_two_bits_are_read(show) -> None:
    values = (np.linspace(0, 4e9, 48 * 64).reshape(48, 64)).astype(np.uint32)
    assert np.abs(show(values) - 255 * values.astype(float) / values.max()).max() <= ROUNDED


def test_one_bit_is_black_or_white(make, show) -> None:
    bits = np.random.default_rng(0).integers(0, 2, (16, 24)).astype(np.uint8)
    packed = np.packbits(bits.ravel(), bitorder="little").tobytes()
    told = dict(BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=packed)
    assert (show(bits, **told) == 255 * bits).all()


@pytest.mark.parametrize(
    ("name", "kind"), [("FloatPixelData", np.float32), ("DoubleFloatPixelData", np.float64)]
)
def test_float_pixels_need_a_window(show, name, kind) -> None:
    values = np.linspace(-1, 1, 16 * 20).reshape(16, 20).astype(kind)
    floats = {
        "PixelData": None, "BitsStored": None, "HighBit": None, "PixelRepresentation": None,
        name: values.tobytes(), "BitsAllocated": 8 * values.itemsize,
    }  # fmt: skip
    with pytest.raises(DatasetError, match=rf"row 2.*{name} without WindowCenter"):
        show(values, **floats)
    windowed = show(values, **floats, WindowCenter=0.5, WindowWidth=1, VOILUTFunction="LINEAR_EXACT")
    assert np.abs(windowed - 255 * np.clip(values, 0, 1)).max() <= 0.5 + 1e-6


def test_float_pixels_that_are_no_numbers_are_refused(show) -> None:
    values = np.full((16, 20), np.nan, np.float32)
    with pytest.raises(DatasetError, match=r"row 2.*not numbers"):
        show(
            values, PixelData=None, BitsStored=None, HighBit=None, PixelRepresentation=None,
            FloatPixelData=values.tobytes(), BitsAllocated=32, WindowCenter=0, WindowWidth=2,
        )  # fmt: skip


def test_pixel_data_that_is_cut_off_is_refused(show, ramp) -> None:
    with pytest.raises(DatasetError, match=r"row 2.*cut off \(6,142 of 6,144 bytes\)"):
        show(ramp, 12, PixelData=ramp.tobytes()[:-2])


def test_pixel_data_of_more_frames_than_said_is_refused(show, ramp) -> None:
    with pytest.raises(DatasetError, match=r"row 2.*hold 2 frames"):
        show(ramp, 12, PixelData=ramp.tobytes() * 2)


def test_padding_behind_the_frame_changes_nothing(show, ramp) -> None:
    assert (show(ramp, 12, PixelData=ramp.tobytes() + bytes(12)) == show(ramp, 12)).all()


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"BitsStored": 0}, "BitsStored"), ({"BitsStored": 17}, "BitsStored"), ({"HighBit": 16}, "HighBit"),
        ({"HighBit": 5}, "HighBit"), ({"BitsAllocated": 12}, "BitsAllocated = 12"), ({"Rows": None}, "Rows"),
        ({"Columns": 60000, "Rows": 60000}, "more than the 40 million"), ({"Rows": 0}, "0 pixels"),
        ({"PixelRepresentation": 2}, "PixelRepresentation"),
        ({"SamplesPerPixel": 3, "PlanarConfiguration": 0}, "SamplesPerPixel = 3"),
        ({"PixelRepresentation": None}, "PixelRepresentation is absent"), ({"PixelData": b""}, "cut off"),
        ({"PixelData": None}, "no pixels.*Secondary Capture"),
    ],
)  # fmt: skip
def test_a_header_that_contradicts_itself_is_refused(show, ramp, attributes, message) -> None:
    with pytest.raises(DatasetError, match=rf"row 2.*{message}"):
        show(ramp, 12, **attributes)
