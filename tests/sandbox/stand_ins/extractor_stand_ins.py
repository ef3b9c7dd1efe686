"""Extractors and images of a line or two."""

import platform

import numpy as np
import pytest

from scafe.sandbox.pool.pool import ImageAndMask

ONE = '{"unit": "u", "range": [0, 1], "direction": "up", "meaning": "m"}'
HEAD = f'CRITERION = "c"\nFEATURES = {{"a": {ONE}, "b": {ONE}}}\nimport numpy as np\nimport cv2\n'
FINE = HEAD + "def extract(image, mask):\n    return {'b': float(image.shape[2]), 'a': float(image.mean())}\n"
LINUX = pytest.mark.skipif(platform.system() != "Linux", reason="LOUD: these walls exist on Linux only")


def body(text: str) -> str:
    return HEAD + "def extract(image, mask):\n    " + text + "\n"


def an_image(height: int = 12, width: int = 10, channels: int = 3, fill: int = 7) -> ImageAndMask:
    return ImageAndMask(
        np.full((height, width, channels), fill, np.uint8), np.ones((height, width), np.bool_)
    )
