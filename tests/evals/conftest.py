"""Stand-ins for the evals tests: a sandbox without walls, and small studies whose truth is known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scafe.knowledge.contract.extractor import parse_extractor
from scafe.sandbox.pool.pool import Extraction, Fault, ImageAndMask
from scafe.sandbox.system.doctor import SandboxReport


class OpenPool:
    """Runs extractors of these tests in this process; counts the images it was given."""

    report = SandboxReport(backend="none", tier="C", layers=(), allow_weaker=True, kernel="none")

    def __init__(self) -> None:
        self.images_run = 0

    def extract(self, source: str, images: Sequence[ImageAndMask], *, talkative: bool = False) -> Extraction:
        names = parse_extractor(source).names
        space: dict = {}
        exec(source, space)  # only sources written in these tests
        rows, faults = np.full((len(images), len(names)), np.nan), []
        for row, pair in zip(rows, images, strict=True):
            self.images_run += 1
            fault = None
            try:
                values = space["extract"](pair.image, pair.mask)
                row[:] = [values[name] for name in names]
            except Exception as error:
                fault = Fault("exception", type(error).__name__, 1, "")
            faults.append(fault)
        return Extraction(names, rows, tuple(faults), 0.0)


@pytest.fixture
def open_pool() -> OpenPool:
    return OpenPool()


def _head(criterion: str, names: dict[str, str]) -> str:
    features = ",\n    ".join(
        f'"{name}": {{"unit": "level", "range": [-1e6, 1e6], "direction": "{direction}", "meaning": "x"}}'
        for name, direction in names.items()
    )
    return f'import numpy as np\nCRITERION = "{criterion}"\nFEATURES = {{\n    {features}\n}}\n'


@pytest.fixture
def write_extractor():
    """Return a function that writes an extractor from the body of its `extract`."""

    def write(body: str, criterion: str = "colour", **names: str) -> str:
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        return _head(criterion, names) + f"def extract(image, mask):\n{lines}\n"

    return write


@pytest.fixture
def picture_folder(tmp_path: Path):
    """Return a function that writes a study of small pictures and its manifest."""

    def write(per_class: int = 80, gap: float = 12.0, seed: int = 0, folder: str = "study") -> Path:
        root = tmp_path / folder
        (root / "images").mkdir(parents=True)
        rng = np.random.default_rng(seed)
        lines = ["path,label,patient_id"]
        for index in range(2 * per_class):
            label = "mel" if index % 2 else "nv"
            shade = rng.normal(120, 15, 3) + np.array([gap * (label == "mel"), 0, 0])
            coarse = rng.normal(0, 12, (6, 6, 3)) + shade
            pixels = np.kron(coarse, np.ones((6, 6, 1))).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / "images" / f"{index:03d}.png")
            lines.append(f"images/{index:03d}.png,{label},p{index:03d}")
        (root / "manifest.csv").write_text("\n".join(lines) + "\n")
        return root / "manifest.csv"

    return write
