"""A volume is read as nibabel reads it, and bounds hold before unpacking."""

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from made_volumes import LESION, LPS, RAS, SHAPE, body, inside, nibabel, read

from scafe.evals.data.nifti import NiftiFile
from scafe.evals.data.rules.intensity import grey_levels, window_of
from scafe.evals.data.rules.reading import Reading
from scafe.evals.data.volumes import table
from scafe.knowledge.contract.errors import DatasetError


class TestValues:
    @pytest.mark.parametrize(
        ("dtype", "slope", "inter"),
        [
            (np.int16, 1, 0),
            (np.int16, 2.5, -1024),
            (np.uint8, -1, 255),
            (np.float32, 1, 0),
            (np.uint16, 0.01, 3),
        ],
    )
    @pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
    @pytest.mark.parametrize("order", ["<", ">"])
    def test_a_slice_is_nibabel_s_slice_through_the_window(
        self, tmp_path: Path, dtype: type, slope: float, inter: float, kind: type, order: str
    ) -> None:
        stored = np.clip(body(), 0, 250).astype(dtype)
        header = kind.header_class(endianness=order)
        header.set_data_dtype(dtype)
        image = kind(stored, LPS, header)
        image.header.set_slope_inter(slope, inter)
        data = image.to_bytes()
        canonical = nibabel.as_closest_canonical(kind.from_bytes(data)).get_fdata()
        plane = canonical[:, :, SHAPE[2] // 2]
        wanted = np.rot90(grey_levels(plane, window_of(plane, None, "mask@2")))
        assert np.array_equal(read(tmp_path, data).pair.image[..., 0], wanted)

    def test_colour_voxels_are_colours(self, tmp_path: Path) -> None:
        values = np.zeros(SHAPE, np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))
        values["R"], values["G"] = np.arange(40)[:, None, None], np.arange(44)[None, :, None]
        found = read(tmp_path, nibabel.Nifti1Image(values, RAS))
        assert found.pair.image[-1, 7].tolist() == [7, 0, 0]
        assert found.pair.image[0, 0].tolist() == [0, 43, 0]
        assert table.COLOUR in found.met

    @pytest.mark.parametrize("shape", [(40, 44, 20, 1), (40, 44, 20, 1, 1), (40, 44), (40, 44, 1)])
    def test_dimensions_of_one_are_dropped(self, tmp_path: Path, shape: tuple[int, ...]) -> None:
        found = read(tmp_path, nibabel.Nifti1Image(np.resize(body(), shape), RAS))
        assert found.pair.image.shape == (44, 40, 3)

    def test_nan_is_background_outside_the_mask_and_refused_inside(self, tmp_path: Path) -> None:
        values = body()
        values[:, :, 0] = np.inf
        values[:4, :, :] = np.nan
        image, mask = nibabel.Nifti1Image(values, RAS), nibabel.Nifti1Image(LESION, RAS)
        found = read(tmp_path, image, mask)
        assert (found.pair.image[:, :4] == 0).all()
        assert inside(found)[0] - inside(found)[1] > 100
        values[:8, :, :] = np.nan
        with pytest.raises(DatasetError, match="not numbers"):
            read(tmp_path, nibabel.Nifti1Image(values, RAS), mask)

    @pytest.mark.parametrize("value", [np.inf, -np.inf, -3.4e38])
    def test_infinite_values_in_the_slice_are_refused(self, tmp_path: Path, value: float) -> None:
        values = body()
        values[3, 3, 10] = value
        with pytest.raises(DatasetError, match="not numbers"):
            read(tmp_path, nibabel.Nifti1Image(values, RAS))

    def test_a_mask_with_a_scale_factor_is_a_mask(self, tmp_path: Path) -> None:
        mask = nibabel.Nifti1Image(LESION.astype(np.float64) * 1.00000006, RAS)
        assert read(tmp_path, nibabel.Nifti1Image(body(), RAS), mask).pair.mask.sum() == 42
        mask = nibabel.Nifti1Image(LESION, RAS)
        mask.header.set_slope_inter(1.00000006, 0)
        assert read(tmp_path, nibabel.Nifti1Image(body(), RAS), mask).pair.mask.sum() == 42

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            (np.zeros((*SHAPE, 3), np.int16), r"holds 3 volumes"),
            (np.zeros(SHAPE, np.complex64), r"complex values"),
            (np.zeros(SHAPE, np.dtype([(c, "u1") for c in "RGBA"])), r"not understood"),
            (np.zeros((5, 44, 20), np.int16), r"at least 8"),
        ],
    )
    def test_what_is_not_understood_is_refused(
        self, tmp_path: Path, values: np.ndarray, message: str
    ) -> None:
        with pytest.raises(DatasetError, match=message):
            read(tmp_path, nibabel.Nifti1Image(values, RAS))

    def test_the_earlier_window_is_kept_for_earlier_bundles(self, tmp_path: Path) -> None:
        image = nibabel.Nifti1Image(body(), RAS)
        low, high = np.percentile(body().astype(float), (1, 99))
        wanted = np.rot90(grey_levels(body()[:, :, 10].astype(float), (low, high)))
        found = read(tmp_path, image, reading=Reading(window="volume@1"))
        assert np.abs(found.pair.image[..., 0].astype(int) - wanted).max() <= 1
        assert found.sha256 != read(tmp_path, image).sha256


class TestSquare:
    @pytest.mark.parametrize("sides", [(1.0, 3.0), (3.0, 1.0), (0.5, 0.75)])
    def test_a_disc_in_millimetres_is_a_disc_in_pixels(
        self, tmp_path: Path, sides: tuple[float, float]
    ) -> None:
        x, y = (np.arange(90)[:, None] - 45) * sides[0], (np.arange(90)[None, :] - 45) * sides[1]
        disc = np.repeat((x**2 + y**2 < (20 * min(sides)) ** 2)[..., None], 3, axis=2)
        affine = np.diag([*sides, 4.0, 1])
        found = read(
            tmp_path,
            nibabel.Nifti1Image(disc * 50.0, affine),
            nibabel.Nifti1Image(disc.astype(np.uint8), affine),
        )
        rows, columns = (found.pair.mask.any(axis=axis).sum() for axis in (1, 0))
        assert abs(int(rows) - int(columns)) <= 2 * max(sides) / min(sides)
        assert abs(found.pair.mask.sum() / (np.pi * 400) - 1) < 0.08
        assert found.spacing_mm == pytest.approx((min(sides), min(sides)))
        assert table.UNEQUAL in found.met

    def test_image_and_mask_are_resampled_alike(self, tmp_path: Path) -> None:
        affine = np.diag([1.0, 4, 1, 1])
        found = read(
            tmp_path,
            nibabel.Nifti1Image(LESION * 100.0, affine),
            nibabel.Nifti1Image(LESION, affine),
        )
        bright = found.pair.image[..., 0] > 127
        assert (bright != found.pair.mask).mean() < 0.01
        assert found.pair.mask.shape == (44 * 4, 40)

    def test_a_ratio_that_is_beyond_belief_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match="resampled to square"):
            read(tmp_path, nibabel.Nifti1Image(body(), np.diag([0.01, 1, 1, 1])))


class TestBounds:
    def test_a_header_that_promises_too_much_is_refused_before_anything_is_unpacked(
        self, tmp_path: Path
    ) -> None:
        header = bytearray(nibabel.Nifti1Image(body(), RAS).to_bytes()[:352])
        struct.pack_into("<8h", header, 40, 3, 1024, 1024, 1000, 1, 1, 1, 1)
        tracemalloc.start()
        with pytest.raises(DatasetError, match="voxels; crop"):
            read(tmp_path, bytes(header) + bytes(10**6))
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
        tracemalloc.stop()

    def test_more_than_the_header_says_is_not_unpacked(self, tmp_path: Path) -> None:
        data = nibabel.Nifti1Image(body(), RAS).to_bytes() + bytes(200_000_000)
        (tmp_path / "i.nii.gz").write_bytes(gzip.compress(data, 1))
        del data
        tracemalloc.start()
        assert NiftiFile(tmp_path / "i.nii.gz").read("x").pair.image.any()
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
        tracemalloc.stop()

    @pytest.mark.parametrize("keep", [10, 348, 352, 1000, -100])
    @pytest.mark.parametrize("zipped", [False, True])
    def test_a_volume_that_is_cut_off_is_named(self, tmp_path: Path, keep: int, zipped: bool) -> None:
        data = nibabel.Nifti1Image(body(), RAS).to_bytes()
        data = gzip.compress(data)[:keep] if zipped else data[:keep]
        (tmp_path / "i.nii").write_bytes(data)
        with pytest.raises(DatasetError, match=r"x: .*(cut off|not readable|too short)"):
            NiftiFile(tmp_path / "i.nii").read("x")

    def test_a_wrong_checksum_is_refused(self, tmp_path: Path) -> None:
        data = bytearray(gzip.compress(nibabel.Nifti1Image(body(), RAS).to_bytes()))
        data[-6] ^= 0xFF
        (tmp_path / "i.nii.gz").write_bytes(bytes(data))
        with pytest.raises(DatasetError, match="not readable NIfTI"):
            NiftiFile(tmp_path / "i.nii.gz").read("x")

    def test_several_gzip_members_are_one_file(self, tmp_path: Path) -> None:
        data = nibabel.Nifti1Image(body(), RAS).to_bytes()
        (tmp_path / "i.nii.gz").write_bytes(gzip.compress(data[:3000]) + gzip.compress(data[3000:]))
        found = NiftiFile(tmp_path / "i.nii.gz").read("x")
        assert np.array_equal(found.pair.image, read(tmp_path, data).pair.image)

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda d: d[:344] + b"ni1\0" + d[348:], r"pair with \.img"),
            (lambda d: d[:344] + bytes(4) + d[348:], "ANALYZE"),
            (lambda d: b"hello" * 200, "not NIfTI"),
            (lambda d: d[:40] + struct.pack("<8h", 3, -4, 44, 20, 1, 1, 1, 1) + d[56:], "dimensions"),
            (lambda d: d[:40] + struct.pack("<8h", 9, 40, 44, 20, 1, 1, 1, 1) + d[56:], "dimensions"),
            (lambda d: d[:254] + struct.pack("<h", 77) + d[256:], "sform_code 77"),
            (lambda d: d[:252] + struct.pack("<h", -3) + d[254:], "qform_code -3"),
            (lambda d: d[:70] + struct.pack("<h", 999) + d[72:], "not readable|not understood"),
            (lambda d: d[:108] + struct.pack("<f", float("nan")) + d[112:], "x: "),
        ],
    )
    def test_damaged_headers_are_named(self, tmp_path: Path, make, message: str) -> None:
        (tmp_path / "i.nii").write_bytes(make(nibabel.Nifti1Image(body(), RAS).to_bytes()))
        with pytest.raises(DatasetError, match=message):
            NiftiFile(tmp_path / "i.nii").read("x")
