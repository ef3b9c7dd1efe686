"""Colour profiles are applied by the formulas of their standards, or the picture is refused."""

import struct

import numpy as np
import pytest
from made_photographs import RAMP, SKIN, saved
from PIL import Image, ImageCms

from scafe.evals.data.pictures import table
from scafe.evals.data.pixels import decode_image, read_picture
from scafe.knowledge.contract.errors import DatasetError


def profile_of(name: str) -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()


def gamma_profile(gamma: float, space: bytes = b"RGB ") -> bytes:
    """An ICC profile with sRGB's primaries (or grey) and a plain exponent, byte by byte (ICC.1:2001-04)."""

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78 + 5)
    tags = {b"desc": text, b"wtpt": xyz(0.9642, 1.0, 0.8249), b"cprt": b"text\0\0\0\0none\0\0\0\0"}
    if space == b"RGB ":
        tags |= {
            b"rXYZ": xyz(0.4361, 0.2225, 0.0139), b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
            b"bXYZ": xyz(0.1431, 0.0606, 0.7141), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve,
        }  # fmt: skip
    else:
        tags[b"kTRC"] = curve
    begin, table_, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table_ += name + struct.pack(">II", begin + len(body), len(content))
        body += content
    size = begin + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x02400000, b"mntr", space, b"XYZ ")
    head += (
        struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
        + b"acsp"
        + bytes(28)
        + struct.pack(">3i", 63190, 65536, 54061)
    )
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table_ + body


def srgb_of(light: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1."""
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


class TestProfiles:
    @pytest.mark.parametrize("kind", ["PNG", "TIFF"])
    def test_an_srgb_profile_changes_no_pixel(self, kind: str) -> None:
        data = saved(SKIN, kind, icc_profile=profile_of("sRGB"))
        assert np.array_equal(decode_image(data, "x"), SKIN)
        assert table.PROFILE in read_picture(data, "x").met

    @pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
    def test_a_linear_profile_is_converted_by_the_formula_of_srgb(self, kind: str) -> None:
        how = {"lossless": True} if kind == "WEBP" else {}
        data = saved(SKIN, kind, icc_profile=gamma_profile(1.0), **how)
        assert np.abs(decode_image(data, "x") - srgb_of(SKIN / 255)).max() <= 2

    def test_a_grey_profile_is_applied_to_grey_of_eight_and_sixteen_bits(self) -> None:
        for values, largest in (((RAMP >> 8).astype(np.uint8), 255), (RAMP, 65535)):
            data = saved(Image.fromarray(values), icc_profile=gamma_profile(1.8, b"GRAY"))
            wanted = srgb_of((values / largest) ** 1.8)
            found = decode_image(data, "x")[..., 0]
            # 8 bits of input cannot resolve the darkest tones of another exponent
            assert np.abs(found - wanted)[wanted > 20].max() <= 2

    def test_an_intent_in_the_wrong_byte_order_is_read_by_its_lower_half(self) -> None:
        profile = bytearray(gamma_profile(1.0))
        profile[64:68] = b"\1\0\0\0"
        data = saved(SKIN, icc_profile=bytes(profile))
        assert np.array_equal(
            decode_image(data, "x"), decode_image(saved(SKIN, icc_profile=gamma_profile(1.0)), "x")
        )

    @pytest.mark.parametrize(
        ("values", "profile", "message"),
        [
            (SKIN, b"not a profile" * 20, "ICC profile cannot be applied"),
            (SKIN, gamma_profile(1.0)[:200], "ICC profile cannot be applied"),
            (SKIN, gamma_profile(1.8, b"GRAY"), "profile is for GRAY, the image has 3 channels"),
            (SKIN, gamma_profile(1.0).replace(b"RGB ", b"QQ\0\1"), "QQ, the image has|cannot be applied"),
            (SKIN, profile_of("LAB"), "profile is for Lab"),
        ],
    )
    def test_a_profile_that_cannot_be_applied_is_refused(self, values, profile: bytes, message: str) -> None:
        with pytest.raises(DatasetError, match=message) as caught:
            decode_image(saved(values, icc_profile=profile), "x")
        assert str(caught.value).isprintable()
