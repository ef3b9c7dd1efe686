"""Pictures that Pillow decodes: PNG, JPEG, BMP, GIF, WebP, PPM, and no other of its formats.

The list is given to `Image.open`: the content would otherwise choose among all plug-ins, and one of them
starts another program.
"""

import io
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from scafe.evals.data.pictures import jpeg, png, table
from scafe.evals.data.pictures.exif import orientation_of
from scafe.evals.data.pictures.stored import Alpha, Model, Stored, upright
from scafe.evals.data.rules.bounds import MAX_PIXELS, check_size
from scafe.evals.data.rules.contained import contained
from scafe.knowledge.contract.errors import DatasetError

FORMATS: Final = ("BMP", "GIF", "JPEG", "PNG", "PPM", "WEBP")
"""Every format of Pillow that is opened; TIFF goes another way, and MPO comes through JPEG."""
KNOWN: Final = "PNG, JPEG, TIFF, BMP, GIF, WebP and PPM"
ENDINGS: Final = {
    "BMP": (".bmp",), "GIF": (".gif",), "JPEG": (".jpg", ".jpeg"), "MPO": (".jpg", ".jpeg"),
    "PNG": (".png",), "PPM": (".ppm",), "WEBP": (".webp",), "TIFF": (".tif", ".tiff"),
}  # fmt: skip
BEGINNINGS: Final[dict[str, tuple[bytes, ...]]] = {
    "BMP": (b"BM",), "GIF": (b"GIF8",), "JPEG": (jpeg.SIGNATURE,), "PNG": (png.SIGNATURE,),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
}  # fmt: skip
WIDE: Final = ("I;16", "I;16B", "I;16L", "I;16N", "I")
MODELS: Final[dict[str, tuple[str, Model, Alpha]]] = {
    "1": ("L", "grey", "none"), "L": ("L", "grey", "none"), "LA": ("LA", "grey", "straight"),
    "RGB": ("RGB", "rgb", "none"), "RGBX": ("RGB", "rgb", "none"), "RGBA": ("RGBA", "rgb", "straight"),
    "CMYK": ("CMYK", "cmyk", "none"), "YCbCr": ("RGB", "rgb", "none"),
}  # fmt: skip
"""Mode of Pillow -> the mode whose samples are taken, and what they mean."""


def decode_by_pillow(data: bytes, where: str) -> Stored:
    """Decode one picture.

    Raises
    ------
    DatasetError
        Another format, an animation, damage, or an attribute that is refused (named).
    """
    what = "the image is damaged or cut off"
    with contained(where, what, "copy it again or leave it out"):
        head = _head(data, where)
        picture = _opened(data, where)
        check_size(*picture.size, where)
        _require_one_frame(picture, where)
        picture.load()
        stored = _stored(picture, data, where)
        said = _with_head(stored, head, where)
        orientation = orientation_of(_exif(picture))
        if orientation > 1:
            said = replace(said, met=said.met | {table.ORIENTED})
        return upright(said, orientation, where)


def _opened(data: bytes, where: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise DatasetError(
            f"{where}: the file unpacks to far more pixels than an image may have "
            f"({MAX_PIXELS // 1_000_000} million); resize it or leave it out"
        ) from None
    except UnidentifiedImageError:
        raise DatasetError(
            f"{where}: not an image that can be read ({KNOWN} are); save it as PNG, JPEG or TIFF"
        ) from None


def _head(data: bytes, where: str) -> png.PngHead | jpeg.JpegHead | None:
    if data.startswith(png.SIGNATURE):
        return png.png_head(data, where)
    return jpeg.jpeg_head(data, where) if data.startswith(jpeg.SIGNATURE) else None


def _require_one_frame(picture: Image.Image, where: str) -> None:
    if picture.format == "MPO":
        return
    try:
        picture.seek(1)  # n_frames would walk over all of them
    except EOFError:
        picture.seek(0)
        return
    raise DatasetError(
        f"{where}: the file holds an animation, 2 frames or more; save the one to use as its own image"
    )


def _stored(picture: Image.Image, data: bytes, where: str) -> Stored:
    profile = picture.info.get("icc_profile") or None
    met = {table.PROFILE} if profile else set()
    if picture.format == "MPO":
        met.add(table.MPO)
    if picture.mode in WIDE:
        return _wide(np.asarray(picture), profile, where)
    if picture.mode in ("P", "PA"):
        return _palette(picture, profile, met)
    if picture.mode not in MODELS:
        raise DatasetError(f"{where}: pixels of kind {picture.mode} have no agreed scale; save 8 or 16 bit")
    if picture.mode in ("1", "L", "RGB") and "transparency" in picture.info:
        picture = picture.convert("LA" if picture.mode in ("1", "L") else "RGBA")
    taken, model, alpha = MODELS[picture.mode]
    if alpha != "none":
        met.add(table.ALPHA)
    if model == "cmyk":
        met.add(table.CMYK)
    samples = _three(np.asarray(picture if picture.mode == taken else picture.convert(taken)))
    is_lossy = picture.format in ("JPEG", "MPO") or (picture.format == "WEBP" and not _is_lossless(data))
    return Stored(samples, model, 8, alpha, None, profile, is_lossy=is_lossy, met=frozenset(met))


def _wide(values: NDArray[Any], profile: bytes | None, where: str) -> Stored:
    lowest, highest = int(values.min()), int(values.max())
    if lowest < 0 or highest > 65535:
        raise DatasetError(f"{where}: values from {lowest} to {highest}; save 8 or 16 bit")
    met = {table.PNG_16} | ({table.PROFILE} if profile else set())
    return Stored(_three(values.astype(np.uint16)), "grey", 16, profile=profile, met=frozenset(met))


def _palette(picture: Image.Image, profile: bytes | None, met: set[Any]) -> Stored:
    samples = np.asarray(picture)
    if picture.mode == "PA":
        samples = samples[..., 0]
    strip = Image.fromarray(np.arange(256, dtype=np.uint8)[None, :], "P")
    strip.putpalette(*_colours(picture))
    if "transparency" in picture.info:
        strip.info["transparency"] = picture.info["transparency"]
        met.add(table.ALPHA)
    palette = np.asarray(strip.convert("RGBA"))[0]
    return Stored(
        _three(samples), "palette", 8, palette=palette, profile=profile, met=frozenset({*met, table.PALETTE})
    )


def _colours(picture: Image.Image) -> tuple[list[int], str]:
    if picture.palette is not None and picture.palette.mode == "RGBA":
        return picture.getpalette("RGBA") or [], "RGBA"
    return picture.getpalette("RGB") or [], "RGB"


def _with_head(stored: Stored, head: png.PngHead | jpeg.JpegHead | None, where: str) -> Stored:
    if head is None:
        return stored
    met = set(stored.met) | ({table.PRINT_SIZE} if head.has_print_size else set())
    if head.sides[0] != head.sides[1]:
        met.add(table.PIXEL_SIDES)
    stored = replace(stored, sides=head.sides)
    if isinstance(head, jpeg.JpegHead):
        met |= {table.PROGRESSIVE} if head.frame not in (0, 0xC0) else set()
        met |= {table.ADOBE} if head.has_adobe and stored.model == "cmyk" else set()
        return replace(stored, met=frozenset(met))
    if head.significant:
        met.add(table.SBIT)
        _require_scaled(stored, head, where)
    if head.gamma is not None:
        met.add(table.GAMMA)
    if head.bits == 16 and stored.bits == 8:
        met.add(table.PNG_16_COLOUR)
    if head.transparent_grey is not None and stored.bits == 16:
        met.add(table.ALPHA)
        clear = stored.samples == head.transparent_grey
        opacity = np.where(clear, 0, 65535).astype(np.uint16)
        stored = replace(stored, samples=np.concatenate([stored.samples, opacity], axis=2), alpha="straight")
    return replace(stored, gamma=head.gamma, met=frozenset(met))


def _require_scaled(stored: Stored, head: png.PngHead, where: str) -> None:
    """Refuse samples that lie in the low end, where the standard wants them scaled to the full range."""
    bits = min(head.significant)
    if (
        head.bits == 16
        and bits < 16
        and stored.model == "grey"
        and int(stored.samples[..., 0].max()) < 2**bits
    ):
        raise DatasetError(
            f"{where}: sBIT says {bits} significant bits of 16, but no sample is above {2**bits - 1}: by "
            "the PNG standard that is nearly black; scale the samples to 16 bit"
        )


def _exif(picture: Image.Image) -> bytes:
    exif = picture.info.get("exif")
    if isinstance(exif, bytes):
        return exif
    # ImageMagick writes Exif data into a PNG as text: a name, a length, hexadecimal lines
    raw = picture.info.get("Raw profile type exif")
    if isinstance(raw, str):
        try:
            return bytes.fromhex("".join(raw.split("\n")[3:]))
        except ValueError:
            return b""
    return b""


def _is_lossless(data: bytes) -> bool:
    return b"VP8L" in data[:64]


def _three(values: NDArray[Any]) -> NDArray[Any]:
    return values[:, :, None] if values.ndim == 2 else values
