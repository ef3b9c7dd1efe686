"""What no pixel needs changes none, what is said of a file is said, and every kind that is listed is read."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from scafe.evals.data.formats import ImageFile
from scafe.evals.data.pictures import table, tiff_table
from scafe.evals.data.pixels import decode_image, read_picture
from scafe.knowledge.contract.errors import DatasetError

SKIN = np.random.default_rng(0).integers(60, 220, (24, 40, 3)).astype(np.uint8)
GREY = SKIN[..., 0]


def saved(picture: Image.Image, kind: str, **how: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def test_the_first_view_of_a_phone_s_stereo_photograph_is_taken() -> None:
    views = [Image.fromarray(SKIN), Image.fromarray(255 - SKIN)]
    data = saved(views[0], "MPO", save_all=True, append_images=views[1:])
    wanted = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert np.array_equal(decode_image(data, "x"), wanted)
    assert np.abs(wanted.astype(int) - SKIN).mean() < np.abs(wanted.astype(int) - (255 - SKIN)).mean() / 1.5
    assert table.MPO in read_picture(data, "x").met


def test_a_name_that_promises_another_format_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(saved(Image.fromarray(SKIN), "JPEG"))
    (tmp_path / "y.png").write_bytes(saved(Image.fromarray(SKIN), "PNG"))
    (tmp_path / "z.jpg").write_bytes(saved(Image.fromarray(SKIN), "TIFF"))
    has = {
        name: table.ENDING in ImageFile(tmp_path / name).read("r").met for name in ("x.png", "y.png", "z.jpg")
    }
    assert has == {"x.png": True, "y.png": False, "z.jpg": True}


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_bitmaps_are_what_pillow_reads(mode: str) -> None:
    data = saved(Image.fromarray(SKIN).convert(mode), "BMP")
    assert np.array_equal(decode_image(data, "x"), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def test_a_bitmap_from_the_top_down_is_the_same_picture() -> None:
    data = bytearray(saved(Image.fromarray(SKIN), "BMP"))
    (begin,) = struct.unpack_from("<I", data, 10)
    rows = np.frombuffer(bytes(data[begin:]), np.uint8).reshape(24, -1)
    turned = bytes(data[:22]) + struct.pack("<i", -24) + bytes(data[26:begin]) + rows[::-1].tobytes()
    assert np.array_equal(decode_image(turned, "x"), SKIN)


def test_floating_point_ppm_is_refused() -> None:
    data = b"Pf\n40 24\n-1.0\n" + np.ones((24, 40), "<f4").tobytes()
    with pytest.raises(DatasetError, match="no agreed scale"):
        decode_image(data, "x")


@pytest.mark.parametrize("largest", [255, 4095, 65535])
def test_a_ppm_is_scaled_by_its_largest_value(largest: int) -> None:
    values = np.linspace(0, largest, 24 * 40).reshape(24, 40)
    data = f"P5 40 24 {largest}\n".encode() + values.astype(">u2" if largest > 255 else "u1").tobytes()
    assert np.abs(decode_image(data, "x")[..., 0] - np.floor(values) * 255 / largest).max() <= 1


def test_sixteen_bits_of_colour_are_at_most_one_off() -> None:
    cv2 = pytest.importorskip("cv2")
    values = np.random.default_rng(1).integers(0, 65536, (24, 40, 3)).astype(np.uint16)
    data = cv2.imencode(".png", values[..., ::-1])[1].tobytes()
    assert np.abs(decode_image(data, "x") - values / 257).max() <= 1
    assert table.PNG_16_COLOUR in read_picture(data, "x").met


def test_an_orientation_in_xmp_alone_is_passed_over() -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><tiff:Orientation>6</tiff:Orientation></x:xmpmeta>'
    data = saved(Image.fromarray(SKIN), "JPEG", xmp=xmp)
    assert decode_image(data, "x").shape == SKIN.shape


def test_a_print_size_is_said_and_is_no_spacing() -> None:
    for data in (
        saved(Image.fromarray(SKIN), "PNG", dpi=(300, 300)),
        saved(Image.fromarray(SKIN), "JPEG", dpi=(300, 300)),
    ):
        found = read_picture(data, "x")
        assert table.PRINT_SIZE in found.met
        assert found.spacing_mm is None


PASSED = {
    "texts": [
        (270, 2, 6, b"hello\0", True),
        (305, 2, 4, b"abc\0", True),
        (306, 2, 20, b"2026:01:01 00:00:00\0", True),
    ],
    "statistics": [(280, 3, 1, 9, True), (281, 3, 1, 77, True)],
    "page number": [(297, 3, 2, (0, 1), True)],
    "white point": [(318, 5, 2, (3127, 10000, 3290, 10000), True)],
    "a private tag": [(40000, 4, 1, 5, True)],
}


@pytest.mark.parametrize("name", PASSED)
def test_tags_that_no_pixel_needs_change_none(name: str) -> None:
    file = io.BytesIO()
    tifffile.imwrite(file, GREY, photometric="minisblack", metadata=None, extratags=PASSED[name])
    found = read_picture(file.getvalue(), "x")
    assert np.array_equal(found.image[..., 0], GREY)
    assert (tiff_table.PRIVATE in found.met) is (name == "a private tag")


@pytest.mark.parametrize(
    ("extra", "photometric", "message"),
    [
        ([(433, 5, 2, (0, 1, 1, 1), True)], "minisblack", "Decode"),
        ([(346, 3, 1, 1, True)], "minisblack", "Indexed"),
        ([(263, 3, 1, 2, True)], "minisblack", "Threshholding"),
        ([(336, 3, 2, (0, 200), True)], "minisblack", "DotRange"),
        ([(342, 3, 2, (0, 200), True)], "minisblack", "TransferRange"),
        ([(290, 3, 1, 2, True)], "minisblack", "GrayResponseUnit"),
        ([(33422, 1, 4, b"\0\1\1\2", True)], "minisblack", "CFAPattern"),
        ([(50712, 3, 2, (0, 9), True)], "minisblack", "LinearizationTable"),
    ],
)
def test_tags_that_would_change_the_picture_are_refused(extra: list, photometric: str, message: str) -> None:
    file = io.BytesIO()
    tifffile.imwrite(file, GREY, photometric=photometric, metadata=None, extratags=extra)
    with pytest.raises(DatasetError, match=f"{message} is not carried out"):
        decode_image(file.getvalue(), "x")


@pytest.mark.parametrize(
    ("tag", "value"),
    [(529, (1, 3, 1, 3, 1, 3)), (532, (16, 1, 235, 1, 128, 1, 240, 1, 128, 1, 240, 1))],
)
def test_ycbcr_of_another_kind_is_refused(tag: int, value: tuple[int, ...]) -> None:
    file = io.BytesIO()
    extra = [(530, 3, 2, (1, 1), True), (tag, 5, len(value) // 2, value, True)]
    tifffile.imwrite(file, SKIN, photometric="ycbcr", metadata=None, extratags=extra)
    with pytest.raises(DatasetError, match="YCbCr with"):
        decode_image(file.getvalue(), "x")
