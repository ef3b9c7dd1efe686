"""Check a bundle on another machine: every file's hash, and every feature again on the bundle's phantoms."""

import math
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.frozen.bundle import open_bundle
from scafe.evals.frozen.fingerprints import measure_columns
from scafe.evals.frozen.records import Fingerprint
from scafe.sandbox.pool.pool import Pool

NUMERIC = frozenset({"numpy", "opencv-python-headless", "scikit-image", "scipy"})
"""Distributions whose other version may round otherwise; ScaFE's own may not."""
TOLD = 10
"""Differences put into words, the largest; a changed library can bring hundreds."""


class Difference(BaseModel):
    """One feature that gives another value here than where it was frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    phantom: int = Field(description="number of the fingerprint, from 0")
    frozen: float | None
    here: float | None
    relative: float = Field(description="|here - frozen| over the larger of |frozen| and the column's scale")


class Verification(BaseModel):
    """What a second look found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bundle: str = Field(description="hash of the manifest")
    files: int = Field(description="files whose hash is right")
    features: int
    phantoms: int
    differences: tuple[Difference, ...] = Field(description="past tolerance, largest first")
    largest: float = Field(description="largest relative difference of all, within tolerance or not")
    tolerance: float = Field(description="largest relative difference that is no finding")
    versions: dict[str, tuple[str, str]] = Field(
        description="distribution -> (frozen with, here), if not equal"
    )

    @property
    def is_good(self) -> bool:
        """Whether every feature agrees within tolerance."""
        return not self.differences

    def sentences(self) -> tuple[str, ...]:
        """Say it in words: what was found, then the differences, the largest first, then the versions."""
        head = "verified" if self.is_good else "NOT VERIFIED"
        found = [
            f"{head}: {self.files} files, {self.features} features on {self.phantoms} phantoms, largest "
            f"relative difference {self.largest:.1g} (tolerance {self.tolerance:g})"
        ]
        found += [
            f"  {one.column} differs by {one.relative:.2g} (relative) on phantom {one.phantom}: "
            f"{_text(one.frozen)} frozen, {_text(one.here)} here"
            for one in self.differences[:TOLD]
        ]
        more = len(self.differences) - TOLD
        found += [f"  and {more} more; --json lists all"] if more > 0 else []
        changed = sorted(self.versions.items())
        return (*found, *(f"  {name} is {here} here, was {then}" for name, (then, here) in changed))


def verify_bundle(folder: str | Path, pool: Pool) -> Verification:
    """Check the hash of every file, then run every extractor again on the fingerprint phantoms.

    Parameters
    ----------
    folder : str or Path
        The bundle.
    pool : Pool
        The sandbox, open.

    Returns
    -------
    Verification
        A feature that differs is a finding, never an exception.

    Raises
    ------
    IntegrityError
        A file is not what was frozen (named).
    """
    bundle = open_bundle(folder)
    manifest = bundle.manifest
    images = bundle.phantoms
    sources = {sha256: bundle.source(sha256) for sha256 in bundle.extractors}
    columns = [(feature.extractor, feature.name) for feature in manifest.features]
    rows = measure_columns(pool, sources, columns, images)
    found = [
        _difference(manifest.fingerprints, column, phantom, float(rows[phantom, place]))
        for place, column in enumerate(manifest.columns)
        for phantom in range(len(images))
    ]
    versions = bundle.changed_versions
    tolerance = manifest.tolerance_other_libraries if versions.keys() & NUMERIC else manifest.tolerance
    past = [one for one in found if one.relative > tolerance]
    return Verification(
        bundle=bundle.sha256,
        files=len(manifest.files) + 1,
        features=len(columns),
        phantoms=len(images),
        differences=tuple(sorted(past, key=lambda one: (-one.relative, one.column, one.phantom))),
        largest=max(one.relative for one in found),
        tolerance=tolerance,
        versions=versions,
    )


def _difference(fingerprints: tuple[Fingerprint, ...], column: str, phantom: int, here: float) -> Difference:
    frozen = fingerprints[phantom].values[column]
    # Relative to the column's own scale: a value of 1e-17 instead of 0 is no difference.
    scale = max(
        (abs(value) for one in fingerprints if (value := one.values[column]) is not None), default=1.0
    )
    measured = None if math.isnan(here) else here
    return Difference(
        column=column,
        phantom=phantom,
        frozen=frozen,
        here=measured,
        relative=_relative(frozen, measured, scale),
    )


def _relative(frozen: float | None, here: float | None, scale: float) -> float:
    if frozen is None or here is None:
        return 0.0 if frozen is here else 1.0
    return abs(here - frozen) / (scale or 1.0)


def _text(value: float | None) -> str:
    return "missing" if value is None else f"{value:.8g}"
