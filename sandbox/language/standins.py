"""Safer functions that stand behind a facade where the library's own would lead too far.

Each names what was found: uninitialised memory, a global random state, attribute access by string,
an option string that opens files, a type that forges objects.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import scipy.interpolate
import scipy.ndimage
import scipy.spatial
import skimage.measure
from numpy.typing import NDArray

from scafe.sandbox.language import policy
from scafe.sandbox.language.text import text_of, without_object_text, without_text
from scafe.sandbox.language.tokens import no_instance, token

REGION_NAMES = tuple(policy.ATTRIBUTES["regions"].split())


ArrayToken = token("np.ndarray", np.ndarray, no_instance("np.ndarray", "np.zeros(...)"))
"""np.ndarray(shape, 'O', buffer=…) forges object pointers, so only isinstance() knows this one."""

Text = token("str", str, text_of)
"""Stands for `str`: the same text, without addresses."""


class Region:
    """One region as skimage.measure.regionprops sees it, by the listed names only.

    The library's own object answers `region["__class__"]` with a class: its item access is getattr.
    """

    __slots__ = ("_Region__inner",)

    def __init__(self, inner: object) -> None:
        object.__setattr__(self, "_Region__inner", inner)

    def __getattr__(self, name: str) -> Any:
        """Read one property; reached only for names that the class itself lacks."""
        if name not in REGION_NAMES:
            raise AttributeError(f"a region has no .{name}")
        return getattr(object.__getattribute__(self, "_Region__inner"), name)

    def __getitem__(self, name: str) -> Any:
        """Read one property by its name."""
        if type(name) is not str or name not in REGION_NAMES:
            raise KeyError("a region has no such property")
        return getattr(self, name)


def regionprops(
    label_image: NDArray[Any], intensity_image: NDArray[Any] | None = None, **options: Any
) -> list[Region]:
    """Measure labelled regions; extra_properties is not offered."""
    if set(options) - {"cache", "spacing", "offset"}:
        raise TypeError("regionprops takes label_image, intensity_image, cache, spacing and offset here")
    measure: Any = skimage.measure
    return [Region(one) for one in measure.regionprops(label_image, intensity_image, **options)]


def regionprops_table(
    label_image: NDArray[Any],
    intensity_image: NDArray[Any] | None = None,
    properties: Sequence[str] = ("label", "bbox"),
    **options: Any,
) -> dict[str, NDArray[Any]]:
    """Measure labelled regions as columns; only listed properties."""
    wanted = [str(name) for name in properties]
    if set(options) - {"cache", "spacing", "separator"}:
        raise TypeError("regionprops_table takes no extra_properties here")
    if any(name not in REGION_NAMES for name in wanted):
        raise ValueError("regionprops_table: a property is not on the list of region attributes")
    measure: Any = skimage.measure
    table: dict[str, NDArray[Any]] = measure.regionprops_table(
        label_image, intensity_image, properties=wanted, **options
    )
    return table


def default_rng(seed: int) -> np.random.Generator:
    """Return a generator; the seed must be a plain integer, so that every run draws the same."""
    if type(seed) is not int:
        raise ValueError("default_rng needs an explicit integer seed, e.g. np.random.default_rng(0)")
    return np.random.default_rng(seed)


def zeros(shape: Any, dtype: Any = float, order: Any = "C", **options: Any) -> NDArray[Any]:
    """Stand in for np.empty, whose bytes differ from run to run."""
    return np.zeros(shape, dtype, order)


def zeros_like(prototype: Any, dtype: Any = None, **options: Any) -> NDArray[Any]:
    """Stand in for np.empty_like, whose bytes differ from run to run."""
    return np.zeros_like(prototype, dtype=dtype)


def resize(array: Any, new_shape: Any) -> NDArray[Any]:
    """Stand in for np.resize as a plain function."""
    return np.resize(array, new_shape)


def ndindex(*shape: Any) -> Iterator[tuple[int, ...]]:
    """Iterate over indices; the library's object carries an unsafe iterator."""
    return iter(list(np.ndindex(*shape)))


def ndenumerate(array: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Iterate over indices and values."""
    return iter(list(np.ndenumerate(np.asarray(array))))


def vectorize(function: Callable[..., Any], otypes: Any = None, **options: Any) -> Callable[..., Any]:
    """Apply a function element by element; a plain function instead of an object with attributes."""
    vectorized = without_text(np.vectorize(function, otypes=otypes))

    def apply(*arrays: Any) -> Any:
        return vectorized(*arrays)

    return apply


def convex_hull(points: Any, incremental: bool = False) -> scipy.spatial.ConvexHull:
    """Stand in for ConvexHull: its option string reaches Qhull, whose 'TO file' opens files."""
    return scipy.spatial.ConvexHull(points)


def delaunay(points: Any, furthest_site: bool = False, incremental: bool = False) -> scipy.spatial.Delaunay:
    """Stand in for Delaunay: no option string for Qhull."""
    return scipy.spatial.Delaunay(points, furthest_site=bool(furthest_site))


def splev(x: Any, tck: Any, der: int = 0, ext: int = 0) -> Any:
    """Evaluate a spline; FITPACK trusts the knots and the degree it is given and reads past their end."""
    knots, curves, degree = np.array(tck[0], float), np.array(tck[1], float), tck[2]
    if not _is_spline(knots, np.atleast_2d(curves), degree):
        raise ValueError("splev: (knots, coefficients, degree) is no spline; give what splrep returned")
    return scipy.interpolate.splev(x, (knots, list(curves) if curves.ndim > 1 else curves, degree), der, ext)


def without_memory(function: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse task=1 of splrep and splprep: it goes on from the knots of the call before, on another image."""
    parameters = inspect.signature(function)

    def call(*values: Any, **options: Any) -> Any:
        if parameters.bind(*values, **options).arguments.get("task", 0) not in (0, -1):
            raise ValueError(f"{function.__name__} takes task=0 or task=-1 here")
        return function(*values, **options)

    return call


def _is_spline(knots: NDArray[np.float64], curves: NDArray[np.float64], degree: object) -> bool:
    if type(degree) is not int or not 1 <= degree <= 5 or knots.ndim != 1 or curves.ndim != 2:
        return False
    long_enough = knots.size >= 2 * degree + 2 and curves.shape[1] >= knots.size - degree - 1
    return long_enough and bool(np.isfinite(knots).all() and (np.diff(knots) >= 0).all())


def kmeans(
    data: Any, clusters: Any, labels: Any, criteria: Any, attempts: Any, flags: Any, *rest: Any
) -> Any:
    """Stand in for cv2.kmeans: OpenCV's random state outlives a call, so it is reset before each."""
    cv2.setRNGSeed(0)
    return cv2.kmeans(data, clusters, labels, criteria, attempts, flags, *rest)


def with_copies(function: Callable[..., Any]) -> Callable[..., Any]:
    """Call a function again with copies where its C code refuses the read-only image.

    Cython views without `const` (skimage.morphology.medial_axis) reject read-only arrays outright.
    """

    def call(*values: Any, **options: Any) -> Any:
        try:
            return function(*values, **options)
        except ValueError as error:
            if "read-only" not in str(error):
                raise
        own = {name: _own_copy(value) for name, value in options.items()}
        return function(*map(_own_copy, values), **own)

    return call


def _own_copy(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) and not value.flags.writeable else value


def of_instances(function: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a class where numpy reads an attribute of what it is given: `np.real(float)` is a descriptor."""

    def call(value: Any, *values: Any, **options: Any) -> Any:
        if isinstance(value, type):
            raise TypeError(f"np.{function.__name__} takes numbers, not a class")
        return function(value, *values, **options)

    return call


class AnyType:
    """Stand in for a typing construct: subscripting gives itself."""

    __slots__ = ()

    def __getitem__(self, key: object) -> "AnyType":
        """Accept every parameter."""
        return self


def _typing(names: Iterable[str]) -> dict[str, object]:
    return {f"typing.{name}": AnyType() for name in names}


INTO_TEXT = """array asarray ascontiguousarray asfortranarray full full_like concatenate stack hstack vstack
    dstack column_stack copyto put place putmask insert append pad fill_diagonal take choose compress select
    block"""
"""numpy's functions that turn what they are given into a text array, or write it into one."""

STANDINS: dict[str, object] = {
    **{f"numpy.{name}": without_object_text(getattr(np, name)) for name in INTO_TEXT.split()},
    **{f"numpy.{name}": without_text(getattr(np, name)) for name in ("apply_along_axis", "piecewise")},
    "scipy.ndimage.labeled_comprehension": without_text(scipy.ndimage.labeled_comprehension),
    "numpy.ndarray": ArrayToken,
    "numpy.empty": zeros,
    "numpy.empty_like": zeros_like,
    "numpy.resize": resize,
    **{
        f"numpy.{name}": of_instances(getattr(np, name)) for name in ("imag", "ndim", "real", "shape", "size")
    },
    "numpy.ndindex": ndindex,
    "numpy.ndenumerate": ndenumerate,
    "numpy.vectorize": vectorize,
    "numpy.random.default_rng": default_rng,
    "scipy.spatial.ConvexHull": convex_hull,
    "scipy.spatial.Delaunay": delaunay,
    "scipy.interpolate.splev": splev,
    "scipy.interpolate.splprep": without_memory(scipy.interpolate.splprep),
    "scipy.interpolate.splrep": without_memory(scipy.interpolate.splrep),
    "skimage.measure.regionprops": regionprops,
    "skimage.measure.regionprops_table": regionprops_table,
    "cv2.kmeans": kmeans,
    "__future__.annotations": None,
    **_typing(
        "Any Callable Dict Final Iterable Iterator List Mapping Optional Sequence Set Tuple Union".split()
    ),
}
