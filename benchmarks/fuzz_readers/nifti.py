"""Valid NIfTI files, plain and in gzip, as images and as masks, for `benchmarks.fuzz_readers`."""

import gzip
import tempfile
from functools import cache
from pathlib import Path

import nibabel
import numpy as np

from scafe.evals.data.nifti import NiftiFile
from scafe.knowledge.contract.errors import DatasetError

SHAPE = (12, 14, 9)
AFFINE = np.diag([-1.0, 2, 3, 1])
VALUES = np.random.default_rng(0).normal(100, 20, SHAPE)
LESION = np.zeros(SHAPE, np.uint8)
LESION[3:8, 4:9, 2:6] = 1


def read(data: bytes) -> object:
    """Read a file as an image, inside gzip where it is not yet, and as the mask of a good image."""
    with tempfile.TemporaryDirectory(prefix="fuzz_nifti_") as folder:
        good, one = Path(folder) / "good.nii", Path(folder) / "one.nii.gz"
        good.write_bytes(seeds()["floats"])
        one.write_bytes(data)
        try:
            NiftiFile(good, one).read("row 2")
        except DatasetError:
            if data[:2] != b"\x1f\x8b":
                one.write_bytes(gzip.compress(data, 1))
        return NiftiFile(one).read("row 2")


@cache
def seeds() -> dict[str, bytes]:
    """Return valid files by name."""
    scaled = nibabel.Nifti1Image(VALUES.astype(np.int16), AFFINE)
    scaled.header.set_slope_inter(0.5, -3)
    scaled.set_qform(AFFINE, 1)
    plain = {
        "floats": nibabel.Nifti1Image(VALUES.astype(np.float32), AFFINE),
        "scaled": scaled,
        "second": nibabel.Nifti2Image(VALUES.astype(np.uint8), AFFINE),
        "no form": nibabel.Nifti1Image(VALUES[..., None], None),
        "colours": nibabel.Nifti1Image(np.zeros(SHAPE, [(c, "u1") for c in "RGB"]), AFFINE),
        "mask": nibabel.Nifti1Image(LESION, AFFINE),
        "mask with noise": nibabel.Nifti1Image(LESION * 1.00000006, AFFINE),
    }
    found = {name: image.to_bytes() for name, image in plain.items()}
    return found | {f"{name} in gzip": gzip.compress(data, 1) for name, data in found.items()}
