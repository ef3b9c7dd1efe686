"""Photographs whose patients and labels stand in no file name, and a cluster that is listened to."""

import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import dask_site
import numpy as np
import pytest

LABELS = ("zebra-kind", "okapi-kind")
IMAGES = 96


@pytest.fixture
def site(tmp_path: Path) -> Iterator[dask_site.Site]:
    found = dask_site.start(tmp_path)
    yield found
    found.close()


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = tmp_path / "photographs"
    folder.mkdir()
    rows = []
    for number in range(IMAGES):
        image = np.random.default_rng(number).integers(0, 256, (40, 56, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{number:04d}.png"), image)
        rows.append((f"{number:04d}.png", LABELS[number % 2], f"giraffe-{number:04d}"))
    table = folder / "manifest.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([("path", "label", "patient_id"), *rows])
    return table
