"""nibabel's test data: the middle axial slice of every NIfTI file against `get_fdata` on canonical axes.

What of those folders is no NIfTI (MINC, PAR/REC, GIFTI, tractograms …) is counted as refused by both.
"""

from pathlib import Path

import nibabel
import numpy as np

from benchmarks.conformance.cases import Case
from scafe.evals.data.nifti import NiftiFile
from scafe.evals.data.rules.intensity import grey_levels, window_of

NO_DATA = (".py", ".m", ".rst", ".pyc", ".gitignore")


def cases() -> list[Case]:
    """Return one case for each file of nibabel's test folders."""
    root = Path(nibabel.__file__).parent
    files = (one for one in sorted(root.rglob("tests/data/**/*")) if one.is_file())
    return [_case(one) for one in files if not one.name.endswith(NO_DATA)]


def _case(file: Path) -> Case:
    return Case(
        file.name, lambda: NiftiFile(file).read(file.name).pair.image, lambda: _reference(file), expected=""
    )


def _reference(file: Path) -> np.ndarray:
    """Return the slice of `get_fdata` through the window, resampled if its sides differ."""
    image = nibabel.squeeze_image(nibabel.as_closest_canonical(nibabel.load(file)))
    if not isinstance(image, nibabel.Nifti1Image | nibabel.Nifti2Image) or image.ndim != 3:
        raise ValueError("no NIfTI volume of three dimensions")
    plane = image.get_fdata()[:, :, image.shape[2] // 2]
    if not np.allclose(*image.header.get_zooms()[:2], rtol=0.01):
        raise ValueError("its pixels are not square; the tests hold how they are resampled")
    grey = np.rot90(grey_levels(plane, window_of(plane, None, "mask@2")))
    return np.repeat(grey[..., None], 3, axis=2)
