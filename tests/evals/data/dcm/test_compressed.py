import io
import struct
import tracemalloc

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate

from scafe.evals.data.dcm import codestream
from scafe.evals.data.dcm.rows import bounds
from scafe.evals.data.dicom import decode_dicom
from scafe.knowledge.contract.errors import DatasetError

RLE, BASELINE, JPEG_LS, JPEG_2000 = (f"1.2.840.10008.1.2.{part}" for part in ("5", "4.50", "4.80", "4.90"))
FALL, RISE = np.meshgrid(np.linspace(0, 255, 64), np.linspace(255, 0, 48))
COLOURS = np.stack([FALL, RISE, np.full((48, 64), 90)], axis=2).astype(np.uint8)


def compressed(make, values: np.ndarray, bits: int, syntax: str, frame: bytes, **attributes: object) -> bytes:
    """A file whose one frame is `frame`; written by hand, so that no writer corrects it."""
    one = pydicom.dcmread(io.BytesIO(make(values, bits, **attributes)))
    one.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    one.PixelData = encapsulate([frame])
    one["PixelData"].VR, one["PixelData"].is_undefined_length = "OB", True
    out = io.BytesIO()
    one.save_as(out)
    return out.getvalue()


def jpeg(values: np.ndarray, mode: str | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(values, mode).save(out, "JPEG", quality=95, subsampling=0, **options)
    return out.getvalue()


def without_segment(frame: bytes, marker: int) -> bytes:
    """A JPEG stream without the segments of one marker."""
    place, kept = 2, [frame[:2]]
    while frame[place + 1] != 0xDA:
        end = place + 2 + int.from_bytes(frame[place + 2 : place + 4], "big")
        kept += [frame[place:end]] * (frame[place + 1] != marker)
        place = end
    return b"".join(kept) + frame[place:]


def adobe(frame: bytes, transform: int) -> bytes:
    """A JPEG stream with Adobe's marker in place of JFIF's."""
    segment = b"\xff\xee\x00\x0eAdobe\x00\x64" + bytes(4) + bytes([transform])
    return frame[:2] + segment + without_segment(frame, 0xE0)[2:]


class TestPlugins:
    @pytest.mark.parametrize("syntax", [RLE, JPEG_LS, JPEG_2000])
    @pytest.mark.parametrize("kind", ["twelve bits", "signed", "colour"])
    def test_a_lossless_syntax_gives_the_picture_of_the_plain_file(self, make, ramp, syntax, kind) -> None:
        values, bits = {
            "twelve bits": (ramp, 12), "signed": (ramp.astype(np.int16) - 2048, 12), "colour": (COLOURS, 8)
        }[kind]  # fmt: skip
        plain = make(values, bits, WindowCenter=100, WindowWidth=3000)
        one = pydicom.dcmread(io.BytesIO(plain))
        try:
            one.compress(pydicom.uid.UID(syntax), generate_instance_uid=False)
        except RuntimeError:
            pytest.skip(f"no encoder for {syntax}")
        out = io.BytesIO()
        one.save_as(out)
        assert (decode_dicom(out.getvalue(), "a") == decode_dicom(plain, "a")).all()

    def test_jpeg_2000_colour_transforms_are_undone_by_the_stream(self, make) -> None:
        out = io.BytesIO()
        Image.fromarray(COLOURS).save(out, "JPEG2000", irreversible=False, mct=1)
        frame = out.getvalue()
        data = compressed(make, COLOURS, 8, JPEG_2000, frame, PhotometricInterpretation="YBR_RCT")
        assert (decode_dicom(data, "a") == COLOURS).all()

    def test_a_jp2_file_around_a_codestream_is_taken_off(self, make) -> None:
        out = io.BytesIO()
        Image.fromarray(COLOURS[:, :, 0]).save(out, "JPEG2000", irreversible=False)
        boxed = out.getvalue()
        start = boxed.index(codestream.BEGINNING)
        assert start > 0
        pictures = [
            decode_dicom(compressed(make, COLOURS[:, :, 0], 8, JPEG_2000, frame), "a")
            for frame in (boxed, boxed[start:])
        ]
        assert (pictures[0] == pictures[1]).all()

    @pytest.mark.parametrize(("photometric", "mct"), [("YBR_RCT", 0), ("YBR_ICT", 0), ("YBR_FULL", 1)])
    def test_a_stream_that_contradicts_its_colour_space_is_refused(self, make, photometric, mct) -> None:
        out = io.BytesIO()
        Image.fromarray(COLOURS).save(out, "JPEG2000", irreversible=False, mct=mct)
        data = compressed(make, COLOURS, 8, JPEG_2000, out.getvalue(), PhotometricInterpretation=photometric)
        with pytest.raises(DatasetError, match=rf"row 2.*{photometric}, but the stream does"):
            decode_dicom(data, "row 2")

    def test_colours_of_fewer_bits_than_the_header_says_are_refused(self, make) -> None:
        wide = COLOURS.astype(np.uint16)
        with pytest.raises(DatasetError, match=r"row 2.*holds 8 bits.*BitsStored = 12"):
            decode_dicom(compressed(make, wide, 12, BASELINE, jpeg(COLOURS)), "row 2")

    def test_a_syntax_that_nothing_decodes_is_named(self, make, ramp, monkeypatch) -> None:
        for syntax in ("1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.94", "1.2.3.4"):
            data = compressed(make, ramp, 12, syntax, b"\0" * 100)
            with pytest.raises(DatasetError, match=rf"row 2.*TransferSyntaxUID = {syntax} is refused"):
                decode_dicom(data, "row 2")

    def test_a_missing_plugin_is_named_with_its_install_line(self, make, ramp, monkeypatch) -> None:
        head = (
            b"\xff\xd8\xff\xf7" + struct.pack(">HBHHB", 11, 12, 48, 64, 1) + bytes([1, 0x11, 0]) + bytes(40)
        )
        decoder = pydicom.pixels.get_decoder(JPEG_LS)
        for plugin in list(decoder._available):
            monkeypatch.delitem(decoder._available, plugin)
        with pytest.raises(DatasetError, match=r"row 2: JPEG-LS .*needs a decoder; pip install pyjpegls"):
            decode_dicom(compressed(make, ramp, 12, JPEG_LS, head), "row 2")

    def test_several_frames_behind_a_header_of_one_are_refused(self, make, ramp) -> None:
        frame = jpeg(COLOURS)
        one = pydicom.dcmread(io.BytesIO(compressed(make, COLOURS, 8, BASELINE, frame)))
        one.PixelData = encapsulate([frame, frame])
        out = io.BytesIO()
        one.save_as(out)
        with pytest.raises(DatasetError, match=r"row 2.*hold 2 frames"):
            decode_dicom(out.getvalue(), "row 2")


def nameless(frame: bytes) -> bytes:
    """A stream of RGB that does not say so: no marker, components called 1, 2, 3."""
    bare = without_segment(frame, 0xEE)
    return bare.replace(b"R\x11\0G\x11\0B", b"\1\x11\0\2\x11\0\3").replace(b"R\0G\0B\0", b"\1\0\2\0\3\0")


YCC, PLAIN = jpeg(COLOURS), jpeg(COLOURS, keep_rgb=True)
SAVED = {
    "JFIF": (YCC, "YBR_FULL_422"),
    "JFIF under RGB": (YCC, "RGB"),
    "Adobe, transformed": (adobe(YCC, 1), "YBR_FULL_422"),
    "Adobe, transformed, under RGB": (adobe(YCC, 1), "RGB"),
    "Adobe, plain": (adobe(PLAIN, 0), "RGB"),
    "Adobe, plain, under YBR": (adobe(PLAIN, 0), "YBR_FULL_422"),
    "no marker, YBR": (without_segment(YCC, 0xE0), "YBR_FULL_422"),
    "no marker, RGB": (nameless(PLAIN), "RGB"),
}


class TestJpeg:
    @pytest.mark.parametrize("saved", SAVED)
    def test_jpeg_in_every_colour_space_gives_the_colours_that_went_in(self, make, saved) -> None:
        frame, photometric = SAVED[saved]
        data = compressed(make, COLOURS, 8, BASELINE, frame, PhotometricInterpretation=photometric)
        assert np.abs(decode_dicom(data, "a").astype(int) - COLOURS).max() <= 8  # the loss at quality 95

    def test_grey_jpeg_keeps_its_values(self, make) -> None:
        grey = COLOURS[:, :, 0]
        data = compressed(make, grey, 8, BASELINE, jpeg(grey), WindowCenter=128, WindowWidth=256)
        assert np.abs(decode_dicom(data, "a")[:, :, 0].astype(int) - grey).max() <= 4

    def test_more_scans_than_the_bound_are_refused_unread(self, make) -> None:
        frame = jpeg(COLOURS) + b"\xff\xda" * bounds.MAX_SCANS
        with pytest.raises(DatasetError, match=r"row 2.*101 scans"):
            decode_dicom(compressed(make, COLOURS, 8, BASELINE, frame), "row 2")


def j2k_head(columns: int, rows: int, tile: int = 0, block: int = 4, precinct: int | None = None) -> bytes:
    """The header of a JPEG 2000 stream (T.800 A.5.1, A.6.1) and nothing behind it."""
    siz = struct.pack(">H8IH", 0, columns, rows, 0, 0, tile or columns, tile or rows, 0, 0, 1) + bytes(
        [7, 1, 1]
    )
    cod = bytes([int(precinct is not None), 0, 0, 1, 0, 5, block, block, 0, 1])
    cod += bytes([precinct or 0] * 6) if precinct is not None else b""
    parts = (b"\xff\x51", siz), (b"\xff\x52", cod)
    return b"\xff\x4f" + b"".join(mark + struct.pack(">H", 2 + len(part)) + part for mark, part in parts)


class TestBounds:
    @pytest.mark.parametrize("syntax", [BASELINE, JPEG_LS, JPEG_2000])
    def test_a_stream_of_another_size_than_the_header_is_refused_unread(self, make, syntax) -> None:
        grey = COLOURS[:, :, 0]
        frame = j2k_head(40_000, 40_000) if syntax == JPEG_2000 else jpeg(grey).replace(
            struct.pack(">HH", 48, 64), struct.pack(">HH", 40_000, 40_000), 1
        )  # fmt: skip
        data = compressed(make, grey, 8, syntax, frame)
        tracemalloc.start()
        with pytest.raises(DatasetError, match=r"row 2.*40000×40000.*64×48"):
            decode_dicom(data, "row 2")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
        tracemalloc.stop()

    @pytest.mark.parametrize(
        "frame",
        [j2k_head(6000, 6000, **m) for m in ({"tile": 1}, {"block": 0, "precinct": 0}, {"precinct": 17})],
        ids=["tiles of one pixel", "precincts of one pixel", "precincts of four pixels"],
    )  # fmt: skip
    def test_a_stream_of_very_many_blocks_is_refused_unread(self, make, frame) -> None:
        data = compressed(make, np.zeros((6000, 6000), np.uint8), 8, JPEG_2000, frame)
        with pytest.raises(DatasetError, match=r"row 2.*blocks and precincts"):
            decode_dicom(data, "row 2")

    def test_usual_streams_are_far_below_the_bound(self) -> None:
        out = io.BytesIO()
        Image.fromarray(np.zeros((1000, 1000, 3), np.uint8)).save(out, "JPEG2000")
        found = codestream.jpeg_2000(out.getvalue()[out.getvalue().index(codestream.BEGINNING) :], "a")
        assert (found.rows, found.columns, found.samples, found.bits) == (1000, 1000, 3, 8)
        assert found.blocks * 40 < bounds.MAX_BLOCKS / 20

    def test_an_rle_segment_that_unpacks_to_more_than_its_plane_is_refused(self, make, ramp) -> None:
        runs = bytes([129, 0]) * 1000  # 128 zeros each
        frame = struct.pack("<16I", 2, 64, 64 + len(runs), *[0] * 13) + runs * 2
        with pytest.raises(DatasetError, match=r"row 2.*more than the 3,072 bytes"):
            decode_dicom(compressed(make, ramp, 12, RLE, frame), "row 2")

    def test_forty_million_pixels_of_jpeg_take_no_more_than_their_bytes_and_what_is_shown(self, make) -> None:
        wide = np.zeros((5000, 8000), np.uint8)
        data = compressed(make, wide, 8, BASELINE, jpeg(wide), WindowCenter=128, WindowWidth=256)
        tracemalloc.start()
        decode_dicom(data, "a")
        assert tracemalloc.get_traced_memory()[1] < 12 * wide.size
        tracemalloc.stop()


@pytest.mark.parametrize("syntax", [RLE, BASELINE, JPEG_LS, JPEG_2000])
@pytest.mark.parametrize(
    "frame", [b"\0\0", b"\0" * 20, b"\xff\xd8\xff", b"\xff\x4f\xff\x51", bytes(200)], ids=repr
)
def test_a_stream_that_is_none_is_refused(make, syntax, frame) -> None:
    grey = COLOURS[:, :, 0]
    with pytest.raises(DatasetError, match=r"^row 2: "):
        decode_dicom(compressed(make, grey, 8, syntax, frame), "row 2")
