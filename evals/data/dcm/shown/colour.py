"""Colours for display: stored bits scaled to 8, and a colour profile converted to sRGB."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from scafe.evals.data.dcm.calls import library
from scafe.evals.data.dcm.stored import Stored
from scafe.evals.data.dcm.values import CORRECT
from scafe.knowledge.contract.errors import DatasetError


def show_colour(stored: Stored, where: str) -> NDArray[np.uint8]:
    """Return RGB scaled from the stored bits, (H, W, 3) uint8; DatasetError if values are signed."""
    layout = stored.layout
    if layout.is_signed:
        raise DatasetError(f"{where}: DICOM PixelRepresentation = 1 with colours; {CORRECT}")
    if layout.bits == 8:
        return np.asarray(stored.values, dtype=np.uint8)
    top = layout.span[1]
    return np.rint(stored.values * (255 / top)).astype(np.uint8)


def to_srgb(image: NDArray[np.uint8], flat: Any, where: str) -> NDArray[np.uint8]:
    """Convert colours to sRGB by the profile of the image, if it has one.

    Raises
    ------
    DatasetError
        If the profile is damaged or is not one of RGB.
    """
    profile = _profile(flat, where)
    if not profile:
        return image
    with library(
        where, "the DICOM attribute ICCProfile is damaged", "correct it, or save the colours as sRGB"
    ):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        intent = ImageCms.Intent(ImageCms.getDefaultIntent(source))
        convert = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), "RGB", "RGB", intent)
        return np.array(ImageCms.applyTransform(Image.fromarray(image), convert))


def _profile(flat: Any, where: str) -> bytes:
    paths = list(flat.get("OpticalPathSequence", None) or ())
    found = [bytes(one.ICCProfile) for one in (flat, *paths) if one.get("ICCProfile", None)]
    if len({*found}) > 1 or (len(paths) > 1 and found):
        raise DatasetError(f"{where}: DICOM OpticalPathSequence has several paths with ICCProfile; {CORRECT}")
    return found[0] if found else b""
