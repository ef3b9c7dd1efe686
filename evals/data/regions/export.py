"""What `scafe locate` writes: masks to correct, a manifest that reads them, sheets, and the least certain.

Masks are PNG, 255 inside; a corrected one is saved over its file and read again through the manifest.
"""

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.regions.counts import Origin
from scafe.evals.data.regions.listing import Shown
from scafe.evals.data.regions.store import KeptRegion
from scafe.knowledge.contract.errors import InputError

MASKS, MANIFEST, UNCERTAIN = "masks", "manifest.csv", "uncertain.csv"
SIDE_PX: Final = 200
COLUMNS, ROWS, MOST_SHEETS = 6, 6, 12
OUTLINE: Final = (0, 255, 255)
INK, PAPER = (30, 30, 30), 250
LABEL_PX = 18
FORMULA: Final = ("=", "+", "-", "@")
"""First signs of a cell that a spreadsheet takes for a formula."""


@dataclass(frozen=True)
class Outlined:
    """One image with the mask it has now."""

    shown: Shown
    region: KeptRegion | None
    """None: its mask was given."""
    thumbnail: NDArray[np.uint8]
    """(h, w, 3) RGB with the outline, at most `SIDE_PX` a side."""

    @property
    def origin(self) -> Origin:
        """Where its mask comes from."""
        return "given" if self.region is None else self.region.origin

    @property
    def certainty(self) -> tuple[float, str]:
        """What images are sorted by: nothing found first, then the least confident; given ones last."""
        if self.region is None:
            return 2.0, self.shown.name
        return (self.region.confidence if self.origin == "found" else -1.0), self.shown.name


class OutFolder:
    """The folder that `scafe locate` writes into; what a person corrected there is never written over."""

    def __init__(self, path: Path) -> None:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError(
                f"{path} holds something; masks that were corrected there would be lost: name a new folder "
                "with --out"
            )
        self.path = path
        try:
            (path / MASKS).mkdir(parents=True)
        except OSError as error:
            raise InputError(f"{path}: cannot be made ({error.strerror}); name another --out") from None

    def write_mask(self, number: int, shown: Shown, mask: NDArray[np.bool_]) -> Path:
        """Write one mask, 255 inside; return its path."""
        stem = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in Path(shown.name).stem)[:80]
        path = self.path / MASKS / f"{number:05d}_{stem}.png"
        self._write_png(path, mask.astype(np.uint8) * 255)
        return path

    def write_manifest(self, rows: Sequence[tuple[Shown, Path | None]]) -> None:
        """Write the images with their masks, paths relative to the folder, label and patient as they were."""
        names = _ordered([*(name for one, _ in rows for name in (*one.files, *one.cells)), "mask"])
        self._write_table(MANIFEST, names, (self._manifest_row(one, mask) for one, mask in rows))

    def write_uncertain(self, ranked: Sequence[Outlined]) -> None:
        """Write one row per image whose mask was not given, the least certain first."""
        rows = [
            {
                "image": one.shown.name,
                "mask": one.origin,
                "confidence": f"{one.region.confidence:.3f}",
                "area_share": f"{float(one.region.mask.mean()):.4f}",
            }
            for one in ranked
            if one.region is not None
        ]
        self._write_table(UNCERTAIN, ["image", "mask", "confidence", "area_share"], rows)

    def write_sheets(self, ranked: Sequence[Outlined]) -> list[Path]:
        """Write contact sheets, the least certain first; at most a dozen."""
        size = COLUMNS * ROWS
        pages = [ranked[start : start + size] for start in range(0, len(ranked), size)][:MOST_SHEETS]
        paths = [self.path / f"sheet_{number:02d}.png" for number in range(1, len(pages) + 1)]
        for path, page in zip(paths, pages, strict=True):
            self._write_png(path, _sheet(page)[..., ::-1])
        return paths

    def _manifest_row(self, shown: Shown, mask: Path | None) -> dict[str, str]:
        files = {name: self._relative(path) for name, path in shown.files.items()}
        return {**files, **shown.cells, "mask": "" if mask is None else self._relative(mask)}

    def _relative(self, path: Path) -> str:
        found = os.path.relpath(path.resolve(), self.path.resolve())
        return f"./{found}" if found.startswith(FORMULA) else found

    def _write_table(self, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
        with (self.path / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(columns), restval="")
            writer.writeheader()
            writer.writerows(rows)

    def _write_png(self, path: Path, pixels: NDArray[np.uint8]) -> None:
        packed, data = cv2.imencode(".png", np.ascontiguousarray(pixels))
        if not packed:
            raise InputError(f"{path}: OpenCV could not pack the picture as PNG")
        path.write_bytes(data.tobytes())


def outlined(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Draw a mask's outline on a small copy of an image; three channels, whatever the image has."""
    factor = min(1.0, SIDE_PX / max(image.shape[:2]))
    size = max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor))
    colours = image[:, :, :3] if image.shape[2] >= 3 else np.repeat(image[:, :, :1], 3, axis=2)
    small = np.array(cv2.resize(np.ascontiguousarray(colours), size, interpolation=cv2.INTER_AREA), np.uint8)
    inside = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    borders, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(small, borders, -1, OUTLINE, 1)
    return small


def _sheet(page: Sequence[Outlined]) -> NDArray[np.uint8]:
    cells = [_cell(one) for one in page]
    blank = np.full_like(cells[0], PAPER)
    cells += [blank] * (-len(cells) % COLUMNS)
    rows = [np.concatenate(cells[at : at + COLUMNS], axis=1) for at in range(0, len(cells), COLUMNS)]
    return np.concatenate(rows)


def _cell(one: Outlined) -> NDArray[np.uint8]:
    canvas = np.full((SIDE_PX + LABEL_PX, SIDE_PX + 6, 3), PAPER, np.uint8)
    height, width = one.thumbnail.shape[:2]
    canvas[:height, :width] = one.thumbnail
    sure = f"{one.region.confidence:.2f}" if one.region is not None and one.origin == "found" else one.origin
    told = f"{sure} {one.shown.name[-22:]}".encode("ascii", "replace").decode()
    at = (2, SIDE_PX + LABEL_PX - 5)
    cv2.putText(canvas, told, at, cv2.FONT_HERSHEY_SIMPLEX, 0.36, INK, 1, cv2.LINE_AA)
    return canvas


def _ordered(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
