"""PNG, JPEG, GIF, BMP and WebP are shown by their standards; what is not understood is refused by name."""

import io
import os
import struct
import subprocess
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_photographs import RAMP, SKIN, saved
from PIL import Image, ImageOps

from scafe.evals.data.pictures import by_pillow, table
from scafe.evals.data.pictures.exif import orientation_of
from scafe.evals.data.pictures.stored import turned_by
from scafe.evals.data.pixels import decode_image, decode_mask, read_picture
from scafe.knowledge.contract.errors import DatasetError


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_chunk(data: bytes, kind: bytes, content: bytes) -> bytes:
    """Put a chunk behind the head of a PNG."""
    return data[:33] + chunk(kind, content) + data[33:]


def exif(orientation: int, *before: bytes, extra: bytes = b"", order: str = "<") -> bytes:
    """Exif data whose directory holds other entries before the orientation."""
    entry = struct.pack(f"{order}HHLHH", 0x112, 3, 1, orientation, 0)
    ifd = struct.pack(f"{order}H", len(before) + 1) + b"".join(before) + entry + struct.pack(f"{order}L", 0)
    return b"Exif\0\0" + (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}L", 8) + ifd + extra


def odd(tag: int, kind: int, count: int, value: int) -> bytes:
    return struct.pack("<HHLL", tag, kind, count, value)


BROKEN = {
    "a resolution of -1/0": exif(6, extra=struct.pack("<ll", -1, 0)),
    "a maker's text outside the data": exif(6, odd(0x10F, 2, 500, 10**6)),
    "an unknown kind of value": exif(6, odd(0x10F, 99, 1, 0)),
    "a model of four billion letters": exif(6, odd(0x110, 2, 2**32 - 1, 8)),
    "a maker's note that points at itself": exif(6, odd(0x010E, 7, 10, 8)),
    "big-endian": exif(6, order=">"),
}


class TestOrientation:
    @pytest.mark.parametrize("name", BROKEN)
    def test_a_photograph_is_upright_beside_broken_tags(self, name: str) -> None:
        data = saved(SKIN, "JPEG", exif=BROKEN[name], quality=95)
        with warnings.catch_warnings(action="ignore"):
            stored = np.asarray(Image.open(io.BytesIO(data)))
        assert np.array_equal(decode_image(data, "x"), turned_by(stored, 6))
        assert table.ORIENTED in read_picture(data, "x").met

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_every_orientation_is_carried_out_as_pillow_does(self, kind: str, orientation: int) -> None:
        block = Image.Exif()
        block[0x0112] = orientation
        how = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
        data = saved(SKIN, kind, exif=block, **how)
        wanted = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
        assert np.array_equal(decode_image(data, "x"), wanted)

    def test_an_orientation_that_does_not_exist_is_refused(self) -> None:
        with pytest.raises(DatasetError, match=r"orientation 9 does not exist"):
            decode_image(saved(SKIN, "JPEG", exif=exif(9)), "x")

    def test_sixteen_bits_are_turned_too(self) -> None:
        block = Image.Exif()
        block[0x0112] = 8
        found = decode_image(saved(Image.fromarray(RAMP), exif=block), "x")
        assert np.array_equal(found[..., 0], turned_by(np.rint(RAMP / 257).astype(np.uint8), 8))

    @given(st.binary(max_size=200))
    def test_no_bytes_make_the_reader_of_orientations_raise(self, noise: bytes) -> None:
        for begin in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
            assert isinstance(orientation_of(begin + noise), int)


class TestPng:
    def test_sixteen_bits_are_divided_by_257(self) -> None:
        assert np.array_equal(decode_image(saved(Image.fromarray(RAMP)), "x")[..., 0], np.rint(RAMP / 257))

    def test_transparent_grey_of_sixteen_bits_is_white(self) -> None:
        values = np.full((16, 20), 9000, np.uint16)
        values[2:5, 2:5] = 1234
        data = with_chunk(saved(Image.fromarray(values)), b"tRNS", struct.pack(">H", 1234))
        found = decode_image(data, "x")[..., 0]
        assert (found[2:5, 2:5] == 255).all()
        assert found[0, 0] == round(9000 / 257)

    def test_twelve_bits_in_the_low_end_are_refused_where_the_file_says_so(self) -> None:
        low = saved(Image.fromarray(RAMP >> 4))
        with pytest.raises(DatasetError, match=r"12 significant bits of 16.*scale"):
            decode_image(with_chunk(low, b"sBIT", b"\x0c"), "x")
        full = with_chunk(saved(Image.fromarray(RAMP & 0xFFF0)), b"sBIT", b"\x0c")
        assert np.array_equal(decode_image(full, "x")[..., 0], np.rint((RAMP & 0xFFF0) / 257))

    @pytest.mark.parametrize("gamma", [1.0, 0.6, 0.3])
    def test_a_gamma_is_corrected_by_the_exponent_of_the_standard(self, gamma: float) -> None:
        data = with_chunk(saved(SKIN), b"gAMA", struct.pack(">I", round(gamma * 1e5)))
        # W3C PNG, 13.13: light = sample ** (1 / gamma); shown sample = light ** (1 / 2.2)
        wanted = 255 * ((SKIN / 255) ** (1 / gamma)) ** (1 / 2.2)
        assert np.abs(decode_image(data, "x") - wanted).max() <= 1

    @pytest.mark.parametrize(
        "more",
        [
            (b"gAMA", struct.pack(">I", 45455)),
            (b"sRGB", b"\0"),
            (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
            (b"cICP", bytes((1, 13, 0, 1))),
            (b"pHYs", struct.pack(">IIB", 2835, 2835, 1)),
            (b"tEXt", b"Comment\0hello"),
        ],
    )
    def test_chunks_that_say_srgb_or_nothing_change_no_pixel(self, more: tuple[bytes, bytes]) -> None:
        assert np.array_equal(decode_image(with_chunk(saved(SKIN), *more), "x"), SKIN)

    def test_the_srgb_chunk_counts_before_gamma(self) -> None:
        data = with_chunk(with_chunk(saved(SKIN), b"gAMA", struct.pack(">I", 100_000)), b"sRGB", b"\0")
        assert np.array_equal(decode_image(data, "x"), SKIN)

    def test_pixels_taller_than_wide_are_said(self) -> None:
        data = with_chunk(saved(SKIN), b"pHYs", struct.pack(">IIB", 2, 1, 0))
        assert read_picture(data, "x").sides == (2.0, 1.0)
        assert table.PIXEL_SIDES in read_picture(data, "x").met

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ((b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)), "cHRM"),
            ((b"cICP", bytes((9, 16, 0, 1))), "cICP"),
            ((b"acTL", struct.pack(">II", 2, 0)), "animation"),
            ((b"ABCD", b"x"), "needs the chunk"),
        ],
    )
    def test_what_is_not_understood_is_refused(self, more: tuple[bytes, bytes], message: str) -> None:
        with pytest.raises(DatasetError, match=message):
            decode_image(with_chunk(saved(SKIN), *more), "x")

    def test_a_palette_with_transparent_colours_is_laid_over_white(self) -> None:
        picture = Image.fromarray((np.arange(16 * 20).reshape(16, 20) % 3).astype(np.uint8), "P")
        picture.putpalette([10, 20, 30, 200, 100, 50, 90, 90, 90])
        found = decode_image(saved(picture, transparency=bytes([255, 0, 128])), "x").reshape(-1, 3)
        assert found[0].tolist() == [10, 20, 30]
        assert found[1].tolist() == [255, 255, 255]
        assert np.abs(found[2].astype(int) - np.rint(90 * 128 / 255 + 255 * 127 / 255)).max() <= 1


class TestJpeg:
    INK = np.tile(np.array([[[10, 120, 200, 30]]], np.uint8), (24, 40, 1))

    def test_cmyk_with_an_adobe_marker_is_turned_back(self) -> None:
        data = saved(Image.fromarray(self.INK, "CMYK"), "JPEG", quality=100)
        assert b"Adobe" in data[:100]
        wanted = (255.0 - self.INK[..., :3]) * (255.0 - self.INK[..., 3:]) / 255
        assert np.abs(decode_image(data, "x") - wanted).max() <= 4
        assert {table.ADOBE, table.CMYK} <= read_picture(data, "x").met

    def test_cmyk_without_the_marker_is_refused_because_pillow_only_assumes_it_inverted(self) -> None:
        data = saved(Image.fromarray(self.INK, "CMYK"), "JPEG", quality=100)
        at = data.index(b"Adobe") - 4
        (size,) = struct.unpack(">H", data[at + 2 : at + 4])
        plain = data[:at] + data[at + 2 + size :]
        with pytest.raises(DatasetError, match="CMYK without an Adobe marker"):
            decode_image(plain, "x")

    def test_a_progressive_one_is_the_same_picture(self) -> None:
        plain, progressive = (saved(SKIN, "JPEG", quality=90, progressive=one) for one in (False, True))
        assert np.array_equal(decode_image(plain, "x"), decode_image(progressive, "x"))
        assert table.PROGRESSIVE in read_picture(progressive, "x").met

    @pytest.mark.parametrize(
        ("frame", "bits", "message"),
        [(0xC3, 8, "lossless"), (0xC1, 12, "12 bits"), (0xC5, 8, "hierarchical"), (0xC7, 8, "hierarchical")],
    )
    def test_other_kinds_are_named(self, frame: int, bits: int, message: str) -> None:
        data = bytearray(saved(SKIN, "JPEG"))
        at = data.index(b"\xff\xc0")
        data[at + 1], data[at + 4] = frame, bits
        with pytest.raises(DatasetError, match=f"x: .*{message}"):
            decode_image(bytes(data), "x")

    def test_pixels_twice_as_wide_are_said(self) -> None:
        data = bytearray(saved(SKIN, "JPEG"))
        at = data.index(b"JFIF\0")
        data[at + 7 : at + 12] = struct.pack(">BHH", 0, 1, 2)
        assert read_picture(bytes(data), "x").sides == (1.0, 2.0)

    def test_a_mask_saved_with_loss_is_black_and_white_or_refused(self) -> None:
        y, x = np.mgrid[0:96, 0:96]
        disc = (y - 48) ** 2 + (x - 40) ** 2 < 900
        found = decode_mask(
            saved(np.where(disc, 255, 0).astype(np.uint8), "JPEG", quality=75), "m", disc.shape
        )
        assert (found != disc).sum() <= 4
        labels = np.where(disc, 128, 0).astype(np.uint8)
        labels[40:50, 40:50] = 255
        with pytest.raises(DatasetError, match=r"black and white.*PNG"):
            decode_mask(saved(labels, "JPEG", quality=90), "m", disc.shape)


class TestDecoders:
    @pytest.mark.parametrize("kind", ["EPS", "PDF", "ICO", "TGA", "PCX", "SGI", "JPEG2000", "DDS", "SPIDER"])
    @pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.tif", "x.bmp"])
    def test_the_content_chooses_among_our_decoders_only(self, kind: str, name: str) -> None:
        picture = Image.fromarray(SKIN).convert("F" if kind == "SPIDER" else "RGB")
        with pytest.raises(DatasetError, match=r"not an image that can be read"):
            decode_image(saved(picture, kind), name)

    @pytest.mark.parametrize("kind", [*by_pillow.FORMATS, "TIFF"])
    def test_no_decoder_of_the_list_starts_a_program(
        self, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refused(*_: object, **__: object) -> None:
            raise AssertionError("a program was started")

        data = saved(SKIN, kind)
        for owner, name in ((subprocess, "Popen"), (os, "system"), (os, "posix_spawn"), (os, "popen")):
            monkeypatch.setattr(owner, name, refused)
        assert decode_image(data, "x").shape == SKIN.shape

    def test_a_document_that_would_reach_an_interpreter_never_does(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tool = tmp_path / "gs"
        tool.write_text(f"#!/bin/sh\ntouch {tmp_path}/reached\n")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        document = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 40\n%%EndComments\nshowpage\n%%EOF\n"
        with pytest.raises(DatasetError, match="not an image"):
            decode_image(document, "x.png")
        assert not (tmp_path / "reached").exists()

    @pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
    def test_an_animation_is_refused(self, kind: str) -> None:
        frames = [Image.fromarray(np.roll(SKIN, n * 9, axis=1)) for n in range(3)]
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
        with pytest.raises(DatasetError, match=r"animation.*save the"):
            decode_image(data, "x")

    @pytest.mark.parametrize("kind", ["BMP", "PPM", "GIF", "WEBP", "PNG"])
    def test_lossless_formats_give_the_pixels_that_pillow_gives(self, kind: str) -> None:
        data = saved(SKIN, kind, **({"lossless": True} if kind == "WEBP" else {}))
        assert np.array_equal(
            decode_image(data, "x"), np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        )

    def test_real_photographs_are_what_pillow_shows(self) -> None:
        folder = Path(__file__).parents[5] / "shared" / "data" / "clinical_photo"
        files = sorted(folder.rglob("*.jpg"))[:12]
        if not files:
            pytest.skip(f"LOUD: no photographs at {folder}")
        for file in files:
            wanted = np.asarray(Image.open(file).convert("RGB"))
            assert np.array_equal(decode_image(file.read_bytes(), file.name), wanted)
