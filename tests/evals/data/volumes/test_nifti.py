"""A volume is read as nibabel reads it, a mask lies where its header says, bounds hold before unpacking."""

import gzip
import struct
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.evals.data.formats import channels_of
from scafe.evals.data.nifti import NiftiFile
from scafe.evals.data.rules.intensity import grey_levels, window_of
from scafe.evals.data.rules.reading import Reading
from scafe.evals.data.sources import Decoded
from scafe.evals.data.volumes import table
from scafe.knowledge.contract.errors import DatasetError

nibabel = pytest.importorskip("nibabel")
RAS, LAS, LPS = np.eye(4), np.diag([-1.0, 1, 1, 1]), np.diag([-1.0, -1, 1, 1])
SHAPE = (40, 44, 20)
LESION = np.zeros(SHAPE, np.uint8)
LESION[5:12, 8:14, 9:12] = 1
LESION[6:11, 9:13, 10] = 1


def body(seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).normal(100, 5, SHAPE).astype(np.float32)
    values[LESION > 0] += 60
    return values


def shifted(affine: np.ndarray, *by: float) -> np.ndarray:
    moved = affine.copy()
    moved[:3, 3] += by
    return moved


def read(folder: Path, image: object, mask: object = None, reading: Reading | None = None) -> Decoded:
    for name, one in (("i.nii.gz", image), ("m.nii.gz", mask)):
        if one is not None:
            (folder / name).write_bytes(gzip.compress(one if isinstance(one, bytes) else one.to_bytes(), 1))
    return NiftiFile(
        folder / "i.nii.gz", None if mask is None else folder / "m.nii.gz", reading or Reading()
    ).read("row 2")


def inside(found: Decoded) -> tuple[float, float]:
    grey = found.pair.image[..., 0].astype(float)
    return grey[found.pair.mask].mean(), grey[~found.pair.mask].mean()


def turned_to(image: object, codes: str) -> object:
    """The same volume stored along other axes, by nibabel."""
    orientations = nibabel.orientations
    turn = orientations.ornt_transform(
        orientations.io_orientation(image.affine), orientations.axcodes2ornt(tuple(codes))
    )
    return image.as_reoriented(turn)


class TestGeometry:
    @pytest.mark.parametrize("affine", [RAS, LAS, LPS, np.diag([0.5, -0.5, 5, 1])])
    def test_a_mask_on_the_same_grid_lies_on_the_lesion(self, tmp_path: Path, affine: np.ndarray) -> None:
        found = read(tmp_path, nibabel.Nifti1Image(body(), affine), nibabel.Nifti1Image(LESION, affine))
        lesion, around = inside(found)
        assert lesion - around > 100
        assert found.pair.mask.sum() == 42

    @pytest.mark.parametrize("codes", ["RAS", "LAS", "LPS", "PIR", "ASL", "SRP", "LPI"])
    @pytest.mark.parametrize("which", ["image", "mask", "both"])
    def test_axes_stored_otherwise_give_the_same_pair(self, tmp_path: Path, codes: str, which: str) -> None:
        affine = shifted(np.diag([2.0, 2, 5, 1]), -30, 12, 7)
        image, mask = nibabel.Nifti1Image(body(), affine), nibabel.Nifti1Image(LESION, affine)
        wanted = read(tmp_path, image, mask)
        if which in ("image", "both"):
            image = turned_to(image, codes)
        if which in ("mask", "both"):
            mask = turned_to(mask, codes)
        found = read(tmp_path, image, mask)
        assert np.array_equal(found.pair.image, wanted.pair.image)
        assert np.array_equal(found.pair.mask, wanted.pair.mask)
        assert np.allclose(found.box_mm, wanted.box_mm)

    @pytest.mark.parametrize(
        ("of_image", "of_mask"),
        [
            (LPS, RAS),
            (LAS, RAS),
            (np.diag([0.5, 0.5, 5, 1]), np.diag([2.0, 2, 2, 1])),
            (RAS, shifted(RAS, 50, 0, 0)),
            (RAS, shifted(RAS, 0, 0, 0.4)),
            (RAS, np.array([[0.98, -0.17, 0, 0], [0.17, 0.98, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])),
        ],
        ids=[
            "saved with eye(4)",
            "LAS and RAS",
            "another spacing",
            "50 mm away",
            "0.4 mm away",
            "10 degrees",
        ],
    )
    def test_another_grid_of_the_same_shape_is_refused_and_both_are_named(
        self, tmp_path: Path, of_image: np.ndarray, of_mask: np.ndarray
    ) -> None:
        with pytest.raises(
            DatasetError, match=r"mask m\.nii\.gz.*40×44×20.*origin.*not its image's.*resample"
        ):
            read(tmp_path, nibabel.Nifti1Image(body(), of_image), nibabel.Nifti1Image(LESION, of_mask))

    @pytest.mark.parametrize("affine", [RAS, LAS])
    def test_a_mask_without_orientation_is_refused_where_the_image_has_one(
        self, tmp_path: Path, affine: np.ndarray
    ) -> None:
        with pytest.raises(DatasetError, match="no orientation"):
            read(tmp_path, nibabel.Nifti1Image(body(), affine), nibabel.Nifti1Image(LESION, None))

    def test_neither_with_orientation_is_voxel_on_voxel(self, tmp_path: Path) -> None:
        found = read(tmp_path, nibabel.Nifti1Image(body(), None), nibabel.Nifti1Image(LESION, None))
        assert table.NO_FORM in found.met
        lesion, around = inside(found)
        assert lesion - around > 100

    def test_a_mask_with_the_qform_of_an_image_that_has_both_is_taken(self, tmp_path: Path) -> None:
        image = nibabel.Nifti1Image(body(), shifted(RAS, -90, -126, -72))
        image.set_sform(shifted(RAS, -90, -126, -72), 4)
        image.set_qform(RAS, 1)
        mask = nibabel.Nifti1Image(LESION, None)
        mask.set_qform(RAS, 1)
        assert read(tmp_path, image, mask).pair.mask.sum() == 42

    def test_rounding_in_single_precision_is_no_other_grid(self, tmp_path: Path) -> None:
        affine = shifted(np.diag([0.3, 0.3, 3.3, 1]), -101.23456, 87.654321, 3.3333)
        noisy = affine * (1 + 1e-6)
        assert read(tmp_path, nibabel.Nifti1Image(body(), affine), nibabel.Nifti1Image(LESION, noisy))

    def test_channels_that_lie_elsewhere_are_refused(self, tmp_path: Path) -> None:
        for name, affine in (("t1", RAS), ("t2", shifted(RAS, 5, 0, 0)), ("t3", RAS)):
            nibabel.save(nibabel.Nifti1Image(body(), affine), tmp_path / f"{name}.nii")
        files = {name: tmp_path / f"{name}.nii" for name in ("t1", "t2", "t3")}
        with pytest.raises(DatasetError, match="lie in different places"):
            channels_of(["t1", "t2"], [files["t1"], files["t2"]]).read("x")
        assert channels_of(["t1", "t3"], [files["t1"], files["t3"]]).read("x").pair.image.shape[2] == 2


class TestForms:
    def both(self, sform: np.ndarray, qform: np.ndarray) -> object:
        image = nibabel.Nifti1Image(body(), sform)
        image.set_sform(sform, 2)
        image.set_qform(qform, 1)
        return image

    @pytest.mark.parametrize(("sform", "qform"), [(RAS, LAS), (np.diag([2.0, 2, 2, 1]), RAS)])
    def test_forms_that_contradict_each_other_are_refused(self, tmp_path: Path, sform, qform) -> None:
        with pytest.raises(DatasetError, match=r"the sform \(.*the qform \(.*contradict"):
            read(tmp_path, self.both(sform, qform))

    def test_a_moved_qform_is_no_contradiction(self, tmp_path: Path) -> None:
        assert table.FORMS in read(tmp_path, self.both(RAS, shifted(RAS, 3, 4, 5))).met

    def test_pixdim_that_contradicts_the_affine_is_refused(self, tmp_path: Path) -> None:
        image = nibabel.Nifti1Image(body(), RAS)
        image.set_qform(None, 0)
        image.header["pixdim"][1:4] = 3, 3, 3
        data = bytearray(image.to_bytes())
        with pytest.raises(DatasetError, match="pixdim 3×3×3"):
            read(tmp_path, bytes(data))

    def test_a_singular_affine_is_refused(self, tmp_path: Path) -> None:
        data = bytearray(nibabel.Nifti1Image(body(), RAS).to_bytes())
        data[252:256] = struct.pack("<hh", 0, 2)
        data[280:296] = bytes(16)
        with pytest.raises(DatasetError, match="singular"):
            read(tmp_path, bytes(data))

    @pytest.mark.parametrize(("code", "factor"), [(1, 1e-3), (2, 1.0), (3, 1e3), (0, 1.0)])
    def test_spacing_is_in_millimetres_whatever_the_unit(
        self, tmp_path: Path, code: int, factor: float
    ) -> None:
        image = nibabel.Nifti1Image(body(), np.diag([0.7 * factor, 0.7 * factor, 3 * factor, 1]))
        image.header["xyzt_units"] = code
        assert np.allclose(read(tmp_path, image).spacing_mm, (0.7, 0.7), rtol=1e-5)


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


@settings(max_examples=25, deadline=None)
@given(st.permutations([0, 1, 2]), st.tuples(*[st.sampled_from([-1, 1])] * 3))
def test_no_order_or_mirror_of_stored_axes_moves_the_lesion(order: list[int], signs: tuple[int, ...]) -> None:
    affine = np.zeros((4, 4))
    for row, (column, sign) in enumerate(zip(order, signs, strict=True)):
        affine[row, column] = sign * 2.0
    affine[3, 3] = 1
    with tempfile.TemporaryDirectory() as folder:
        found = read(Path(folder), nibabel.Nifti1Image(body(), affine), nibabel.Nifti1Image(LESION, affine))
    lesion, around = inside(found)
    assert lesion - around > 100
