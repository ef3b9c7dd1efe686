"""Volumes with one lesion, as NIfTI."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from scafe.evals.data.nifti import NiftiFile
from scafe.evals.data.rules.reading import Reading
from scafe.evals.data.sources import Decoded

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
