"""A TIFF is shown by TIFF 6.0, computed here from the samples written."""

import io

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from made_tiffs import COLOURS, RAMP, by_hand, grey, scaled, tiff
from PIL import Image

from scafe.evals.data.pictures import tiff_table
from scafe.evals.data.pictures.stored import turned_by
from scafe.evals.data.pixels import decode_image, decode_mask, read_picture

MET = {row.name: row for row in tiff_table.ATTRIBUTES}


class TestGrey:
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    @pytest.mark.parametrize("photometric", [0, 1])
    def test_white_is_zero_is_turned_over_at_every_depth(self, dtype: type, photometric: int) -> None:
        bits = np.dtype(dtype).itemsize * 8
        values = (RAMP >> (16 - bits)).astype(dtype)
        wanted = scaled(values, bits)
        found = grey(by_hand(values, photometric))
        assert np.array_equal(found, wanted if photometric else 255 - wanted)

    @pytest.mark.parametrize("bits", [1, 2, 4, 12])
    @pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
    def test_the_largest_value_of_any_number_of_bits_is_white(self, bits: int, photometric: str) -> None:
        values = (RAMP >> (16 - bits)).astype(np.uint8 if bits <= 8 else np.uint16)
        data = tiff(values, bitspersample=bits, photometric=photometric)
        wanted = scaled(values, bits)
        assert np.array_equal(grey(data), wanted if photometric == "minisblack" else 255 - wanted)

    @pytest.mark.parametrize("compression", ["zlib", "lzw", "packbits"])
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    @pytest.mark.parametrize("predictor", [False, True])
    def test_a_compression_changes_no_pixel(self, compression: str, dtype: type, predictor: bool) -> None:
        if predictor and compression == "packbits":
            pytest.skip("PackBits has no predictor")
        bits = np.dtype(dtype).itemsize * 8
        values = (RAMP >> (16 - bits)).astype(dtype)
        data = tiff(values, compression=compression, predictor=predictor)
        assert np.array_equal(grey(data), scaled(values, bits))

    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("is_big", [False, True])
    def test_byte_order_and_long_offsets_change_no_pixel(self, order: str, is_big: bool) -> None:
        data = tiff(RAMP, byteorder=order, bigtiff=is_big, tile=(16, 16))
        assert np.array_equal(grey(data), scaled(RAMP, 16))
        met = read_picture(data, "x").met
        assert (MET["BigTIFF"] in met) is is_big
        assert (MET["big-endian (MM)"] in met) is (order == ">")
        assert MET["tiles"] in met

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("compression", [None, "lzw"])
    def test_every_orientation_puts_the_first_sample_where_the_standard_says(
        self, orientation: int, compression: str | None
    ) -> None:
        values = (RAMP >> 8).astype(np.uint8)
        data = tiff(values, compression=compression, extratags=[(274, 3, 1, orientation, True)])
        # TIFF 6.0, page 36: what row 0 and column 0 are, seen by a person
        row, column = {
            1: ("top", "left"), 2: ("top", "right"), 3: ("bottom", "right"), 4: ("bottom", "left"),
            5: ("left", "top"), 6: ("right", "top"), 7: ("right", "bottom"), 8: ("left", "bottom"),
        }[orientation]  # fmt: skip
        shown = grey(data)
        side = {"top": shown[0], "bottom": shown[-1], "left": shown[:, 0], "right": shown[:, -1]}
        assert sorted(side[row]) == sorted(values[0])
        assert sorted(side[column]) == sorted(values[:, 0])
        corner = shown[-1 if "bottom" in (row, column) else 0, -1 if "right" in (row, column) else 0]
        assert corner == values[0, 0]

    def test_a_mask_turns_with_its_orientation_too(self) -> None:
        outline = np.zeros((20, 30), np.uint8)
        outline[2:8, 3:9] = 1
        found = decode_mask(tiff(outline, extratags=[(274, 3, 1, 6, True)]), "m", (30, 20))
        assert np.array_equal(found, turned_by(outline[..., None], 6)[..., 0] == 1)


class TestColour:
    @pytest.mark.parametrize("planar", ["contig", "separate"])
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    @pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
    def test_planes_and_pixels_give_the_same_picture(self, planar: str, dtype: type, compression) -> None:
        bits = np.dtype(dtype).itemsize * 8
        values = (COLOURS >> (16 - bits)).astype(dtype)
        stored = values if planar == "contig" else np.moveaxis(values, 2, 0)
        data = tiff(stored, photometric="rgb", planarconfig=planar, compression=compression)
        assert np.array_equal(decode_image(data, "x"), scaled(values, bits))

    @pytest.mark.parametrize("kind", ["assocalpha", "unassalpha"])
    def test_alpha_is_laid_over_white_premultiplied_or_not(self, kind: str) -> None:
        values = (COLOURS >> 8).astype(np.uint8)
        alpha = np.linspace(0, 255, values.shape[1]).astype(np.uint8)[None, :] + np.zeros((24, 1), np.uint8)
        share = alpha[..., None] / 255
        stored = np.rint(values * share) if kind == "assocalpha" else values
        data = tiff(np.dstack([stored, alpha]).astype(np.uint8), photometric="rgb", extrasamples=[kind])
        wanted = values * share + 255 * (1 - share)
        assert np.abs(decode_image(data, "x") - wanted).max() <= 1

    def test_a_palette_of_sixteen_bits_is_looked_up(self) -> None:
        colormap = np.random.default_rng(1).integers(0, 65536, (3, 256)).astype(np.uint16)
        values = np.arange(24 * 40).reshape(24, 40).astype(np.uint8)
        data = tiff(values, photometric="palette", colormap=colormap)
        wanted = np.rint(colormap.T[values] / 257)
        assert np.abs(decode_image(data, "x") - wanted).max() == 0

    def test_cmyk_without_a_profile_is_one_minus_ink_times_one_minus_black(self) -> None:
        ink = np.random.default_rng(2).integers(0, 256, (24, 40, 4)).astype(np.uint8)
        wanted = (255.0 - ink[..., :3]) * (255.0 - ink[..., 3:]) / 255
        data = tiff(ink, photometric="separated")
        assert np.abs(decode_image(data, "x") - wanted).max() <= 1

    def test_lab_is_shown_by_the_formula_of_the_cie(self) -> None:
        color = pytest.importorskip("skimage.color")
        lab = np.stack(np.meshgrid(np.arange(30, 90, 5), np.arange(-20, 21, 4), indexing="ij"), axis=-1)
        lab = np.dstack([lab, lab[..., 1:] * -0.5])
        stored = np.dstack(
            [np.rint(lab[..., :1] / 100 * 255), np.rint(lab[..., 1:]).astype(np.int8).view(np.uint8)]
        )
        data = tiff(stored.astype(np.uint8), photometric="cielab")
        exact = np.dstack([stored[..., :1] / 255 * 100, np.rint(lab[..., 1:])])
        wanted = 255 * color.lab2rgb(exact, illuminant="D50")
        # skimage goes from D50 to sRGB without adapting the white point; grey must stay grey, colours near
        grey = np.abs(exact[..., 1]) + np.abs(exact[..., 2]) < 1
        found = decode_image(data, "x").astype(float)
        assert np.ptp(found[grey], axis=1).max() <= 1
        assert np.abs(found.mean(axis=2) - wanted.mean(axis=2)).max() < 12

    def test_ycbcr_without_compression_is_bt_601(self) -> None:
        file = io.BytesIO()
        Image.fromarray((COLOURS >> 8).astype(np.uint8)).convert("YCbCr").save(file, "TIFF")
        y, cb, cr = np.moveaxis(tifffile.imread(io.BytesIO(file.getvalue())).astype(float), 2, 0)
        wanted = np.stack(
            [
                y + 1.402 * (cr - 128),
                y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128),
                y + 1.772 * (cb - 128),
            ],
            -1,
        )
        assert np.abs(decode_image(file.getvalue(), "x") - wanted.clip(0, 255)).max() <= 1


class TestSides:
    def test_centimetres_give_millimetres_and_inches_do_not(self) -> None:
        values = (RAMP >> 8).astype(np.uint8)
        assert read_picture(tiff(values, resolution=(200, 200), resolutionunit=3), "x").spacing_mm == (
            0.05,
            0.05,
        )
        assert read_picture(tiff(values, resolution=(72, 72), resolutionunit=2), "x").spacing_mm is None

    def test_a_pixel_of_half_the_width_is_said_to_be_taller_than_wide(self) -> None:
        picture = read_picture(
            tiff((RAMP >> 8).astype(np.uint8), resolution=(204, 102), resolutionunit=2), "x"
        )
        height, width = picture.sides
        assert height == 2 * width


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16 - 1), st.sampled_from([0, 1]))
def test_one_more_is_never_darker_in_black_is_zero_and_never_lighter_in_white_is_zero(
    value: int, photometric: int
) -> None:
    values = np.full((8, 8), value, np.uint16)
    values[0, 0] = min(value + 1, 65535)
    shown = grey(by_hand(values, photometric)).astype(int)
    step = shown[0, 0] - shown[1, 1]
    assert step >= 0 if photometric else step <= 0
