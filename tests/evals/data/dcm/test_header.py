import struct
import tracemalloc
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scafe.evals.data.dcm.rows import bounds
from scafe.evals.data.dicom import DicomFile, decode_dicom, dicom_patient
from scafe.evals.data.formats import is_known, pixels_of
from scafe.knowledge.contract.errors import DatasetError

PLAIN = {
    "implicit": "1.2.840.10008.1.2",
    "explicit": "1.2.840.10008.1.2.1",
    "deflated": "1.2.840.10008.1.2.1.99",
    "big endian": "1.2.840.10008.1.2.2",
}
COLOURS = np.random.default_rng(0).integers(0, 256, (17, 21, 3)).astype(np.uint8)


@pytest.mark.parametrize("syntax", PLAIN)
def test_every_uncompressed_syntax_gives_the_same_picture(show, ramp, syntax) -> None:
    window = {"WindowCenter": 1000, "WindowWidth": 900}
    assert (show(ramp, 12, syntax=PLAIN[syntax], **window) == show(ramp, 12, **window)).all()
    assert (show(COLOURS, 8, syntax=PLAIN[syntax]) == COLOURS).all()


def test_eight_bits_in_big_endian_words_are_swapped(show) -> None:
    grey = COLOURS[:16, :20, 0]
    words = grey.ravel().view("<u2").astype(">u2").tobytes()
    told = {"PixelData": ("OW", words)}
    assert (
        show(grey, 8, syntax=PLAIN["big endian"], WindowCenter=128, WindowWidth=256, **told) == grey
    ).all()


@pytest.mark.parametrize("syntax", ["implicit", "explicit"])
def test_a_file_without_preamble_reads_as_with_one(make, ramp, tmp_path, syntax) -> None:
    bare = make(ramp, 12, syntax=PLAIN[syntax], has_preamble=False)
    assert bare[128:132] != b"DICM"
    assert (decode_dicom(bare, "a") == decode_dicom(make(ramp, 12), "a")).all()
    assert dicom_patient(bare, "a") == "P1"
    (tmp_path / "a").write_bytes(bare)
    assert is_known(tmp_path / "a")
    assert pixels_of(tmp_path / "a").read("a").pair.image.shape == (48, 64, 3)


@pytest.mark.parametrize(
    "data", [b"", b"\x08\0", b"path,label", b"\x89PNG\r\n\x1a\n" * 20, b"\x08\0\x05\0" + b"\xff" * 200]
)
def test_other_files_without_suffix_are_no_dicom(tmp_path, data) -> None:
    (tmp_path / "a").write_bytes(data)
    assert not is_known(tmp_path / "a")


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 2000, b"\x89PNG\r\n\x1a\n" + bytes(300), b"path,label\na,b\n" * 40]
)
def test_what_is_no_dicom_is_said_to_be_none(data) -> None:
    with pytest.raises(DatasetError, match="row 2: not readable DICOM"):
        decode_dicom(data, "row 2")


def test_a_deflated_file_is_not_unpacked_beyond_its_bound(make, ramp) -> None:
    whole = make(ramp, 12, syntax=PLAIN["deflated"])
    start = 132 + 12 + struct.unpack("<I", whole[140:144])[0]
    packer = zlib.compressobj(9, wbits=-15)
    bomb = b"".join(packer.compress(bytes(10_000_000)) for _ in range(bounds.MAX_BYTES // 10_000_000 + 1))
    with pytest.raises(DatasetError, match=r"row 2: .*unpacks to more than 400,000,000 bytes"):
        decode_dicom(whole[:start] + bomb + packer.flush(), "row 2")


def test_a_header_is_not_read_beyond_its_bound(make, ramp) -> None:
    notes = {0x00204000: ("LT", "a" * 40), 0x00280010: ("US", 48)}
    tables = {0x00281201: ("OW", bytes(bounds.MAX_HEADER_BYTES + 2))}
    assert decode_dicom(make(ramp, 12, tags=notes), "a").shape == (48, 64, 3)
    with pytest.raises(
        DatasetError, match=r"row 2: .*over 8,000,000 bytes or 20,000 items before the pixels"
    ):
        decode_dicom(make(ramp, 12, tags=tables), "row 2")


@pytest.mark.parametrize("length", ["told", "open"])
def test_a_sequence_of_very_many_items_is_not_taken_apart(make, ramp, length) -> None:
    items = struct.pack("<HHI", 0xFFFE, 0xE000, 0) * (bounds.MAX_ITEMS + 1)
    end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    size = 0xFFFFFFFF if length == "open" else len(items)
    sequence = struct.pack("<HH2sHI", 0x0028, 0x3010, b"SQ", 0, size) + items + end * (length == "open")
    whole = make(ramp, 12)
    at = whole.index(struct.pack("<HH", 0x7FE0, 0x0010))
    tracemalloc.start()
    with pytest.raises(DatasetError, match=r"row 2: .*20,000 items before the pixels"):
        decode_dicom(whole[:at] + sequence + whole[at:], "row 2")
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()


def test_a_large_private_element_is_stepped_over(make, ramp) -> None:
    private = {0x00290010: ("LO", "ACME"), 0x00291010: ("OB", bytes(bounds.MAX_HEADER_BYTES + 2))}
    assert (decode_dicom(make(ramp, 12, tags=private), "a") == decode_dicom(make(ramp, 12), "a")).all()


def test_a_file_larger_than_its_bound_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.dcm").open("wb") as file:
        file.truncate(bounds.MAX_BYTES + 1)  # a hole: no byte of it is on the disk
    tracemalloc.start()
    with pytest.raises(DatasetError, match=r"row 2.*400000001 bytes, more than"):
        DicomFile(tmp_path / "a.dcm").read("row 2")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("claimed", [(65535, 65535), (40_000, 1001)])
def test_a_size_that_the_header_only_claims_takes_no_memory(make, ramp, claimed) -> None:
    data = make(ramp, 12, Rows=claimed[0], Columns=claimed[1])
    tracemalloc.start()
    with pytest.raises(DatasetError, match="40 million"):
        decode_dicom(data, "a")
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("syntax", PLAIN)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
    length=st.integers(0, 20_000),
)
def test_a_damaged_file_is_an_error_in_one_sentence_or_a_picture(make, ramp, syntax, places, length) -> None:
    data = bytearray(make(ramp, 12, syntax=PLAIN[syntax], WindowCenter=1000, WindowWidth=900))
    for place, value in places:
        data[place % len(data)] = value
    try:
        said = f"row 2: {decode_dicom(bytes(data[:length]), 'row 2').shape[2]} colours"
    except DatasetError as error:
        said = str(error)
    assert said.startswith("row 2: ")
    assert "\n" not in said


@pytest.mark.parametrize("wrong", [b"1,50", b"one ", b"nan ", b"\xff\xfe12"])
def test_a_value_that_is_no_text_or_no_number_is_named(make, ramp, wrong) -> None:
    whole = make(ramp, 12, WindowCenter="1000", WindowWidth="100")
    with pytest.raises(DatasetError, match=r"row 2.*WindowCenter"):
        decode_dicom(whole.replace(b"DS\x04\x001000", b"DS\x04\x00" + wrong), "row 2")


def test_nothing_is_warned_or_logged(make, ramp, caplog) -> None:
    odd = make(ramp, 12, PixelData=ramp.tobytes() + bytes(6), tags={0x00100010: ("PN", "Doe^Jane")})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decode_dicom(odd, "a")
    assert not caplog.records
