"""A TIFF is shown by TIFF 6.0, computed here from the samples written; the rest is refused by name."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from scafe.evals.data.pictures import tiff_table
from scafe.evals.data.pictures.stored import turned_by
from scafe.evals.data.pixels import decode_image, decode_mask, read_picture
from scafe.knowledge.contract.errors import DatasetError

RAMP = np.linspace(0, 65535, 24 * 40).reshape(24, 40).astype(np.uint16)
MET = {row.name: row for row in tiff_table.ATTRIBUTES}


def tiff(values: np.ndarray, **how: object) -> bytes:
    file = io.BytesIO()
    how.setdefault("photometric", "minisblack")
    tifffile.imwrite(file, values, metadata=None, **how)
    return file.getvalue()


def by_hand(values: np.ndarray, photometric: int, *more: tuple[int, int, int, int]) -> bytes:
    """A little-endian TIFF of one strip, tag by tag: no library has a say in it."""
    height, width = values.shape
    data = values.astype(values.dtype.newbyteorder("<")).tobytes()
    tags = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, values.dtype.itemsize * 8), (259, 3, 1, 1),
        (262, 3, 1, photometric), (273, 4, 1, 0), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, len(data)),
    ]  # fmt: skip
    tags = sorted([*(tag for tag in tags if tag[0] not in {one[0] for one in more}), *more])
    begin = 8 + 2 + 12 * len(tags) + 4
    packed = [struct.pack("<HHLL", t, k, n, begin if t == 273 else v) for t, k, n, v in tags]
    return b"II*\0" + struct.pack("<LH", 8, len(tags)) + b"".join(packed) + struct.pack("<L", 0) + data


def grey(data: bytes) -> np.ndarray:
    image = decode_image(data, "x")
    assert (image == image[..., :1]).all()
    return image[..., 0]


def scaled(values: np.ndarray, bits: int) -> np.ndarray:
    return np.rint(values.astype(float) / (2**bits - 1) * 255).astype(np.uint8)


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
    COLOURS = np.random.default_rng(0).integers(0, 65536, (24, 40, 3)).astype(np.uint16)

    @pytest.mark.parametrize("planar", ["contig", "separate"])
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    @pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
    def test_planes_and_pixels_give_the_same_picture(self, planar: str, dtype: type, compression) -> None:
        bits = np.dtype(dtype).itemsize * 8
        values = (self.COLOURS >> (16 - bits)).astype(dtype)
        stored = values if planar == "contig" else np.moveaxis(values, 2, 0)
        data = tiff(stored, photometric="rgb", planarconfig=planar, compression=compression)
        assert np.array_equal(decode_image(data, "x"), scaled(values, bits))

    @pytest.mark.parametrize("kind", ["assocalpha", "unassalpha"])
    def test_alpha_is_laid_over_white_premultiplied_or_not(self, kind: str) -> None:
        values = (self.COLOURS >> 8).astype(np.uint8)
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
        Image.fromarray((self.COLOURS >> 8).astype(np.uint8)).convert("YCbCr").save(file, "TIFF")
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


def pages(count: int) -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for _ in range(count):
            writer.write(np.zeros((16, 20), np.uint8), photometric="minisblack", metadata=None)
    return file.getvalue()


def in_a_circle() -> bytes:
    data = bytearray(by_hand(np.zeros((16, 20), np.uint8), 1))
    (tags,) = struct.unpack_from("<H", data, 8)
    struct.pack_into("<L", data, 10 + 12 * tags, 8)
    return bytes(data)


def stack() -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((5, 16, 20), np.uint8), imagej=True)
    return file.getvalue()


FLAT = np.zeros((16, 20), np.uint8)
REFUSED = {
    "two pages": (pages(2), "2 frames or pages"),
    "a chain of pages": (pages(65), "more than 64 pages"),
    "a chain that runs in a circle": (in_a_circle(), "circle"),
    "a stack that ImageJ wrote": (stack(), "frames or pages|stack of 5"),
    "floats": (tiff(FLAT.astype(np.float32)), "floating-point.*8 or 16 bit"),
    "signed samples": (tiff(FLAT.astype(np.int16)), "signed samples of 16 bits"),
    "samples of 32 bits": (tiff(FLAT.astype(np.uint32)), "samples of 32 bits"),
    "an extra sample without a meaning": (
        tiff(np.zeros((16, 20, 4), np.uint8), photometric="rgb", extrasamples=["unspecified"]),
        "ExtraSamples",
    ),
    "five channels": (tiff(np.zeros((16, 20, 5), np.uint8), photometric="rgb"), "5 samples per pixel"),
    "a raw sensor's mosaic": (tiff(FLAT, photometric="cfa"), "CFA is not understood|CFA"),
    "a response curve": (by_hand(FLAT, 1, (291, 3, 1, 7)), "GrayResponseCurve is not carried out"),
    "a transfer function": (by_hand(FLAT, 1, (301, 3, 2, 7)), "TransferFunction|tag 301"),
    "a black level": (by_hand(FLAT, 1, (50714, 4, 1, 9)), "BlackLevel"),
    "a tag that nobody knows": (by_hand(FLAT, 1, (999, 4, 1, 9)), "tag 999 is not known"),
    "another InkSet": (
        tiff(np.zeros((16, 20, 4), np.uint8), photometric="separated", extratags=[(332, 3, 1, 2, True)]),
        "InkSet 2",
    ),
    "an orientation that does not exist": (by_hand(FLAT, 1, (274, 3, 1, 11)), "orientation 11"),
    "a compression that is not read": (
        by_hand(FLAT, 1, (259, 3, 1, 34712)),
        "compression JPEG2000|compression",
    ),
    "three bits": (by_hand(FLAT, 1, (258, 3, 1, 3)), "3 bits per sample"),
    "a volume": (by_hand(FLAT, 1, (32997, 4, 1, 4)), "depth 4|damaged"),
    "a thumbnail first": (by_hand(FLAT, 1, (254, 4, 1, 1)), "thumbnail"),
    "a tag whose value lies outside": (by_hand(FLAT, 1, (301, 3, 768, 10**6)), "tag 301 cannot be read"),
    "samples that are cut off": (by_hand(RAMP, 1)[:-500], "cut off"),
    "strips that are cut off": (tiff(RAMP, rowsperstrip=4)[:-500], "cut off"),
    "tiles that are cut off": (tiff(RAMP, tile=(16, 16))[:-500], "cut off"),
    "compressed samples that are cut off": (tiff(RAMP, compression="zlib")[:-500], "cut off"),
    "LZW that is cut off": (tiff(RAMP >> 8, compression="lzw")[:-500], "cut off"),
    "a strip beyond the end": (by_hand(FLAT, 1, (279, 4, 1, 10**6)), "cut off"),
    "a strip of no bytes": (by_hand(FLAT, 1, (279, 4, 1, 0)), "cut off"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_understood_is_refused_in_one_sentence(name: str) -> None:
    data, message = REFUSED[name]
    with pytest.raises(DatasetError, match=message) as caught:
        decode_image(data, "x")
    assert "\n" not in str(caught.value)


def test_smaller_copies_after_the_first_page_are_passed_over() -> None:
    file = io.BytesIO()
    values = (RAMP >> 8).astype(np.uint8)
    with tifffile.TiffWriter(file) as writer:
        writer.write(values, photometric="minisblack", metadata=None)
        writer.write(values[::2, ::2], photometric="minisblack", metadata=None, subfiletype=1)
    assert np.array_equal(grey(file.getvalue()), values)


def test_a_strip_that_inflates_without_end_is_refused_before_it_does() -> None:
    bomb = zlib.compress(bytes(50_000_000), 9)
    data = bytearray(by_hand(FLAT, 1, (259, 3, 1, 8), (279, 4, 1, len(bomb))))
    with pytest.raises(DatasetError, match="unpacks to more than the image holds"):
        decode_image(bytes(data[: -FLAT.size]) + bomb, "x")


class TestPillowIsAskedOnlyWhereItIsRight:
    """The combinations that go to Pillow give what tifffile with imagecodecs gives."""

    @pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
    @pytest.mark.parametrize("bits", [1, 8])
    def test_grey(self, photometric: str, bits: int) -> None:
        values = (RAMP >> (16 - bits)).astype(bool if bits == 1 else np.uint8)
        data = tiff(values, photometric=photometric, compression="lzw")
        stored = tifffile.imread(io.BytesIO(data)).astype(np.uint8)
        wanted = scaled(stored, bits)
        assert np.array_equal(grey(data), 255 - wanted if photometric == "miniswhite" else wanted)

    @pytest.mark.parametrize("orientation", [1, 3, 6])
    def test_colour(self, orientation: int) -> None:
        values = (TestColour.COLOURS >> 8).astype(np.uint8)
        data = tiff(values, photometric="rgb", compression="lzw", extratags=[(274, 3, 1, orientation, True)])
        stored = tifffile.imread(io.BytesIO(data))
        assert np.array_equal(decode_image(data, "x"), turned_by(stored, orientation))

    def test_palette(self) -> None:
        colormap = np.random.default_rng(1).integers(0, 65536, (3, 256)).astype(np.uint16)
        values = np.arange(24 * 40).reshape(24, 40).astype(np.uint8)
        data = tiff(values, photometric="palette", colormap=colormap, compression="lzw")
        wanted = colormap.T[values] / 257
        assert np.abs(decode_image(data, "x") - wanted).max() <= 1

    def test_jpeg(self) -> None:
        y, x = np.mgrid[0:64, 0:80]
        values = np.stack([x * 3, y * 3, (x + y)], axis=2).astype(np.uint8)
        data = tiff(
            values, photometric="ycbcr", compression="jpeg", compressionargs={"level": 95}, rowsperstrip=64
        )
        wanted = tifffile.imread(io.BytesIO(data)).astype(int)
        assert np.abs(decode_image(data, "x") - wanted).max() <= 3


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


WITHOUT = """
import sys
sys.modules["imagecodecs"] = None
from pathlib import Path
from scafe.evals.data.pixels import decode_image
from scafe.knowledge.contract.errors import DatasetError
for file in sorted(Path(sys.argv[1]).iterdir()):
    try:
        print(file.name, int(decode_image(file.read_bytes(), "x").astype(int).sum()))
    except DatasetError as error:
        print(file.name, error)
"""


def test_a_plain_installation_reads_alike_or_names_what_to_install(tmp_path: Path) -> None:
    low, colour = (RAMP >> 8).astype(np.uint8), (TestColour.COLOURS >> 8).astype(np.uint8)
    alike = {
        "deflate": tiff(RAMP, compression="zlib", predictor=True),
        "lzw8": tiff(low, compression="lzw"),
        "lzw8 colour": tiff(colour, photometric="rgb", compression="lzw", predictor=True),
        "lzw16 black": tiff(RAMP, compression="lzw", byteorder=">", predictor=True),
        "packbits": tiff(low, compression="packbits"),
        "plain16": tiff(RAMP, photometric="miniswhite"),
        "jpeg": tiff(np.tile(colour, (3, 2, 1)), photometric="rgb", compression="jpeg", rowsperstrip=72),
    }
    named = {
        "lzw16": tiff(RAMP, compression="lzw", photometric="miniswhite"),
        "twelve bits": tiff(RAMP >> 4, bitspersample=12),
        "lzw alpha": tiff(
            np.dstack([colour, low]), photometric="rgb", extrasamples=["unassalpha"], compression="lzw"
        ),
    }
    for name, data in (alike | named).items():
        (tmp_path / name).write_bytes(data)
    command = [sys.executable, "-I", "-c", WITHOUT, str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name, data in alike.items():
        assert f"{name} {int(decode_image(data, 'x').astype(int).sum())}\n" in told
    for name in named:
        assert f"{name} x: this TIFF (" in told
    assert told.count("needs imagecodecs; pip install 'scafe[tiff]'") == len(named)
