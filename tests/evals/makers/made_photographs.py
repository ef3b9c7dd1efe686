"""Pictures saved from given values."""

import io

import numpy as np
from PIL import Image

SKIN = np.random.default_rng(0).integers(60, 220, (24, 40, 3)).astype(np.uint8)
RAMP = np.linspace(0, 65535, 24 * 40).reshape(24, 40).astype(np.uint16)


def saved(values: np.ndarray | Image.Image, kind: str = "PNG", **how: object) -> bytes:
    file = io.BytesIO()
    (values if isinstance(values, Image.Image) else Image.fromarray(values)).save(file, kind, **how)
    return file.getvalue()
