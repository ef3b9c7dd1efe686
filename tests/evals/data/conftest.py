"""A small study on disk."""

from pathlib import Path

import numpy as np
import pytest
from made_studies import picture
from PIL import Image


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A manifest of six patients per class with masks."""
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    lines = ["path,label,mask,patient_id"]
    for index in range(12):
        picture(index).save(tmp_path / "images" / f"{index}.png")
        outline = np.zeros((16, 20), np.uint8)
        outline[4:12, 5:15] = 255
        Image.fromarray(outline).save(tmp_path / "masks" / f"{index}.png")
        lines.append(f"images/{index}.png,{'ab'[index % 2]},masks/{index}.png,p{index}")
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
    return tmp_path
