"""A copy of a set of images at a smaller size, for comparing searches: every arm sees the same pixels."""

import csv
from pathlib import Path

from PIL import Image


def shrink(manifest: Path, longest_px: int, out: Path) -> Path:
    """Write images and masks whose longer side is at most `longest_px`; return the manifest of the copy.

    Patients whose images have two labels are left out, as a run asks for. A copy that is there already is
    used again.
    """
    folder = out / f"{manifest.parent.name}-{longest_px}px"
    copied = folder / "manifest.csv"
    if copied.exists():
        return copied
    with manifest.open(encoding="utf-8") as file:
        rows = _of_one_label(list(csv.DictReader(file)))
    for row in rows:
        for key in ("path", "mask"):
            if row.get(key):
                row[key] = _shrunk(manifest.parent / row[key], folder / row[key], longest_px)
    with copied.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return copied


def _of_one_label(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    labels: dict[str, set[str]] = {}
    for row in rows:
        labels.setdefault(row["patient_id"], set()).add(row["label"])
    return [row for row in rows if len(labels[row["patient_id"]]) == 1]


def _shrunk(source: Path, target: Path, longest_px: int) -> str:
    target = target.with_suffix(".png").absolute()  # no second loss of a JPEG
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(source) as image:
        way = Image.Resampling.NEAREST if source.parent.name == "masks" else Image.Resampling.BOX
        factor = min(1.0, longest_px / max(image.size))
        size = (round(image.width * factor), round(image.height * factor))
        image.resize(size, way).save(target)
    return str(target)
