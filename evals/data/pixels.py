"""From a file's bytes to the array an extractor sees: (H, W, 3) uint8 sRGB and an (H, W) bool mask.

Whatever the file holds is stated here: grey becomes three equal channels; palette, CMYK, YCbCr and Lab
become RGB; transparency is laid over white, as a viewer would; 16 bits are divided by 257; the EXIF
orientation is carried out; an embedded colour profile is ignored. Animated files, floating-point pixels
and images too large for the sandbox are refused.
"""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from scafe.knowledge.contract.errors import DatasetError

MAX_PIXELS = 40_000_000
"""Largest image in pixels: 120 MB as RGB, a twelfth of what one extractor may use."""
MIN_EDGE = 8
"""Shortest edge in pixels: below it no window, ring or texture has a meaning."""
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")

SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I;16N", "I")
# A phone's MPO holds a second view for stereo; the first is the photograph.
SEVERAL_FRAMES_ALLOWED = ("MPO",)


def decode_image(data: bytes, where: str) -> NDArray[np.uint8]:
    """Decode one image file.

    Parameters
    ----------
    data : bytes
        The whole file.
    where : str
        Names file and row in errors, e.g. "row 12 (images/a.jpg)".

    Returns
    -------
    (H, W, 3) uint8 array
        sRGB.

    Raises
    ------
    DatasetError
        If the bytes are no image, are cut off, animated, too large or too small.
    """
    return _rgb(_opened(data, where), where)


def decode_mask(data: bytes, where: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Decode one mask: True where the value is above half of the mask's maximum.

    Raises
    ------
    DatasetError
        If the mask cannot be read, has another size than its image, or marks nothing.
    """
    picture = _opened(data, where)
    values = np.asarray(picture.convert("L") if picture.mode not in SIXTEEN_BIT else picture)
    if values.shape != shape:
        raise DatasetError(
            f"{where}: the mask has {_size(values.shape)} pixels but its image {_size(shape)}; "
            "export the mask at the image's size"
        )
    if not values.any():
        raise DatasetError(f"{where}: the mask marks no pixel; draw the lesion or leave the row out")
    return np.asarray(values > values.max() / 2)


def check_size(width: int, height: int, where: str) -> None:
    """Refuse an image that is too large for the sandbox or too small to measure."""
    if width * height > MAX_PIXELS:
        raise DatasetError(
            f"{where}: {width}×{height} pixels are more than the {MAX_PIXELS // 1_000_000} million that one "
            "image may have; resize or crop it"
        )
    if min(width, height) < MIN_EDGE:
        raise DatasetError(f"{where}: {width}×{height} pixels; both edges need at least {MIN_EDGE}")


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[0]}"


def _opened(data: bytes, where: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data))
        check_size(*picture.size, where)
        _require_one_frame(picture, where)
        picture.load()
        return ImageOps.exif_transpose(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DatasetError(
            f"{where}: the file unpacks to far more pixels than an image may have "
            f"({MAX_PIXELS // 1_000_000} million); resize it or leave it out"
        ) from None
    except UnidentifiedImageError:
        raise DatasetError(f"{where}: not an image that can be read; save it as PNG, JPEG or TIFF") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError) as error:
        # Pillow's decoders raise any of these on damaged bytes.
        raise DatasetError(
            f"{where}: the image is damaged or cut off ({_first_line(error)}); copy it again or leave it out"
        ) from None


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:100]


def _require_one_frame(picture: Image.Image, where: str) -> None:
    frames = int(getattr(picture, "n_frames", 1))
    if frames > 1 and picture.format not in SEVERAL_FRAMES_ALLOWED:
        raise DatasetError(
            f"{where}: the file holds {frames} frames or pages; save the one to use as its own image"
        )


def _rgb(picture: Image.Image, where: str) -> NDArray[np.uint8]:
    if picture.mode in SIXTEEN_BIT:
        return _from_sixteen_bit(np.asarray(picture), where)
    if picture.mode == "F":
        raise DatasetError(f"{where}: floating-point pixels have no agreed scale; save 8 or 16 bit")
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return np.array(picture.convert("RGB"), dtype=np.uint8)


def _from_sixteen_bit(values: NDArray[np.generic], where: str) -> NDArray[np.uint8]:
    wide = values.astype(np.int64)
    if wide.min() < 0 or wide.max() > 65535:
        raise DatasetError(f"{where}: values from {wide.min()} to {wide.max()}; save 8 or 16 bit")
    return np.repeat(np.rint(wide / 257).astype(np.uint8)[:, :, None], 3, axis=2)
