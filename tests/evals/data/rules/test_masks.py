"""One rule makes a mask of every format's levels; what it cannot tell is refused with the way out."""

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scafe.evals.data.formats import pixels_of, read_as
from scafe.evals.data.pixels import decode_mask
from scafe.evals.data.rules.masks import marked
from scafe.evals.data.rules.reading import Reading
from scafe.knowledge.contract.errors import DatasetError

SHAPE = (48, 64)
LESION = np.zeros(SHAPE, bool)
LESION[10:30, 10:30] = True
CORE = np.zeros(SHAPE, bool)
CORE[18:20, 18:20] = True
RIM = np.zeros(SHAPE, bool)
RIM[9:31, 9:31] = True
RIM &= ~LESION
LABELS = (LESION + 1 * CORE).astype(np.uint8)
VOC = [0, 0, 0, 128, 0, 0] + [224, 224, 192] * 254


def png(picture: Image.Image, **how: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", **how)
    return file.getvalue()


def grey(values: np.ndarray) -> bytes:
    return png(Image.fromarray(values))


def tif(values: np.ndarray, **how: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, **{"photometric": "minisblack", "metadata": None, **how})
    return file.getvalue()


Colour = tuple[int, int, int]


def rgba(colour: Colour, where_clear: Colour, alpha: np.ndarray = LESION) -> bytes:
    values = np.full((*SHAPE, 4), 255, np.uint8)
    values[alpha, :3], values[~alpha, :3] = colour, where_clear
    values[..., 3] = 255 * alpha
    return png(Image.fromarray(values))


def palette(indices: np.ndarray, colours: list[int], **how: object) -> bytes:
    picture = Image.fromarray(indices.astype(np.uint8), "P")
    picture.putpalette(colours)
    return png(picture, **how)


UNDERSTOOD = {
    "0 and 255": grey(np.where(LESION, 255, 0).astype(np.uint8)),
    "0 and 1": grey(LESION.astype(np.uint8)),
    "0 and 7": grey((7 * LESION).astype(np.uint8)),
    "1 bit": grey(LESION),
    "16 bit": grey(np.where(LESION, 65535, 0).astype(np.uint16)),
    "16 bit, 0 and 1": grey(LESION.astype(np.uint16)),
    "grey in three channels": grey(np.repeat(np.where(LESION, 255, 0)[..., None], 3, 2).astype(np.uint8)),
    "red on black": grey((LESION[..., None] * [200, 0, 0]).astype(np.uint8)),
    "white, shape in alpha": rgba((255, 255, 255), (255, 255, 255)),
    "black brush, shape in alpha": rgba((0, 0, 0), (0, 0, 0)),
    "white on clear black": rgba((255, 255, 255), (0, 0, 0)),
    "white on black, opaque": png(Image.fromarray(np.where(LESION, 255, 0).astype(np.uint8)).convert("RGBA")),
    "grey with alpha": png(Image.fromarray(np.where(LESION, 255, 0).astype(np.uint8)).convert("LA")),
    "palette of two": palette(LESION, VOC),
    "palette with white first": palette(~LESION, [255, 255, 255, 0, 0, 0]),
    "palette of greys": palette(LESION, [0, 0, 0, 255, 255, 255]),
    "TIFF, 0 and 255": tif(np.where(LESION, 255, 0).astype(np.uint8)),
    "TIFF of floats": tif(LESION.astype(np.float32)),
    "TIFF of 32 bits": tif(LESION.astype(np.uint32)),
    "TIFF of signed integers": tif(LESION.astype(np.int16)),
    "TIFF, LZW, 1 bit": tif(LESION, compression="lzw"),
    "TIFF, white is zero, 1 bit": tif(~LESION, photometric="miniswhite"),
    "TIFF with noise of a scale factor": tif((LESION * np.float32(1.00000006)).astype(np.float32)),
}
REFUSED = {
    "labels 0, 1, 2": (grey(LABELS), r"3 levels \(0, 1, 2\).*--mask-label N"),
    "palette with a void rim": (palette(LESION + 255 * RIM, VOC), r"3 levels \(0, 1, 255\).*--mask-label N"),
    "grey edges": (grey(np.where(LESION, 255, 60 * RIM).astype(np.uint8)), r"3 levels.*0 and one other"),
    "several colours": (
        grey((LESION[..., None] * [200, 0, 0] + CORE[..., None] * [0, 90, 0]).astype(np.uint8)),
        "several colours",
    ),
    "colours on white": (
        grey(np.where(LESION[..., None], [200, 0, 0], 255).astype(np.uint8)),
        "several colours",
    ),
    "two shapes, colour and alpha": (
        png(Image.fromarray(np.dstack([255 * CORE] * 3 + [255 * LESION]).astype(np.uint8))),
        "different shapes",
    ),
    "half-clear alpha": (rgba((255, 255, 255), (255, 255, 255)), None),
    "levels 1 and 2, no 0": (grey((LESION + 1).astype(np.uint8)), r"2 levels \(1, 2\)"),
    "nothing": (grey(np.zeros(SHAPE, np.uint8)), "marks no pixel"),
    "nothing, in alpha": (rgba((255, 255, 255), (255, 255, 255), np.zeros(SHAPE, bool)), "marks no pixel"),
    "a palette whose background is not black": (palette(LESION, [9, 9, 9, 99, 0, 0]), "index 0.*not black"),
    "CMYK": (
        tif((LESION[..., None] * np.full(4, 255)).astype(np.uint8), photometric="separated"),
        "a mask in CMYK",
    ),
    "not finite": (tif(np.where(LESION, np.nan, 0).astype(np.float32)), "not numbers"),
    "negative": (tif((-1 * LESION).astype(np.int16)), "marks with -1"),
}  # fmt: skip
half = np.full((*SHAPE, 4), 255, np.uint8)
half[..., 3] = np.where(LESION, 255, 128 * RIM)
REFUSED["half-clear alpha"] = (png(Image.fromarray(half)), r"alpha channel.*3 levels")


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_two_levels_are_a_mask_in_every_form(name: str) -> None:
    assert np.array_equal(decode_mask(UNDERSTOOD[name], "m", SHAPE), LESION)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_told_is_refused(name: str) -> None:
    data, message = REFUSED[name]
    with pytest.raises(DatasetError, match=message):
        decode_mask(data, "m", SHAPE)


@pytest.mark.parametrize(
    ("data", "label", "wanted"),
    [
        (grey(LABELS), 1, LESION & ~CORE),
        (grey(LABELS), 2, CORE),
        (palette(LESION + 255 * RIM, VOC), 1, LESION),
        (palette(LABELS, [9, 9, 9, 99, 0, 0, 1, 2, 3]), 2, CORE),
        (tif(LABELS.astype(np.float32) * np.float32(1.00000006)), 2, CORE),
        (tif(LABELS, compression="lzw"), 2, CORE),
        (grey(LABELS.astype(np.uint16) * 300), 600, CORE),
    ],
)
def test_a_label_chooses_one_level_exactly(data: bytes, label: int, wanted: np.ndarray) -> None:
    assert np.array_equal(decode_mask(data, "m", SHAPE, label), wanted)


def test_a_label_that_is_not_there_is_answered_with_the_levels() -> None:
    with pytest.raises(DatasetError, match=r"--mask-label 3; its levels are 0, 1, 2"):
        decode_mask(grey(LABELS), "m", SHAPE, 3)


@given(st.floats(1e-6, 1e6), st.floats(-1e-7, 1e-7))
def test_neither_scale_nor_rounding_changes_a_mask(scale: float, noise: float) -> None:
    values = np.where(LESION, scale * (1 + noise * np.arange(SHAPE[1]) / SHAPE[1]), 0.0)
    assert np.array_equal(marked(values, "m"), LESION)


@given(st.sets(st.integers(0, 255), min_size=3, max_size=20))
def test_more_than_two_levels_are_never_taken_without_a_label(levels: set[int]) -> None:
    values = np.resize(np.array(sorted(levels), np.uint8), SHAPE)
    with pytest.raises(DatasetError, match="levels"):
        marked(values, "m")
    chosen = max(levels)
    assert np.array_equal(marked(values, "m", chosen), values == chosen)


@pytest.mark.parametrize("ending", [".png", ".tif", ".nii.gz"])
def test_the_same_content_is_the_same_mask_in_every_format(tmp_path: Path, ending: str) -> None:
    nibabel = pytest.importorskip("nibabel")
    image, mask = tmp_path / f"i{ending}", tmp_path / f"m{ending}"
    values = np.random.default_rng(0).integers(0, 255, SHAPE).astype(np.uint8)
    if ending == ".nii.gz":
        for array, path in ((values, image), (LABELS, mask)):
            volume = nibabel.Nifti1Image(np.rot90(array, -1)[..., None], np.diag([1.0, 1, 1, 1]))
            path.write_bytes(gzip.compress(volume.to_bytes()))
    else:
        write = grey if ending == ".png" else tif
        image.write_bytes(write(values))
        mask.write_bytes(write(LABELS))
    with pytest.raises(DatasetError, match=r"row 2.*mask m.*3 levels \(0, 1, 2\).*--mask-label"):
        pixels_of(image, mask).read("row 2")
    for label, wanted in ((1, LESION & ~CORE), (2, CORE)):
        found = read_as(pixels_of(image, mask), Reading(mask_label=label)).read("row 2")
        assert np.array_equal(found.pair.mask, wanted)


def test_another_label_is_another_hash(tmp_path: Path) -> None:
    (tmp_path / "i.png").write_bytes(grey(np.arange(48 * 64).reshape(SHAPE).astype(np.uint8)))
    (tmp_path / "m.png").write_bytes(grey(LABELS))
    pixels = pixels_of(tmp_path / "i.png", tmp_path / "m.png")
    hashes = {read_as(pixels, Reading(mask_label=label)).read("x").sha256 for label in (1, 2)}
    assert len(hashes) == 2


@pytest.mark.parametrize("quality", [50, 75, 95])
def test_a_jpeg_is_cut_half_way(quality: int) -> None:
    file = io.BytesIO()
    Image.fromarray(np.where(LESION, 255, 0).astype(np.uint8)).save(file, "JPEG", quality=quality)
    assert (decode_mask(file.getvalue(), "m", SHAPE) != LESION).mean() < 0.005
    with pytest.raises(DatasetError, match="without loss"):
        decode_mask(file.getvalue(), "m", SHAPE, 1)


def test_another_size_is_refused_with_both() -> None:
    with pytest.raises(DatasetError, match=r"64×48 pixels but its image 48×64"):
        decode_mask(UNDERSTOOD["0 and 1"], "m", (64, 48))
