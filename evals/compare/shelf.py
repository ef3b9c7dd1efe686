"""What is kept between comparisons, by what it depends on: views of images, and predictions of draws.

A comparison that was cut off goes on where it was; one with a row more computes that row alone.
"""

import hashlib
import json
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.decoding.waves import Images
from scafe.evals.data.features import library_versions, write_atomically
from scafe.evals.peers.peer import Rows, View
from scafe.knowledge.contract.errors import IntegrityError

CHUNK = 32
"""Images between two writes: what a kill can lose."""
Told = Callable[[int], None]


@dataclass(frozen=True)
class Shelf:
    """A folder of views and cells; readable by the owner alone."""

    folder: Path

    def view(self, view: View, keys: Sequence[str], images: Images, tell: Told) -> Path:
        """Compute what is missing of a view, and return the file that holds it."""
        path = self.view_path(view)
        held, rows, spent = _read_view(path)
        places = {key: place for place, key in enumerate(keys)}
        missing = sorted(set(keys) - set(held))
        step = int(getattr(view, "chunk", CHUNK))
        for start in range(0, len(missing), step):
            part, started = missing[start : start + step], _processor_seconds()
            found = view.rows(_Chosen(images, [places[key] for key in part]), part)
            spent += _processor_seconds() - started
            rows = found if not held else np.concatenate([rows, _same_width(found, rows, view)])
            held = [*held, *part]
            self._write_view(path, held, rows, spent)
            tell(len(part))
        return path

    def view_path(self, view: View) -> Path:
        """Return where a view is kept."""
        return self.folder / "views" / f"{_digest(view.key, library_versions(), _code(view))}.npz"

    def cell(self, identity: str) -> dict[str, Any] | None:
        """Return what one row said in one draw; None if it was not asked yet."""
        try:
            found: dict[str, Any] = json.loads((self.folder / "cells" / f"{identity}.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):  # a damaged disk: compute it again
            return None
        return found

    def keep_cell(self, identity: str, cell: dict[str, Any]) -> None:
        """Keep what one row said in one draw."""
        place = self.folder / "cells"
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(place / f"{identity}.json", json.dumps(cell, separators=(",", ":")).encode())

    def view_seconds(self, view: View) -> float:
        """Return the processor seconds that a view's images took, processes of the sandbox included."""
        return _read_view(self.view_path(view))[2]

    def _write_view(self, path: Path, held: Sequence[str], rows: Rows, spent: float) -> None:
        import io

        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = io.BytesIO()
        np.savez(kept, keys=np.array(held), rows=rows, processor_seconds=spent)
        write_atomically(path, kept.getvalue())


def read_rows(path: Path, keys: Sequence[str]) -> Rows:
    """Return a kept view's rows in the order of the images.

    Raises
    ------
    IntegrityError
        An image is not in it.
    """
    held, rows, _ = _read_view(path)
    places = {key: place for place, key in enumerate(held)}
    if lacking := next((key for key in keys if key not in places), None):
        raise IntegrityError(f"{path} has no row for image {lacking[:12]}; remove the file and start again")
    return rows[[places[key] for key in keys]]


def code_digest(*things: object) -> str:
    """Hash the files that define things and their parts: another version of a peer is another row."""
    files = {file for one in things for file in _files_of(one)}
    return _digest(*(Path(file).read_text(encoding="utf-8") for file in sorted(files)))


def _files_of(thing: object) -> set[str]:
    import inspect

    found = {inspect.getsourcefile(type(thing)) or ""} if type(thing).__module__ != "builtins" else set()
    parts = [getattr(thing, one.name) for one in fields(thing)] if is_dataclass(thing) else []
    nested = [part for part in parts if hasattr(part, "fit") or hasattr(part, "rows")]
    return found.union(*(_files_of(part) for part in nested)) - {""}


@dataclass(frozen=True)
class _Chosen:
    images: Images
    places: Sequence[int]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, place: int) -> Any:
        return self.images[self.places[place]]


def _read_view(path: Path) -> tuple[list[str], NDArray[np.float64], float]:
    try:
        with np.load(path, allow_pickle=False) as held:
            spent = float(held["processor_seconds"]) if "processor_seconds" in held else 0.0
            rows = np.asarray(held["rows"], dtype=np.float64)
            return [str(key) for key in held["keys"]], rows, spent
    except FileNotFoundError:
        return [], np.zeros((0, 0)), 0.0


def _processor_seconds() -> float:
    """Return what this process and those it waited for have used."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def _same_width(found: Rows, rows: Rows, view: View) -> Rows:
    if found.shape[1] == rows.shape[1] or not found.shape[1]:
        return found if found.shape[1] else np.full((len(found), rows.shape[1]), np.nan)
    raise IntegrityError(
        f"view {view.key!r} gave {found.shape[1]} numbers an image, and {rows.shape[1]} before"
    )


def _code(view: View) -> str:
    return code_digest(view)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
