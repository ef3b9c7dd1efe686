"""A mask lies where its header says, whatever the order of stored axes."""

import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_volumes import LAS, LESION, LPS, RAS, body, inside, nibabel, read

from scafe.evals.data.formats import channels_of
from scafe.evals.data.volumes import table
from scafe.knowledge.contract.errors import DatasetError


def shifted(affine: np.ndarray, *by: float) -> np.ndarray:
    moved = affine.copy()
    moved[:3, 3] += by
    return moved


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
