"""Values of extractors on images, computed in the sandbox once and kept by what they depend on.

A value depends on the source, the bytes of image and mask, the libraries and the toolkit; it is kept under
the hash of these and never leaves the folder of the bench.
"""

import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.sources import digest
from scafe.knowledge.contract.errors import ContractError
from scafe.sandbox.language.toolkit_text import names_toolkit, toolkit_sha256
from scafe.sandbox.pool.pool import Fault, ImageAndMask, Pool

LIBRARIES = ("numpy", "opencv-python-headless", "scafe", "scikit-image", "scipy")

CHUNK = 256
"""Images in memory at a time, and rows that a kill can lose."""


class Images(Protocol):
    """Images that may be loaded when they are asked for."""

    def __getitem__(self, place: int, /) -> ImageAndMask:
        """Return one image."""
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
    """Runs extractors through the sandbox and remembers every row in `folder`."""

    def __init__(self, folder: Path, pool: Pool) -> None:
        self.folder = folder
        self.pool = pool
        self._open: dict[str, dict[str, Any]] = {}

    def table(self, source: str, keys: Sequence[str], images: Images) -> FeatureTable:
        """Return one row per image; only images whose key is new are run.

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
        """
        identity = digest(source.encode(), what_values_depend_on(source).encode())
        shelf = self._shelf(identity)
        # by their hash: chunks in the order of the data set, a folder per class, would tell a cell the label
        missing = sorted((i for i, key in enumerate(keys) if key not in shelf["rows"]), key=lambda i: keys[i])
        for start in range(0, len(missing), CHUNK):
            self._run(source, shelf, [(keys[i], images[i]) for i in missing[start : start + CHUNK]])
            self._write(identity, shelf)
        return _as_table(shelf, keys)

    def _run(self, source: str, shelf: dict[str, Any], pairs: list[tuple[str, ImageAndMask]]) -> None:
        found = self.pool.extract(source, [image for _, image in pairs])
        shelf["names"] = list(found.names)
        for (key, _), row, fault in zip(pairs, found.rows, found.faults, strict=True):
            shelf["rows"][key] = [None if math.isnan(value) else float(value) for value in row]
            if fault is not None:
                shelf["faults"][key] = [fault.kind, fault.exception, fault.line, fault.message]

    def _shelf(self, identity: str) -> dict[str, Any]:
        if identity not in self._open:
            self._open[identity] = self._read(identity) or {"names": [], "rows": {}, "faults": {}}
        return self._open[identity]

    def _read(self, identity: str) -> dict[str, Any] | None:
        try:
            content: dict[str, Any] = json.loads((self.folder / f"{identity}.json").read_text())
        except FileNotFoundError:
            return None
        except json.JSONDecodeError:
            return None  # only a damaged disk leaves this, writes being atomic: compute again
        return content

    def _write(self, identity: str, shelf: dict[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self.folder / f"{identity}.json", json.dumps(shelf, separators=(",", ":")).encode())


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a kill leaves either the old or the new bytes, readable by the owner alone."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


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


def _as_table(shelf: dict[str, Any], keys: Sequence[str]) -> FeatureTable:
    names = tuple(shelf["names"])
    rows = np.full((len(keys), len(names)), np.nan)
    for index, key in enumerate(keys):
        rows[index] = [math.nan if value is None else value for value in shelf["rows"][key]]
    faults = tuple(Fault(*shelf["faults"][key]) if key in shelf["faults"] else None for key in keys)
    return FeatureTable(names, rows, faults)
