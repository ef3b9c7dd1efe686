"""Small pictures and the manifest of a study."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from scafe.evals.data.dataset import Dataset
from scafe.evals.data.manifest import open_dataset


def picture(seed: int = 0, size: tuple[int, int] = (20, 16)) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3))
    return Image.fromarray(values.astype(np.uint8))


def as_bytes(image: Image.Image, kind: str = "PNG", **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def opened(root: Path) -> Dataset:
    return open_dataset(root / "manifest.csv", ("a", "b"))


def put(root: Path, name: str, data: bytes) -> None:
    (root / name).write_bytes(data)


def pages() -> bytes:
    return as_bytes(picture(), "TIFF", save_all=True, append_images=[picture(1)])


def tiny() -> bytes:
    return as_bytes(picture(size=(3, 20)))
