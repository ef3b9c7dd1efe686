"""What a TIFF says that is not understood is refused by name, and Pillow is asked only where it is right."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from made_tiffs import COLOURS, RAMP, by_hand, grey, scaled, tiff

from scafe.evals.data.pictures.stored import turned_by
from scafe.evals.data.pixels import decode_image
from scafe.knowledge.contract.errors import DatasetError


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
        values = (COLOURS >> 8).astype(np.uint8)
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
    low, colour = (RAMP >> 8).astype(np.uint8), (COLOURS >> 8).astype(np.uint8)
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
