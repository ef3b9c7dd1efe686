"""Every attribute of a header that is passed over changes no pixel, and each that is met is said."""

from pathlib import Path

import numpy as np
import pytest

from scafe.evals.data.nifti import NiftiFile
from scafe.evals.data.sources import Decoded
from scafe.evals.data.volumes import table

nibabel = pytest.importorskip("nibabel")
VALUES = np.random.default_rng(0).normal(100, 10, (20, 24, 12)).astype(np.float32)


def read(folder: Path, image: object) -> Decoded:
    nibabel.save(image, folder / "i.nii")
    return NiftiFile(folder / "i.nii").read("x")


def plain() -> object:
    return nibabel.Nifti1Image(VALUES, np.eye(4))


def with_display_range() -> object:
    image = plain()
    image.header["cal_min"], image.header["cal_max"] = 90, 110
    return image


def with_intent() -> object:
    image = plain()
    image.header.set_intent("t test", (9,))
    return image


def with_extension() -> object:
    image = plain()
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"hello"))
    return image


def thick() -> object:
    return nibabel.Nifti1Image(VALUES, np.diag([1.0, 1, 7, 1]))


@pytest.mark.parametrize("make", [with_display_range, with_intent, with_extension, thick])
def test_what_is_passed_over_changes_no_pixel(tmp_path: Path, make) -> None:
    assert np.array_equal(read(tmp_path, make()).pair.image, read(tmp_path, plain()).pair.image)


def test_what_is_met_is_said(tmp_path: Path) -> None:
    assert table.CAL in read(tmp_path, with_display_range()).met
    assert table.INTENT in read(tmp_path, with_intent()).met
    assert table.SFORM in read(tmp_path, plain()).met
    assert not {table.OBLIQUE, table.TURNED} & read(tmp_path, plain()).met


def test_a_qform_alone_gives_the_grid(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(VALUES, None)
    image.set_qform(np.diag([-2.0, 2, 3, 1]), 1)
    found = read(tmp_path, image)
    assert {table.QFORM, table.TURNED} <= found.met
    assert found.spacing_mm == pytest.approx((2, 2))
    assert np.array_equal(found.pair.image, read(tmp_path, plain()).pair.image[:, ::-1])


def test_oblique_axes_are_said_and_keep_the_stored_slice(tmp_path: Path) -> None:
    cos, sin = np.cos(0.2), np.sin(0.2)
    tilted = np.array([[1, 0, 0, 0], [0, cos, -sin, 0], [0, sin, cos, 0], [0, 0, 0, 1.0]])
    found = read(tmp_path, nibabel.Nifti1Image(VALUES, tilted))
    assert table.OBLIQUE in found.met
    assert np.array_equal(found.pair.image, read(tmp_path, plain()).pair.image)
