"""Pictures of the installed packages: against Pillow's own picture, upright, over white, as RGB.

Pillow's and tifffile's wheels ship no test images; those of scikit-image, scikit-learn and matplotlib are
there. `SCAFE_CONFORMANCE_MORE` may name a folder of others, e.g. an unpacked source release of Pillow.
"""

import io
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.conformance.cases import Case
from scafe.evals.data.pictures import table
from scafe.evals.data.pixels import SUFFIXES, read_picture
from scafe.knowledge.contract.errors import DatasetError

PACKAGES = ("PIL", "tifffile", "skimage", "sklearn", "matplotlib", "imageio", "scipy", "nibabel", "pydicom")
MORE = "SCAFE_CONFORMANCE_MORE"
RULES = {
    table.PROFILE: "an ICC profile is converted to sRGB",
    table.GAMMA: "gAMA is carried out",
    table.ALPHA: "16-bit transparent grey is laid over white",
}


def cases() -> list[Case]:
    """Return one case for each picture that is there, TIFF apart."""
    return [_case(file) for file in found(tuple(one for one in SUFFIXES if not one.startswith(".tif")))]


def found(endings: tuple[str, ...]) -> list[Path]:
    """Find files by their ending in the packages and in the folder that was named."""
    return sorted(one for root in _roots() for one in root.rglob("*") if one.name.lower().endswith(endings))


def by_pillow(data: bytes) -> np.ndarray:
    """Show a file as a careful user of Pillow would."""
    with Image.open(io.BytesIO(data)) as opened:
        picture = ImageOps.exif_transpose(opened)
    if picture.mode.startswith("I"):
        return np.repeat(np.asarray(picture)[..., None] / 257, 3, axis=2)
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return np.asarray(picture.convert("RGB"))


def rules(data: bytes) -> str:
    """Say which stated rules a file falls under that Pillow has not."""
    try:
        met = read_picture(data, "x").met
    except DatasetError:
        return ""
    said = [words for row, words in RULES.items() if row in met]
    return "; ".join(said + ["an orientation in XMP alone is passed over"] * (b"tiff:Orientation" in data))


def _roots() -> Iterator[Path]:
    for spec in map(find_spec, PACKAGES):
        yield from map(Path, spec.submodule_search_locations or () if spec else ())
    if MORE in os.environ:
        yield Path(os.environ[MORE])


def _case(file: Path) -> Case:
    data = file.read_bytes()
    return Case(file.name, lambda: read_picture(data, file.name).image, lambda: by_pillow(data), rules(data))
