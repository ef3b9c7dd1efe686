"""A frozen set as a scikit-learn transformer: images in, one column per frozen feature out.

The extractors run in the sandbox, also here: a bundle is somebody else's code.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from scafe.evals.data.dataset import ImageFile
from scafe.evals.frozen.bundle import Bundle, open_bundle
from scafe.evals.frozen.filling import fill
from scafe.evals.frozen.fingerprints import image_sha256, why_unusable
from scafe.knowledge.contract.errors import DatasetError, IntegrityError
from scafe.sandbox.pool.pool import ImageAndMask, Pool
from scafe.sandbox.pool.together.extracting import extract_together

KEPT_ROWS = 100_000
"""Rows kept in this process, so that a grid search extracts each image once."""
_kept: OrderedDict[str, NDArray[np.float64]] = OrderedDict()


class FrozenSet(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Measure the features of a bundle on images.

    Parameters
    ----------
    bundle : str or path
        Folder of the bundle, or the zip of one. Every file's hash is checked when it is opened.
    workers : int
        Sandbox cells that measure at the same time.
    allow_weaker : bool
        Run on a host whose sandbox is below tier B all the same.

    Notes
    -----
    Input is a sequence of images: each an `ImageAndMask`, an (image, mask) pair, an (H, W, C) uint8
    array, or the path of an image file. Without a mask the bundle's locator finds one, if it has a locator;
    else the whole image is measured. Sizes may differ.

    Examples
    --------
    >>> from scafe.evals import FrozenSet
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.linear_model import LogisticRegression
    >>> model = make_pipeline(FrozenSet("runs/demo/frozen"), LogisticRegression())
    """

    def __init__(self, bundle: str | Path = "", workers: int = 2, allow_weaker: bool = False) -> None:
        self.bundle = bundle
        self.workers = workers
        self.allow_weaker = allow_weaker

    def fit(self, X: Sequence[Any], y: object = None) -> Self:  # noqa: N803
        """Open the bundle; nothing is learned from the images."""
        self.features_ = self._open().manifest.columns
        return self

    def transform(self, X: Sequence[Any]) -> NDArray[np.float64]:  # noqa: N803
        """Measure every feature on every image.

        Returns
        -------
        (n_images, n_features) float array
            NaN where a feature could not be measured.

        Raises
        ------
        IntegrityError
            A file of the bundle is not what was frozen, or an extractor does not run here.
        DatasetError
            Something in `X` is not an image.
        SandboxError
            The sandbox cannot hold its walls here.
        """
        bundle = self._open()
        images = [as_image(one, place) for place, one in enumerate(X)]
        given = [has_mask(one) for one in X]
        keys = [_key(bundle, one, had) for one, had in zip(images, given, strict=True)]
        new = {key: place for place, key in enumerate(keys) if key not in _kept}
        if new:
            with Pool(self.workers, allow_weaker=self.allow_weaker) as pool:
                some = list(new.values())
                filled = fill(bundle, pool, [images[at] for at in some], [given[at] for at in some])
                rows = measure_bundle(bundle, pool, filled.images)
            _kept.update(zip(new, rows, strict=True))
        found = np.array([_kept[key] for key in keys]).reshape(len(keys), len(bundle.manifest.columns))
        while len(_kept) > KEPT_ROWS:
            _kept.popitem(last=False)
        return found

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return the names of the columns."""
        return np.array(self._open().manifest.columns, dtype=object)

    def __sklearn_tags__(self) -> Tags:
        """Say that input is images, and that nothing is fitted."""
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.requires_fit = False
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """Say that it always is: a frozen set learns nothing."""
        return True

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        """Refuse to be pickled, with the reason."""
        raise TypeError(
            "a FrozenSet is not pickled: a pickle runs code when it is loaded, and carries neither the "
            f"bundle nor its hashes. Keep the bundle folder and write FrozenSet({str(self.bundle)!r}) where "
            "it is needed; in a grid search use n_jobs=1 or joblib's threading backend"
        )

    def _open(self) -> Bundle:
        return open_bundle(self.bundle)


def measure_bundle(bundle: Bundle, pool: Pool, images: Sequence[ImageAndMask]) -> NDArray[np.float64]:
    """Run every extractor of a bundle over images of patients.

    Returns
    -------
    (n_images, n_features) float array
        NaN where a feature could not be measured on an image.

    Raises
    ------
    IntegrityError
        An extractor is refused by the wall here, or does not declare a feature of the bundle: no median may
        stand in for what was never measured.
    """
    bundle.require_toolkit()
    found: dict[tuple[str, str], NDArray[np.float64]] = {}
    sources = [bundle.source(sha256) for sha256 in bundle.extractors]
    for sha256, extraction in zip(bundle.extractors, extract_together(pool, sources, images), strict=True):
        if images and (why := why_unusable(extraction, bundle.names(sha256))):
            raise IntegrityError(f"{bundle.where(sha256)}: {why}; `scafe verify` says more")
        for place, name in enumerate(extraction.names):
            found[sha256, name] = extraction.rows[:, place]
    return np.column_stack([found[one.extractor, one.name] for one in bundle.manifest.features])


def as_image(one: Any, place: int) -> ImageAndMask:
    """Take one image in any of the forms that `FrozenSet` reads."""
    if isinstance(one, ImageAndMask):
        return one
    if isinstance(one, (str, Path)):
        return ImageFile(Path(one)).read(str(one)).pair
    image, mask = one if isinstance(one, tuple) and len(one) == 2 else (one, None)
    pixels = np.asarray(image)
    if pixels.ndim != 3 or pixels.dtype != np.uint8:
        raise DatasetError(
            f"X[{place}] is {type(one).__name__} of shape {pixels.shape} and type {pixels.dtype}; an image "
            "is an (H, W, C) uint8 array, an (image, mask) pair, an ImageAndMask, or a path of an image file"
        )
    whole = np.ones(pixels.shape[:2], bool) if mask is None else np.asarray(mask)
    if whole.shape != pixels.shape[:2] or whole.dtype != np.bool_:
        raise DatasetError(
            f"X[{place}]: its mask has shape {whole.shape} and type {whole.dtype}; "
            f"expected {pixels.shape[:2]}, bool"
        )
    return ImageAndMask(pixels, whole)


def has_mask(one: Any) -> bool:
    """Whether something that `as_image` takes comes with a mask."""
    return isinstance(one, ImageAndMask) or (isinstance(one, tuple) and len(one) == 2 and one[1] is not None)


def _key(bundle: Bundle, one: ImageAndMask, given: bool) -> str:
    return hashlib.sha256(f"{bundle.sha256} {image_sha256(one)} {given}".encode()).hexdigest()
