"""Panels kept on disk: rendering one takes 1.4 s of CPU time, most of what it takes to reject an extractor.

A panel is kept under a hash of all that it is made of: kind, seed, the code that renders and perturbs, the
libraries. Another version therefore looks elsewhere and finds nothing. A file is written whole beside its
name and then takes it, so any number of processes may do so at once; one that is not what it says it is, is
rendered anew.

The file: a line of JSON (SHA-256 of the rest, shapes, places), then the bytes of each image and mask.
"""

import hashlib
import inspect
import json
import os
import platform
import tempfile
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from scafe.knowledge.phantoms import SHIPPED, load_phantom
from scafe.sandbox.pool.extraction import ImageAndMask
from scafe.sandbox.probes import panel as panels
from scafe.sandbox.probes import perturbations
from scafe.sandbox.probes.panel import Panel, Sweep, build_panel
from scafe.sandbox.probes.ranges import Range

LIBRARIES: Final = ("numpy", "opencv-python-headless", "scikit-image", "scipy")
FOLDER: Final = "panels"


@lru_cache(maxsize=4)
def panel_in(folder: Path | None, kind: str, seed: int = 0, fitted: tuple[Range, ...] = ()) -> Panel:
    """Return a panel from a folder, where it is rendered first if it is not there yet.

    Parameters
    ----------
    folder : Path, optional
        A cache; none, or a phantom of a plug-in: the panel is rendered.
    kind, seed, fitted
        As for `build_panel`.
    """
    if folder is None or kind not in SHIPPED:
        return build_panel(kind, seed, fitted)
    path = folder / FOLDER / f"{_identity(kind, seed, fitted)}.panel"
    known = _read(path)
    if known is not None:
        return known
    made = build_panel(kind, seed, fitted)
    _write(path, made)
    return made


def _identity(kind: str, seed: int, fitted: tuple[Range, ...]) -> str:
    found = hashlib.sha256(f"{kind}\0{seed}\0{platform.machine()}\0".encode())
    room = Path(inspect.getfile(type(load_phantom(kind)))).parent
    for path in (*sorted(room.rglob("*.py")), Path(panels.__file__), Path(perturbations.__file__)):
        found.update(path.read_bytes())
    found.update(repr(fitted).encode() if fitted else b"")
    for library in LIBRARIES:
        found.update(f"{library}={version(library)}\0".encode())
    return found.hexdigest()


def _write(path: Path, panel: Panel) -> None:
    body = b"".join(one.image.tobytes() + np.packbits(one.mask).tobytes() for one in panel.images)
    head = json.dumps({"sha256": hashlib.sha256(body).hexdigest(), **_told(panel)}, separators=(",", ":"))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, draft = tempfile.mkstemp(suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(f"{head}\n".encode() + body)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise


def _told(panel: Panel) -> dict[str, Any]:
    return {
        "shapes": [one.image.shape for one in panel.images],
        "dials": [_sweep(one) for one in panel.dials],
        "nuisances": [_sweep(one) for one in panel.nuisances],
        "drawn": panel.drawn.tolist(),
        "still": panel.still.tolist(),
        "perturbed": {name: where.tolist() for name, where in panel.perturbed.items()},
        "edges": panel.edges,
    }


def _sweep(one: Sweep) -> list[Any]:
    return [one.name, one.levels.tolist(), one.where.tolist(), one.meaning]


def _read(path: Path) -> Panel | None:
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        told = json.loads(head)
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(told, dict) or told.get("sha256") != hashlib.sha256(body).hexdigest():
        return None  # a damaged disk; it is rendered and written anew
    return Panel(
        images=_images(body, told["shapes"]),
        dials=tuple(_read_sweep(one) for one in told["dials"]),
        nuisances=tuple(_read_sweep(one) for one in told["nuisances"]),
        drawn=np.array(told["drawn"], dtype=np.intp),
        still=np.array(told["still"], dtype=np.intp),
        perturbed={name: np.array(where, dtype=np.intp) for name, where in told["perturbed"].items()},
        edges=told["edges"],
    )


def _read_sweep(one: list[Any]) -> Sweep:
    name, levels, where, meaning = one
    return Sweep(name, np.array(levels), np.array(where, dtype=np.intp), meaning)


def _images(body: bytes, shapes: list[list[int]]) -> tuple[ImageAndMask, ...]:
    found, start = [], 0
    for height, width, channels in shapes:
        size, bits = height * width * channels, -(-height * width // 8)
        image = np.frombuffer(body, np.uint8, size, start).reshape(height, width, channels)
        packed = np.frombuffer(body, np.uint8, bits, start + size)
        mask = np.unpackbits(packed, count=height * width).astype(np.bool_).reshape(height, width)
        found.append(ImageAndMask(image, mask).locked())
        start += size + bits
    return tuple(found)
