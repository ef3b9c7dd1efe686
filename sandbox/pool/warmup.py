"""Load every library that an extractor may reach, so that no file is opened once the jail is shut."""

import importlib
import sys
import warnings

import cv2
import numpy as np

from scafe.sandbox.language.facades import facades
from scafe.sandbox.language.members import LIBRARIES, MEMBERS
from scafe.sandbox.pool import cell
from scafe.sandbox.pool.extraction import ImageAndMask
from scafe.sandbox.pool.regions import seat
from scafe.sandbox.system.fingerprint import Fingerprint

PRELOAD = (
    "scafe.sandbox.pool.together.seat",
    "numpy.ma",
    "numpy._core._methods",
    "numpy._core._dtype",
    "numpy._core._internal",
    "numpy.random._generator",
    "scipy.sparse.csgraph",
    "scipy.sparse.linalg",
    "scipy.spatial.transform",
    "skimage.filters.rank",
    "skimage.filters._window",
    "skimage.util._remap",
    "encodings.idna",
    "encodings.unicode_escape",
    "unicodedata",
)
"""Modules that allowed functions import inside their bodies, found by running them in the jail."""

EXERCISE = """
import numpy as np
import cv2
import toolkit as tk
from scipy import ndimage, stats
from skimage import color, exposure, feature, filters, measure, morphology, segmentation, transform, util

CRITERION = "warm_up"
FEATURES = {"sum": {"unit": "ratio", "range": [0, 1], "direction": "either", "meaning": "nothing"}}


def extract(image, mask):
    grey = color.rgb2gray(image)
    lab = color.rgb2lab(image)
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    regions = measure.regionprops(measure.label(mask), intensity_image=grey)
    total = sum(r.area + r.eccentricity + r.solidity + r.perimeter + r.mean_intensity for r in regions)
    pattern = feature.local_binary_pattern((grey * 255).astype(np.uint8), 8, 1, method="uniform")
    levels = (grey * 15).astype(np.uint8)
    matrix = feature.graycomatrix(levels, [1], [0.0], levels=16, symmetric=True, normed=True)
    total += feature.graycoprops(matrix, "contrast")[0, 0] + float(pattern.mean() + hsv.mean())
    total += filters.sobel(grey).mean() + filters.threshold_otsu(grey) + filters.gaussian(grey, 2).mean()
    total += ndimage.distance_transform_edt(mask).max() + ndimage.gaussian_filter(grey, 2).std()
    total += stats.skew(grey.ravel()) + stats.entropy(np.histogram(grey, 16)[0] + 1)
    total += morphology.opening(grey, morphology.disk(2)).mean() + exposure.equalize_adapthist(grey).mean()
    total += segmentation.slic(image, n_segments=8, start_label=1).max() + np.median(lab[mask])
    total += transform.resize(grey, (16, 16)).mean() + util.img_as_float(image).mean()
    total += tk.robust(tk.ridges(tk.grey(image), 0.05))["median"] + tk.contour(mask)["roughness"]
    total += tk.symmetry(tk.grey(image), mask)["shape"] + tk.colour_clusters(image, mask)["shares"].sum()
    total += tk.share(tk.hair_mask(image)) + tk.share(tk.snake(tk.grey(image), mask))
    total += np.linalg.norm(np.cov(lab[mask].T)) + abs(np.fft.fft2(grey)).mean()
    with np.errstate(all="ignore"):
        total += float(np.nan_to_num(np.array([1.0]) / 0.0, posinf=0.0)[0])
    return {"sum": float(total)}
"""

LOCATE = 'LOCATOR = "warm_up"\n\n\ndef locate(image):\n    return image[:, :, 0] > 9, 0.5\n'


def warm_up() -> None:
    """Import, touch every allowed name, and run one extractor that uses the common ones."""
    warnings.simplefilter("ignore")
    cv2.setNumThreads(1)
    for name in PRELOAD:
        importlib.import_module(name)
    facades()
    loaded = cell.load_extractor(EXERCISE)
    rows, columns = np.mgrid[:48, :48]
    mask = (rows - 24) ** 2 + (columns - 20) ** 2 < 200
    image = np.stack([rows * 5, columns * 4, rows + columns], axis=2).astype(np.uint8)
    measured = cell.measure(loaded, ImageAndMask(image, mask))
    found = seat.located(seat.load_locator(LOCATE), ImageAndMask(image, mask))
    if isinstance(measured, cell.Failure) or isinstance(found, cell.Failure):
        raise RuntimeError(f"the sandbox's own warm-up failed: {getattr(measured, 'message', found)}")


def fingerprint() -> Fingerprint:
    """Take what builtins and libraries hold now: every module that an extractor can name, and `sys`."""
    behind = [name for name in sys.modules if name.startswith(tuple(LIBRARIES.values()))]
    return Fingerprint((*MEMBERS, *behind, "sys"))
