"""What frozen extractors give on phantoms: fingerprints to verify them by, curves to read them by.

A fingerprint names its phantom by seed and dials, for people; its pixels are kept in the bundle.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.evals.frozen.records import Curve, Fingerprint
from scafe.knowledge.phantoms import Phantom, load_phantom
from scafe.sandbox.pool.pool import Extraction, ImageAndMask, Pool
from scafe.sandbox.pool.together.extracting import extract_together
from scafe.sandbox.probes.agreement import spearman
from scafe.sandbox.probes.panel import build_panel

N_FINGERPRINTS = 6
SIZE_PX = 128
CURVE_SETTINGS = 2
"""Scenes behind a response curve: half of the probes' four, which keeps freezing to seconds."""


@dataclass(frozen=True)
class Fingerprinted:
    """Fingerprints, and the images they were taken on."""

    fingerprints: tuple[Fingerprint, ...]
    images: tuple[ImageAndMask, ...]


def render(phantom: Phantom, fingerprint: Fingerprint) -> ImageAndMask:
    """Draw the phantom that a fingerprint names, as this version of the generator draws it."""
    drawn = phantom.render(fingerprint.seed, fingerprint.dials, size=fingerprint.size)
    return ImageAndMask(drawn.image, drawn.mask)


def image_sha256(one: ImageAndMask) -> str:
    """Hash shape, pixels and mask of one image."""
    digest = hashlib.sha256(repr((one.image.shape, str(one.image.dtype))).encode())
    digest.update(np.ascontiguousarray(one.image).tobytes())
    digest.update(np.packbits(one.mask).tobytes())
    return digest.hexdigest()


def why_unusable(extraction: Extraction, names: Iterable[str]) -> str | None:
    """Say why an extractor gives nothing of what a bundle promises; None if it gives every feature.

    A single image that it cannot measure is data; an extractor that the wall refuses, or that declares other
    features, is none of the bundle's.
    """
    missing = sorted(set(names) - set(extraction.names))
    fault = next((one for one in extraction.faults if one is not None), None)
    if fault is not None and (fault.kind == "refused" or missing):
        told = f": {fault.message}" if fault.message else ""
        return f"it does not run here ({fault.kind}{told})"
    return f"it does not declare {missing[0]}" if missing else None


def measure_columns(
    pool: Pool,
    sources: dict[str, str],
    columns: Sequence[tuple[str, str]],
    images: Sequence[ImageAndMask],
) -> NDArray[np.float64]:
    """Run the extractors over the images, in one pass, and put their features in the order of `columns`.

    Parameters
    ----------
    sources : dict
        SHA-256 -> source.
    columns : sequence of (SHA-256, feature name)
        The wanted columns.

    Returns
    -------
    (n_images, n_columns) float array
        NaN where a feature could not be measured or its extractor failed.
    """
    found: dict[tuple[str, str], NDArray[np.float64]] = {}
    wanted = list(dict.fromkeys(extractor for extractor, _ in columns))
    together = extract_together(pool, [sources[sha256] for sha256 in wanted], images)
    for sha256, extraction in zip(wanted, together, strict=True):
        for place, name in enumerate(extraction.names):
            found[sha256, name] = extraction.rows[:, place]
    nothing = np.full(len(images), np.nan)
    return np.column_stack([found.get(column, nothing) for column in columns])


def take_fingerprints(
    pool: Pool, kind: str, sources: dict[str, str], columns: dict[str, tuple[str, str]]
) -> Fingerprinted:
    """Measure every column on the fingerprint phantoms.

    Parameters
    ----------
    columns : dict
        Column -> (SHA-256 of its extractor, feature name).
    """
    phantom = load_phantom(kind)
    named = [_named_phantom(phantom, number) for number in range(N_FINGERPRINTS)]
    images = [render(phantom, one) for one in named]
    rows = measure_columns(pool, sources, list(columns.values()), images)
    fingerprints = [
        one.model_copy(update={"image_sha256": image_sha256(image), "values": _named(columns, row)})
        for one, image, row in zip(named, images, rows, strict=True)
    ]
    return Fingerprinted(tuple(fingerprints), tuple(images))


def response_curves(
    pool: Pool, kind: str, sources: dict[str, str], columns: dict[str, tuple[str, str]], seed: int
) -> dict[str, tuple[Curve, ...]]:
    """Turn each dial of the phantom from low to high and follow every column.

    Parameters
    ----------
    seed : int
        Of the probes' panel, which is rendered once in a process.
    """
    panel = build_panel(kind, seed)
    units = {dial.name: dial.unit for dial in load_phantom(kind).dials}
    wheres = {sweep.name: sweep.where[:CURVE_SETTINGS] for sweep in panel.dials}
    order = list(dict.fromkeys(int(index) for where in wheres.values() for index in where.ravel()))
    rows = measure_columns(pool, sources, list(columns.values()), [panel.images[index] for index in order])
    place = {index: number for number, index in enumerate(order)}
    curves: dict[str, tuple[Curve, ...]] = {}
    for number, column in enumerate(columns):
        values = {
            name: np.vectorize(lambda index, number=number: rows[place[int(index)], number])(where)
            for name, where in wheres.items()
        }
        curves[column] = tuple(
            _curve(sweep.name, units[sweep.name], sweep.levels, values[sweep.name]) for sweep in panel.dials
        )
    return curves


def as_number(value: float) -> float | None:
    """Return a finite number, or None, which JSON can hold."""
    return float(value) if np.isfinite(value) else None


def _named_phantom(phantom: Phantom, number: int) -> Fingerprint:
    rng = np.random.default_rng([2606, number])
    # Three decimals: the manifest then shows exactly what was rendered.
    dials = {dial.name: round(float(rng.uniform(dial.low, dial.high)), 3) for dial in phantom.dials}
    seed = int(rng.integers(2**31))
    return Fingerprint(seed=seed, dials=dials, size=SIZE_PX, image_sha256="", values={})


def _named(columns: dict[str, tuple[str, str]], row: NDArray[np.float64]) -> dict[str, float | None]:
    return {column: as_number(value) for column, value in zip(columns, row, strict=True)}


def _curve(dial: str, unit: str, levels: NDArray[np.float64], values: NDArray[np.float64]) -> Curve:
    """Fold (n_settings, n_levels) values into one curve and the median of its settings' correlations."""
    rhos = [spearman(levels, setting) for setting in values]
    measured = np.isfinite(values).sum(axis=0) > 0
    medians = [
        float(np.nanmedian(values[:, level])) if measured[level] else None for level in range(len(levels))
    ]
    return Curve(
        dial=dial,
        unit=unit,
        levels=tuple(round(float(level), 6) for level in levels),
        values=tuple(medians),
        spearman=round(float(np.median(rhos)), 3),
    )
