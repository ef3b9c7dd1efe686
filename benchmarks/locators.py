"""How far the reference locators agree with outlines that people drew, on real images.

    python -m benchmarks.locators [--data ../shared/data] [--only dermoscopy] [--sheet FOLDER]

Prints, for each locator and each thing one could do instead, the Dice coefficient (median, worst decile,
share below .3), how often it found nothing, how its confidence ranks images against their Dice (Spearman),
and the time an image takes. Found nothing counts 0. With --sheet, contact sheets of every image, worst
first: drawn outline in green, found in red. A set that is not there is skipped, loudly.
"""

import argparse
import csv
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import spearmanr

from benchmarks.artefacts import HOME, function_of, one_image
from scafe.evals.data.segment import segment

Bools = NDArray[np.bool_]
Picture = NDArray[np.uint8]
Locate = Callable[[Picture], tuple[Bools, float]]
TILE_PX = 256
COLUMNS, ROWS = 6, 5


@dataclass(frozen=True)
class Outlines:
    """A set of real images with drawn outlines, and the locator that is tried on it."""

    modality: str
    folder: str
    region: str


SETS = (
    Outlines("dermoscopy", "ham10000", "lesion"),
    Outlines("ultrasound", "breast_ultrasound_outlines", "mass"),
)


@dataclass(frozen=True)
class Found:
    """One image, what was drawn and what was found."""

    name: str
    image: Picture
    drawn: Bools
    mask: Bools
    confidence: float
    seconds: float

    @property
    def dice(self) -> float:
        """Twice the overlap over the sum of both areas."""
        return dice(self.drawn, self.mask)


def main() -> None:
    """Print a line per locator and rival."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data", help="folder of the sets")
    parser.add_argument("--only", action="append", choices=[one.modality for one in SETS])
    parser.add_argument("--sheet", help="write contact sheets of every image into this folder")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    for one in SETS:
        if not options.only or one.modality in options.only:
            _tell(one, Path(options.data) / one.folder, options.sheet and Path(options.sheet))


def dice(one: Bools, other: Bools) -> float:
    """Return the Dice coefficient of two masks, 0 where both are empty.

    References
    ----------
    .. [1] Dice (1945), Measures of the Amount of Ecologic Association Between Species, Ecology 26(3),
       297-302, doi:10.2307/1932409.
    """
    return float(2 * (one & other).sum() / max(1, one.sum() + other.sum()))


def _tell(one: Outlines, root: Path, sheet: Path | None) -> None:
    manifest = root / "manifest.csv"
    if not manifest.exists():
        print(f"SKIPPED LOUDLY: {manifest} is not here", file=sys.stderr)
        return
    with manifest.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    print(f"{one.modality}: {len(rows)} images of {one.folder}")
    for name, locate in _ways(one).items():
        found = [_found(root, row, locate) for row in rows]
        _line(name, found)
        if sheet is not None:
            _sheets(found, sheet, f"{one.modality}-{name}")


def _ways(one: Outlines) -> dict[str, Locate]:
    path = HOME / "locators" / one.modality / f"{one.region}.py"
    ours = {}
    if path.exists():
        ours[one.region] = function_of(path.read_text(encoding="utf-8"), "locate")
    return {**ours, "otsu": _otsu, "centre disc": _centre_disc, "whole frame": _whole_frame}


def _otsu(image: Picture) -> tuple[Bools, float]:
    found = segment(image)
    return (np.zeros(image.shape[:2], bool), 0.0) if found is None else (found, 1.0)


def _centre_disc(image: Picture) -> tuple[Bools, float]:
    height, width = image.shape[:2]
    y, x = np.ogrid[:height, :width]
    away = np.hypot(y - (height - 1) / 2, x - (width - 1) / 2)
    return away < 0.3 * min(height, width), 1.0


def _whole_frame(image: Picture) -> tuple[Bools, float]:
    return np.ones(image.shape[:2], bool), 1.0


def _found(root: Path, row: dict[str, str], locate: Locate) -> Found:
    image = np.array(Image.open(root / row["path"]).convert("RGB"))
    drawn = np.asarray(Image.open(root / row["mask"]).convert("L")) > 127
    with one_image(image):
        begun = time.process_time()
        mask, confidence = locate(image)
        seconds = time.process_time() - begun
    return Found(Path(row["path"]).stem, image, drawn, mask, float(confidence), seconds)


def _line(name: str, found: list[Found]) -> None:
    agree = np.array([one.dice for one in found])
    sure = np.array([one.confidence for one in found])
    rho = f"{spearmanr(sure, agree).statistic:+.2f}" if np.ptp(sure) > 0 and np.ptp(agree) > 0 else "·"
    print(
        f"  {name:12s} Dice median {np.median(agree):.3f}  worst decile {np.percentile(agree, 10):.3f}  "
        f"mean {agree.mean():.3f}  below .3 {np.mean(agree < 0.3):4.0%}  "
        f"nothing {np.mean([not one.mask.any() for one in found]):4.0%}  confidence rho {rho}  "
        f"{1000 * np.median([one.seconds for one in found]):.0f} ms",
        flush=True,
    )


def _sheets(found: list[Found], folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    worst_first = sorted(found, key=lambda one: one.dice)
    for number, start in enumerate(range(0, len(found), COLUMNS * ROWS)):
        tiles = [_tile(one) for one in worst_first[start : start + COLUMNS * ROWS]]
        tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % COLUMNS)
        rows = [np.hstack(tiles[at : at + COLUMNS]) for at in range(0, len(tiles), COLUMNS)]
        Image.fromarray(np.vstack(rows)).save(folder / f"{name}-{number:02d}.png")


def _tile(one: Found) -> Picture:
    tile = one.image.copy()
    for mask, colour in ((one.drawn, (0, 255, 0)), (one.mask, (255, 0, 0))):
        lines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(tile, lines, -1, colour, 2)
    tile = np.asarray(cv2.resize(tile, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA))
    words = f"{one.name[:6]} {one.dice:.2f} ({one.confidence:.2f})"
    cv2.putText(tile, words, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 0), 1, cv2.LINE_AA)
    return tile


if __name__ == "__main__":
    main()
