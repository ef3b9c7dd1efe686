"""Radiomics: first-order, texture and shape features of the mask by pyradiomics, then ridge.

pyradiomics is in no extra that installs by itself: its source distribution does not build in isolation.
`benchmarks/radiomics.sh` holds the recipe that does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from scafe.evals.peers.peer import (
    Card,
    Fitted,
    Images,
    Rows,
    Setting,
    Train,
    UnavailableError,
    View,
    Weights,
    per_image,
)
from scafe.evals.peers.penalised import fit_ridge
from scafe.sandbox.pool.pool import ImageAndMask

INSTALL = (
    "pip install 'numpy<3' 'setuptools<81' wheel versioneer cython SimpleITK PyWavelets pykwalify six && "
    "pip install --no-build-isolation --no-deps pyradiomics (benchmarks/radiomics.sh)"
)
BINS = 32
MIN_PX = 16


@dataclass(frozen=True)
class Radiomics:
    """View of the masked region in grey, 2D, 32 grey levels."""

    key: str = f"radiomics@1 force2D bins {BINS}"

    def rows(self, images: Images, keys: Sequence[str]) -> Rows:
        """Return one row an image; NaN where the mask has fewer than 16 pixels."""
        extractor = _extractor()
        return per_image(lambda one: _described(one, extractor), images)


@dataclass(frozen=True)
class RadiomicsPeer:
    """The ridge on radiomics.

    References
    ----------
    .. [1] van Griethuysen et al. (2017), Computational Radiomics System to Decode the Radiographic Phenotype,
       Cancer Research 77(21), e104-e107, doi:10.1158/0008-5472.CAN-17-0339.
    .. [2] Zwanenburg et al. (2020), The Image Biomarker Standardization Initiative, Radiology 295(2),
       328-338, doi:10.1148/radiol.2020191145.
    """

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        source = "van Griethuysen 2017, doi:10.1158/0008-5472.CAN-17-0339"
        title = "Radiomics (pyradiomics, 2D) → ridge, inside the mask"
        return Card("radiomics", title, "classical", source, weights=Weights("trained here"))

    def views(self, setting: Setting) -> Sequence[View]:
        """Return the view, where there is a mask and the package."""
        if not setting.has_masks:
            raise UnavailableError("radiomics are measured inside a mask, and this data has none")
        if find_spec("radiomics") is None:
            raise UnavailableError(f"pyradiomics is not installed: {INSTALL}")
        return (Radiomics(),)

    def fit(self, train: Train) -> Fitted:
        """Fit the ridge."""
        return fit_ridge(train, Radiomics().key)


def _extractor() -> Any:
    import logging

    from radiomics import featureextractor

    logging.getLogger("radiomics").setLevel(logging.ERROR)
    found = featureextractor.RadiomicsFeatureExtractor(binCount=BINS, force2D=True, label=1)
    found.disableAllFeatures()
    for family in ("firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm", "shape2D"):
        found.enableFeatureClassByName(family)
    return found


def _described(one: ImageAndMask, extractor: Any) -> Rows:
    import SimpleITK

    if int(one.mask.sum()) < MIN_PX:
        return np.empty(0)
    grey = SimpleITK.GetImageFromArray(one.image.mean(axis=2)[None])
    mask = SimpleITK.GetImageFromArray(one.mask.astype(np.uint8)[None])
    found = extractor.execute(grey, mask)
    names = sorted(name for name in found if not name.startswith("diagnostics"))
    return np.array([float(found[name]) for name in names])
