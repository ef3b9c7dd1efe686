"""Images whose answers are known: discs, stripes, spots, hairs, rulers, highlights."""

import cv2
import numpy as np
from hypothesis import strategies as st

SKIN = (224, 182, 160)
LESION = (112, 66, 48)


def disc(height: int, width: int, row: float, column: float, radius: float) -> np.ndarray:
    rows, columns = np.ogrid[:height, :width]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def ellipse(height: int, width: int, long: float, short: float) -> np.ndarray:
    rows, columns = np.ogrid[:height, :width]
    return ((rows - height / 2) / short) ** 2 + ((columns - width / 2) / long) ** 2 <= 1


def lesion(height: int = 96, width: int = 128) -> np.ndarray:
    image = np.empty((height, width, 3), np.uint8)
    image[:] = SKIN
    image[disc(height, width, height / 2, width / 2, height / 4)] = LESION
    return cv2.GaussianBlur(image, (0, 0), 1.5)


def noise(seed: int, height: int = 48, width: int = 64, blur: float = 1.0) -> np.ndarray:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return cv2.GaussianBlur(image, (0, 0), blur)


def plane(seed: int, height: int = 48, width: int = 64, blur: float = 2.0) -> np.ndarray:
    values = np.random.default_rng(seed).normal(0.5, 0.2, (height, width)).astype(np.float32)
    return cv2.GaussianBlur(values, (0, 0), blur)


def blob(seed: int, size: int = 96) -> np.ndarray:
    """Draw a connected smooth region away from the frame's edge."""
    draw = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    reach = (
        0.27 * size * (1 + sum(draw.uniform(-0.12, 0.12) * np.cos(k * turn + k * seed) for k in range(1, 5)))
    )
    path = np.stack([size / 2 + reach * np.cos(turn), size / 2 + reach * np.sin(turn)], axis=1)
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(mask, [np.rint(path).astype(np.int32)], 1)
    return mask > 0


SEEDS = st.integers(0, 10_000)
