from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scafe.evals.data.dicom import DicomFile, open_frame
from scafe.knowledge.contract.errors import DatasetError


def disc(height_mm: float, width_mm: float) -> np.ndarray:
    """A disc of 20 mm radius in a field of 60 mm, on pixels of a given size."""
    y = (np.arange(round(60 / height_mm)) + 0.5) * height_mm - 30
    x = (np.arange(round(60 / width_mm)) + 0.5) * width_mm - 30
    return np.hypot(y[:, None], x[None, :]) <= 20


def written(folder: Path, data: bytes, mask: np.ndarray) -> DicomFile:
    (folder / "a.dcm").write_bytes(data)
    Image.fromarray(255 * mask.astype(np.uint8)).save(folder / "m.png")
    return DicomFile(folder / "a.dcm", folder / "m.png")


@pytest.mark.parametrize(("rows_mm", "columns_mm"), [(1.0, 0.5), (0.5, 1.0), (0.75, 0.5), (0.5, 0.5)])
def test_a_disc_is_round_after_unequal_spacing(make, tmp_path, rows_mm, columns_mm) -> None:
    seen = disc(rows_mm, columns_mm)
    data = make(200 * seen.astype(np.uint8) + 20, PixelSpacing=[rows_mm, columns_mm])
    found = written(tmp_path, data, seen).read("row 2")
    finest = min(rows_mm, columns_mm)
    assert found.spacing_mm == (finest, finest)
    assert found.pair.image.shape[:2] == found.pair.mask.shape == (round(60 / finest), round(60 / finest))
    for marked in (found.pair.mask, found.pair.image[:, :, 0] > 127):
        ys, xs = np.nonzero(marked)
        assert abs(np.ptp(ys) - np.ptp(xs)) <= 2
        assert abs(marked.sum() * finest**2 - np.pi * 400) < 0.03 * np.pi * 400
    agree = found.pair.mask == (found.pair.image[:, :, 0] > 127)
    assert agree.mean() > 0.99


def test_the_first_spacing_that_is_given_counts(make, ramp) -> None:
    told = {"NominalScannedPixelSpacing": [0.3, 0.3]}
    assert open_frame(make(ramp, 12, **told), "a").pitch.spacing_mm == (0.3, 0.3)
    told["ImagerPixelSpacing"] = [0.2, 0.2]
    assert open_frame(make(ramp, 12, **told), "a").pitch.spacing_mm == (0.2, 0.2)
    told["PixelSpacing"] = [0.1, 0.1]
    assert open_frame(make(ramp, 12, **told), "a").pitch.spacing_mm == (0.1, 0.1)
    told["PixelSpacing"] = [0, 0]  # as writers put that do not know it
    assert open_frame(make(ramp, 12, **told), "a").pitch.spacing_mm == (0.2, 0.2)
    assert open_frame(make(ramp, 12), "a").pitch.spacing_mm is None


def test_an_aspect_ratio_counts_where_no_spacing_is_given(make, tmp_path) -> None:
    seen = disc(1.0, 0.5)
    data = make(
        200 * seen.astype(np.uint8) + 20, PixelAspectRatio=[2, 1]
    )  # PS3.3 C.7.6.3.1.7: vertical first
    found = written(tmp_path, data, seen).read("row 2")
    ys, xs = np.nonzero(found.pair.mask)
    assert (found.spacing_mm, found.pair.mask.shape) == (None, (120, 120))
    assert abs(np.ptp(ys) - np.ptp(xs)) <= 2


def test_pixels_that_are_square_within_a_percent_stay_as_they_are(make, ramp, tmp_path) -> None:
    found = written(tmp_path, make(ramp, 12, PixelSpacing=[0.7, 0.7031]), ramp > 2000).read("row 2")
    assert found.pair.image.shape[:2] == ramp.shape
    assert found.spacing_mm == (0.7, 0.7)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"PixelSpacing": [0.5, 0]}, "PixelSpacing = 0.5"),
        ({"PixelSpacing": [-1, -1]}, "PixelSpacing = -1"),
        ({"PixelSpacing": [0.5]}, "PixelSpacing = 0.5 is no size"),
        ({"PixelSpacing": [1, 1], "PixelAspectRatio": [2, 1]}, "contradicts the pixel spacing"),
        ({"PixelAspectRatio": [100, 1]}, "100 times as high as wide"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(show, ramp, told, message) -> None:
    with pytest.raises(DatasetError, match=rf"row 2.*{message}"):
        show(ramp, 12, **told)


def test_an_image_that_grows_beyond_the_bound_is_refused(make, tmp_path) -> None:
    wide = np.zeros((2000, 12000), np.uint8)
    (tmp_path / "a.dcm").write_bytes(make(wide, PixelAspectRatio=[4, 1]))
    with pytest.raises(DatasetError, match=r"row 2.*12000×8000.*40 million"):
        DicomFile(tmp_path / "a.dcm").read("row 2")


def test_the_mask_is_drawn_on_the_pixels_of_the_file(make, tmp_path) -> None:
    seen = disc(1.0, 0.5)
    data = make(200 * seen.astype(np.uint8), PixelSpacing=[1, 0.5])
    with pytest.raises(DatasetError, match=r"row 2.*120×60"):
        written(tmp_path, data, disc(0.5, 0.5)).read("row 2")
