"""How many phantoms of each kind one core draws in a second: `python -m benchmarks.phantoms`.

With `--sheet FOLDER`, contact sheets instead: real frames of patients that choices may look at (upper half)
beside phantoms with random dials and nuisances (lower half), to be looked at; a set that is not there is
skipped, loudly.

Seconds are of this process's CPU, the median of rounds; a blurred noise image of the same size, drawn in the
same rounds, is the control.
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.rivals.__main__ import is_development
from scafe.knowledge.phantoms import load_phantom, phantom_kinds
from scafe.knowledge.phantoms.base import Phantom

ROUNDS = 5
DRAWN = 8
BESIDE = {
    "dermoscopy": "ham10000",
    "histology": "crc_tissue",
    "radiograph": "chest_xray",
    "skin_lesion": "clinical_photo",
    "ultrasound": "breast_ultrasound",
}
"""Kinds of phantom, and the set of real images of the same modality."""
TILE_PX, COLUMNS, EACH = 192, 8, 16
Picture = NDArray[np.uint8]


def main() -> None:
    """Print one row per kind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--sheet", type=Path, help="write contact sheets into this folder, and time nothing")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the real sets")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.sheet:
        _sheets(options.sheet, options.data)
        return
    for kind in phantom_kinds():
        phantom = load_phantom(kind)
        drawing, control = _seconds(
            lambda seed, one=phantom: one.render(seed, None, None, options.size), options.size
        )
        row = {
            "kind": kind,
            "images_per_s": round(1 / drawing, 1),
            "times_the_control": round(drawing / control, 1),
        }
        print(json.dumps(row), flush=True)


def _seconds(draw: Callable[[int], object], size: int) -> tuple[float, float]:
    draw(0)
    rounds = [(_timed(draw, turn), _timed(lambda seed: _control(seed, size), turn)) for turn in range(ROUNDS)]
    return median(one for one, _ in rounds), median(one for _, one in rounds)


def _timed(draw: Callable[[int], object], turn: int) -> float:
    begun = time.process_time()
    for seed in range(turn * DRAWN, (turn + 1) * DRAWN):
        draw(seed)
    return (time.process_time() - begun) / DRAWN


def _control(seed: int, size: int) -> object:
    noise = np.random.default_rng(seed).normal(size=(size, size, 3)).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), 2.0)


def _sheets(folder: Path, data: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind in phantom_kinds():
        manifest = data / BESIDE.get(kind, kind) / "manifest.csv"
        if manifest.exists():
            tiles = _real(manifest) + _drawn(kind)
            rows = [np.hstack(tiles[at : at + COLUMNS]) for at in range(0, len(tiles), COLUMNS)]
            Image.fromarray(np.vstack(rows)).save(folder / f"{kind}.png")
            print(f"written: {folder / f'{kind}.png'}")
        else:
            print(f"SKIPPED LOUDLY: {manifest} is not here", file=sys.stderr)


def _real(manifest: Path) -> list[Picture]:
    with manifest.open(encoding="utf-8") as file:
        paths = [row["path"] for row in csv.DictReader(file) if is_development(row["patient_id"])]
    chosen = [paths[at] for at in np.linspace(0, len(paths) - 1, EACH).astype(int)]
    return [_tile(np.asarray(Image.open(manifest.parent / path).convert("RGB"))) for path in chosen]


def _drawn(kind: str) -> list[Picture]:
    phantom = load_phantom(kind)
    return [_tile(_random(phantom, seed)) for seed in range(EACH)]


def _random(phantom: Phantom, seed: int) -> Picture:
    rng = np.random.default_rng(seed)
    dials = {one.name: float(rng.uniform(one.low, one.high)) for one in phantom.dials}
    around = {one.name: float(rng.uniform(one.low, one.high)) for one in phantom.nuisances}
    return phantom.render(seed, dials, around, TILE_PX).image


def _tile(image: Picture) -> Picture:
    scale = TILE_PX / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tile = np.zeros((TILE_PX, TILE_PX, 3), np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small[:TILE_PX, :TILE_PX]
    return tile


if __name__ == "__main__":
    main()
