"""Values of extractors on images, computed in the sandbox once and kept by what they depend on.

A value depends on the source, the bytes of image and mask, the libraries and the toolkit; it is kept under
the hash of these and never leaves the folder of the bench.
"""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.decoding.waves import Images, Wave, waves
from scafe.evals.data.kept_rows import KeptRow, KeptRows
from scafe.evals.data.sources import digest
from scafe.knowledge.contract.errors import ContractError
from scafe.knowledge.contract.percent import PERCENT
from scafe.sandbox.language.toolkit_text import names_toolkit, toolkit_sha256
from scafe.sandbox.pool.pool import Extraction, Fault, Pool
from scafe.sandbox.pool.together.extracting import extract_together

LIBRARIES = ("numpy", "opencv-python-headless", "scafe", "scikit-image", "scipy")

MOST_ROWS = 60_000
"""Rows of all extractors that are held in memory; those of others are read again when they are asked for."""
MANY = 1_000
"""Images that take longer than starting the sandbox's second process again: it ends meanwhile, and its memory
(110 MB) is free for what is measured."""


@dataclass(frozen=True)
class Batch:
    """Rows of one extractor on some images, as they come."""

    names: tuple[str, ...]
    rows: tuple[KeptRow, ...]


class Elsewhere(Protocol):
    """What measures images where they lie: processes of this machine or of others."""

    def measured(self, source: str, keys: Sequence[str], images: Sequence[Any], /) -> Iterator[Batch]:
        """Return the rows of all images, some at a time, in any order."""
        ...


@runtime_checkable
class Located(Protocol):
    """Images that can say where they lie, instead of being loaded here."""

    def where(self, place: int, /) -> Any:
        """Say where one lies, in a plain record without a pixel; None: it has to be loaded here."""
        ...


@dataclass(frozen=True)
class FeatureTable:
    """Features of one extractor on some images."""

    names: tuple[str, ...]
    rows: NDArray[np.float64]
    """(n_images, n_features); NaN where not measurable or where the image has a fault."""
    faults: tuple[Fault | None, ...]
    """One per image."""

    def column(self, name: str) -> NDArray[np.float64]:
        """Return the values of one feature."""
        return np.asarray(self.rows[:, self.names.index(name)])


class FeatureStore:
    """Runs extractors through the sandbox and remembers every row in `folder`.

    Parameters
    ----------
    folder : Path
    pool : Pool
        Open sandbox.
    elsewhere : Elsewhere, optional
        Measures the images that lie on disk; others are measured in `pool`.
    """

    def __init__(self, folder: Path, pool: Pool, elsewhere: Elsewhere | None = None) -> None:
        self.folder = folder
        self.pool = pool
        self.elsewhere = elsewhere
        self._open: OrderedDict[str, KeptRows] = OrderedDict()

    def table(self, source: str, keys: Sequence[str], images: Images) -> FeatureTable:
        """Return one row per image; only images whose key is new are run.

        Images are loaded in waves of `WAVE_BYTES`; a wave's rows are on disk before the next one is loaded.

        Parameters
        ----------
        source : str
            The extractor.
        keys : sequence of str
            One per image: a hash of its bytes and of what was done to it.
        images : sequence of ImageAndMask
            Loaded when a row is missing.

        Raises
        ------
        SandboxError
            If the sandbox itself fails.
        DatasetError
            If an image cannot be read any more; what was computed before is kept.
        InputError
            If no room is left, or the rows were kept by another version.
        """
        return self.tables([source], keys, images)[0]

    def tables(self, sources: Sequence[str], keys: Sequence[str], images: Images) -> tuple[FeatureTable, ...]:
        """Do the same for several extractors, in one pass over the images that any of them lacks."""
        kept = {one: self._kept(digest(one.encode(), what_values_depend_on(one).encode())) for one in sources}
        for rows in kept.values():
            if any(key not in rows for key in keys):
                rows.refresh()
        if self.elsewhere is not None:
            for source, rows in kept.items():
                for batch in self._measured(source, keys, images, _lacked([rows], keys)):
                    rows.append(batch.names, batch.rows)
        lacked = _lacked(list(kept.values()), keys)
        if len(lacked) >= MANY:
            self.pool.rest()
        for wave in PERCENT.over(waves(images, lacked), len(lacked), len):
            self._fill(kept, keys, wave)
        found = [_table(kept[source], keys) for source in sources]
        self._close_old()
        return tuple(found)

    def _fill(self, kept: dict[str, KeptRows], keys: Sequence[str], wave: Wave) -> None:
        """Measure a wave by every extractor that lacks one of its rows."""
        lacking = [one for one, rows in kept.items() if any(keys[place] not in rows for place, _ in wave)]
        together = extract_together(self.pool, lacking, [image for _, image in wave])
        for source, found in zip(lacking, together, strict=True):
            batch = _batch(found, keys, wave)
            kept[source].append(batch.names, [row for row in batch.rows if row.key not in kept[source]])

    def _measured(
        self, source: str, keys: Sequence[str], images: Images, missing: Sequence[int]
    ) -> Iterator[Batch]:
        """Measure images elsewhere where that can be, the others here."""
        if self.elsewhere is not None and isinstance(images, Located):
            known = [(place, one) for place in missing if (one := images.where(place)) is not None]
            yield from self.elsewhere.measured(source, [keys[n] for n, _ in known], [one for _, one in known])
            told = {place for place, _ in known}
            missing = [place for place in missing if place not in told]
        for wave in waves(images, missing):
            yield batch_of(self.pool, source, keys, wave)

    def _kept(self, identity: str) -> KeptRows:
        if identity not in self._open:
            self._open[identity] = KeptRows(self.folder / f"{identity}.rows")
        self._open.move_to_end(identity)
        return self._open[identity]

    def _close_old(self) -> None:
        while len(self._open) > 1 and sum(map(len, self._open.values())) > MOST_ROWS:
            self._open.popitem(last=False)


def batch_of(pool: Pool, source: str, keys: Sequence[str], wave: Wave) -> Batch:
    """Measure a wave; `keys` has one for every place."""
    return _batch(pool.extract(source, [image for _, image in wave]), keys, wave)


def _batch(found: Extraction, keys: Sequence[str], wave: Wave) -> Batch:
    triples = zip(wave, found.rows.tolist(), found.faults, strict=True)
    return Batch(
        found.names, tuple(KeptRow(keys[place], tuple(row), fault) for (place, _), row, fault in triples)
    )


def _table(kept: KeptRows, keys: Sequence[str]) -> FeatureTable:
    return FeatureTable(kept.names, kept.rows(keys), tuple(kept.fault(key) for key in keys))


def _lacked(kept: Sequence[KeptRows], keys: Sequence[str]) -> list[int]:
    """Places of images that any extractor lacks.

    By their hash: waves in the order of the data set, a folder per class, would tell a cell the label.
    """
    lacked = (place for place, key in enumerate(keys) if any(key not in rows for rows in kept))
    return sorted(lacked, key=lambda place: keys[place])


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a kill leaves either the old or the new bytes, readable by the owner alone."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


@cache
def library_versions() -> str:
    """Name every library that can change a feature's value, with its version."""
    return ";".join(f"{name}={_version(name)}" for name in LIBRARIES)


def what_values_depend_on(source: str) -> str:
    """Name what else can change an extractor's values: the libraries, and the toolkit where it is named."""
    toolkit = f";toolkit={toolkit_sha256()}" if names_toolkit(source) else ""
    return library_versions() + toolkit


def source_sha256(source: str) -> str:
    """Return the identity of an extractor: SHA-256 of its UTF-8 source.

    Raises
    ------
    ContractError
        If the source holds half of a surrogate pair, which no UTF-8 file can.
    """
    try:
        return hashlib.sha256(source.encode()).hexdigest()
    except UnicodeEncodeError as error:
        line = source.count("\n", 0, error.start) + 1
        raise ContractError("a character that is no Unicode text; remove it", line) from None


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
