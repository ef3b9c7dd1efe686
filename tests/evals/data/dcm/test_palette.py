import io

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_color_lut, pixel_array

from scafe.knowledge.contract.errors import DatasetError

INDEX = np.linspace(0, 255, 48 * 64).reshape(48, 64).astype(np.uint8)
TABLES = {"Red": np.arange(256), "Green": 255 - np.arange(256), "Blue": np.arange(256) // 2}
WANT = np.stack([TABLES[colour][INDEX] for colour in TABLES], axis=2)


def palette(
    bits: int, write, *, first: int = 0, tables=TABLES, segmented: str = "", length: int = 256
) -> dict:
    told: dict = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour, entries in tables.items():
        told[f"{colour}PaletteColorLookupTableDescriptor"] = (
            "SS" if first < 0 else "US",
            [length, first, bits],
        )
        told[f"{segmented}{colour}PaletteColorLookupTableData"] = ("OW", write(entries))
    return told


def words(entries: np.ndarray) -> bytes:
    return entries.astype("<u2").tobytes()


LAYOUTS = {
    "sixteen bits": (16, lambda entries: words(entries * 257)),
    "eight bits in words": (8, words),
    "eight bits, two to a word": (8, lambda entries: entries.astype(np.uint8).tobytes()),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_a_palette_gives_its_colours(show, layout) -> None:
    bits, write = LAYOUTS[layout]
    assert (show(INDEX, **palette(bits, write)) == WANT).all()


def test_entries_of_eight_bits_that_claim_sixteen_are_refused(show) -> None:
    with pytest.raises(DatasetError, match=r"row 2.*16 bits an entry and holds none above 255"):
        show(INDEX, **palette(16, words))


def test_indices_outside_the_palette_take_its_ends(show) -> None:
    short = {colour: entries[:100] for colour, entries in TABLES.items()}
    shown = show(INDEX, **palette(16, lambda e: words(e * 257), first=50, tables=short, length=100))
    places = np.clip(INDEX.astype(int) - 50, 0, 99)
    assert (shown == np.stack([TABLES[colour][places] for colour in TABLES], axis=2)).all()


def test_wide_indices_beyond_a_palette_of_eight_bits_do_not_wrap(show) -> None:
    wide = np.linspace(0, 1000, 48 * 64).reshape(48, 64).astype(np.uint16)
    shown = show(wide, **palette(8, words))
    places = np.minimum(wide, 255)
    assert (shown == np.stack([TABLES[colour][places] for colour in TABLES], axis=2)).all()


@pytest.mark.parametrize("written", ["SS", "US"])
def test_signed_indices_begin_below_zero(show, written) -> None:
    told = palette(16, lambda entries: words(entries * 257), first=-128)
    for colour in TABLES:
        first = -128 if written == "SS" else 65536 - 128
        told[f"{colour}PaletteColorLookupTableDescriptor"] = (written, [256, first, 16])
    assert (show((INDEX.astype(int) - 128).astype(np.int8), **told) == WANT).all()


SEGMENTS = {
    "discrete": [0, 4, 0, 20000, 40000, 65535],
    "linear": [0, 1, 0, 1, 255, 65535],
    "both": [0, 2, 100, 200, 1, 100, 60000, 0, 3, 5, 6, 7, 1, 51, 51],
    # From byte 0 on two segments once more.
    "indirect": [0, 2, 100, 200, 1, 100, 60000, 0, 1, 9, 2, 2, 0, 0],
}


@pytest.mark.parametrize("kind", SEGMENTS)
def test_segments_expand_as_the_standard_says(make, show, kind) -> None:
    length = {"discrete": 4, "linear": 256, "both": 156, "indirect": 205}[kind]
    tables = dict.fromkeys(TABLES, np.array(SEGMENTS[kind]))
    told = palette(16, words, segmented="Segmented", tables=tables, length=length)
    index = np.arange(16 * 16).reshape(16, 16).astype(np.uint8)
    dataset = pydicom.dcmread(io.BytesIO(make(index, **told)))
    want = apply_color_lut(np.minimum(pixel_array(dataset), length - 1), dataset) / 65535 * 255
    shown = show(index, **told)
    assert (
        np.abs((shown[..., None] if shown.ndim == 2 else shown[..., :1]) - want[..., :1]).max() <= 0.5 + 1e-9
    )


@pytest.mark.parametrize(
    "segments",
    [
        [1, 5, 100, 0, 251] + [0] * 251,
        [0, 1, 0, 1, 60000, 65535],
        [0, 2, 1, 2, 2, 300, 4, 0],
        [0, 1, 0, 9, 1, 5],
    ],
    ids=["begins linear", "too long", "refers to itself", "no such kind"],
)
def test_segments_that_do_not_expand_are_refused(show, segments) -> None:
    tables = dict.fromkeys(TABLES, np.array(segments))
    with pytest.raises(DatasetError, match=r"row 2.*SegmentedRedPaletteColorLookupTableData"):
        show(INDEX, **palette(16, words, segmented="Segmented", tables=tables))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"RedPaletteColorLookupTableDescriptor": ("US", [256, 0, 12])}, "differ in size"),
        ({"BluePaletteColorLookupTableDescriptor": ("US", [128, 0, 16])}, "differ in size"),
        ({"GreenPaletteColorLookupTableData": ("OW", bytes(100))}, "of 256 entries|damaged"),
        ({"GreenPaletteColorLookupTableData": None}, "one of DICOM Green"),
        ({"RedPaletteColorLookupTableDescriptor": None}, "RedPaletteColorLookupTableDescriptor"),
    ],
)
def test_a_palette_that_contradicts_itself_is_refused(show, change, message) -> None:
    told = palette(16, lambda entries: words(entries * 257)) | change
    with pytest.raises(DatasetError, match=rf"row 2.*({message})"):
        show(INDEX, **told)


def test_a_palette_beside_grey_values_is_not_applied(show) -> None:
    told = palette(16, lambda entries: words(entries * 257)) | {"PhotometricInterpretation": "MONOCHROME2"}
    assert (show(INDEX, **told) == show(INDEX)).all()
    with pytest.raises(DatasetError, match=r"row 2.*PixelPresentation = COLOR"):
        show(INDEX, **told, PixelPresentation="COLOR")
