"""Check a bundle on another machine: every file's hash, and every feature again on the bundle's phantoms.

Verified is said of what was compared: a feature whose extractor is refused here, or that was measured on no
phantom, was not, and is a fault.
"""

import math
import time
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.frozen.bundle import Bundle, open_bundle
from scafe.evals.frozen.fingerprints import why_unusable
from scafe.evals.frozen.records import Fingerprint
from scafe.evals.scoring.cases import Rows
from scafe.knowledge.contract.errors import IntegrityError
from scafe.sandbox.pool.pool import Extraction, Pool

NUMERIC = frozenset({"numpy", "opencv-python-headless", "scikit-image", "scipy"})
"""Distributions whose other version may round otherwise; ScaFE's own may not."""
MOST_SECONDS: Final = 600
"""After which no further extractor is begun; fifteen take some seconds."""
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
    faults: tuple[str, ...] = Field(default=(), description="what could not be compared, one sentence each")
    differences: tuple[Difference, ...] = Field(description="past tolerance, largest first")
    largest: float = Field(description="largest relative difference of all, within tolerance or not")
    tolerance: float = Field(description="largest relative difference that is no finding")
    companion: str = Field(
        default="",
        exclude_if=lambda value: not value,
        description="what is fused with the features",
    )
    versions: dict[str, tuple[str, str]] = Field(
        description="distribution -> (frozen with, here), if not equal"
    )

    @property
    def is_good(self) -> bool:
        """Whether every feature was compared and agrees within tolerance."""
        return not self.differences and not self.faults

    def sentences(self) -> tuple[str, ...]:
        """Say it in words: what was found, the faults, the differences, largest first, then the versions."""
        head = "verified" if self.is_good else "NOT VERIFIED"
        found = [
            f"{head}: {self.files} files, {self.features} features on {self.phantoms} phantoms, largest "
            f"relative difference {self.largest:.1g} (tolerance {self.tolerance:g})"
        ]
        found += [f"  {self.companion}"] if self.companion else []
        found += [f"  {fault}" for fault in self.faults]
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
        A file is not what was frozen, or parts of the bundle contradict one another (named); its extractors
        import a toolkit that is not the installed one.
    """
    return verify_opened(open_bundle(folder), pool)


def verify_opened(bundle: Bundle, pool: Pool) -> Verification:
    """Do the same with a bundle that is open."""
    bundle.require_toolkit()
    manifest, images = bundle.manifest, bundle.phantoms
    _require_readable(bundle)
    rows, faults = _measured(bundle, pool)
    found = [
        _difference(manifest.fingerprints, column, phantom, float(rows[phantom, place]))
        for place, column in enumerate(manifest.columns)
        for phantom in range(len(images))
    ]
    versions = bundle.changed_versions
    tolerance = manifest.tolerance_other_libraries if versions.keys() & NUMERIC else manifest.tolerance
    past = [one for one in found if not one.relative <= tolerance]
    return Verification(
        bundle=bundle.sha256,
        files=len(manifest.files) + 1,
        features=len(manifest.columns),
        phantoms=len(images),
        faults=faults,
        differences=tuple(sorted(past, key=lambda one: (-one.relative, one.column, one.phantom))),
        largest=max(one.relative for one in found),
        tolerance=tolerance,
        companion=_beside(bundle),
        versions=versions,
    )


def _beside(bundle: Bundle) -> str:
    kept = bundle.manifest.companion
    if kept is None:
        return ""
    absent = f"; its file {kept.note.file} is not in the bundle and was not run" if kept.note.sha256 else ""
    return f"companion: {kept.note.title}; the fused classifier was read{absent}"


def _require_readable(bundle: Bundle) -> None:
    """Read what no feature needs: an unreadable classifier is a fault of the bundle too."""
    classifier = bundle.classifier
    chances = classifier.probabilities(np.full((1, len(bundle.manifest.columns)), np.nan))
    if (kept := bundle.manifest.companion) is not None:
        medians = np.full((1, len(bundle.manifest.columns) + kept.numbers), np.nan)
        chances = np.hstack([chances, bundle.fused.probabilities(medians)])
    if bundle.manifest.ensemble is not None:
        medians = np.full((1, len(bundle.manifest.columns)), np.nan)
        chances = np.hstack([chances, bundle.forest.probabilities(medians)])
    if not np.isfinite(chances).all() or not bundle.responses.curves:
        raise IntegrityError(f"{bundle.folder}: the classifier gives {chances.tolist()} for medians")


def _measured(bundle: Bundle, pool: Pool) -> tuple[Rows, tuple[str, ...]]:
    """Measure every column on the phantoms; NaN and one sentence where that cannot be."""
    images, columns = bundle.phantoms, bundle.manifest.columns
    rows = np.full((len(images), len(columns)), np.nan)
    faults = []
    began = time.monotonic()
    for sha256 in bundle.extractors:
        if time.monotonic() - began > MOST_SECONDS:
            faults.append(f"{bundle.where(sha256)} and what follows: not run, {MOST_SECONDS} s were over")
            break
        extraction = pool.extract(bundle.source(sha256), images, talkative=True)
        why = why_unusable(extraction, bundle.names(sha256)) or _ended(extraction)
        if why is not None:
            faults.append(f"{bundle.where(sha256)}: {why}")
            continue
        for place, feature in enumerate(bundle.manifest.features):
            if feature.extractor == sha256:
                rows[:, place] = extraction.rows[:, extraction.names.index(feature.name)]
    never = [column for column, row in zip(columns, rows.T, strict=True) if np.isnan(row).all()]
    faults += [f"{column} was measured on no phantom here, so nothing was compared" for column in never]
    return rows, tuple(faults)


def _ended(extraction: Extraction) -> str | None:
    """Say on which phantom the machine ended an extractor: the value is unknown, not missing."""
    for number, fault in enumerate(extraction.faults):
        if fault is not None and fault.kind in ("timeout", "memory", "killed"):
            return f"it was ended on phantom {number} ({fault.kind})"
    return None


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
