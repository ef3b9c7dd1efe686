"""From stored samples to what an extractor sees: (H, W, 3) uint8 sRGB.

Grey becomes three equal channels; alpha is laid over white; colour of an ICC profile is converted to sRGB.
"""

import functools
import io
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from scafe.evals.data.pictures.png import SRGB_GAMMA
from scafe.evals.data.pictures.stored import CHANNELS, Stored
from scafe.evals.data.rules.contained import contained
from scafe.knowledge.contract.errors import DatasetError

Bytes = NDArray[np.uint8]
SAME_COLOUR: Final = 2
"""Largest difference of 255 over a lattice of colours up to which a profile is taken for sRGB: sRGB profiles
of different makers differ by 1, and the photographs that carry them must not be rounded twice."""
LATTICE: Final = 17
"""Colours along each edge of that lattice; every 16th value."""
SPACES: Final = {"GRAY": "L", "RGB ": "RGB", "CMYK": "CMYK"}
"""Colour space of a profile -> the mode of Pillow that it can be applied to."""


def to_srgb(stored: Stored, where: str) -> Bytes:
    """Show a picture.

    Raises
    ------
    DatasetError
        A colour profile that cannot be read or is for another colour model.
    """
    count = CHANNELS[stored.model]
    colours, opacity, bits = stored.samples[..., :count], None, stored.bits
    if stored.palette is not None:
        looked_up, bits = _looked_up(stored, where), 8
        colours, opacity = looked_up[..., :3], looked_up[..., 3:]
    elif stored.alpha != "none":
        opacity = stored.samples[..., count:]
    shown = _shown(stored, _eight_bits(colours, bits), where)
    opaque = 2**bits - 1
    if opacity is None or (opacity == opaque).all():
        return shown
    return _over_white(shown, opacity, opaque, stored.alpha == "premultiplied")


def _over_white(shown: Bytes, opacity: NDArray[Any], opaque: int, is_premultiplied: bool) -> Bytes:
    laid = np.empty_like(shown)
    for rows in _strips(shown):
        share = opacity[rows].astype(np.float64) / opaque
        light = shown[rows] if is_premultiplied else shown[rows] * share
        laid[rows] = _rounded(light + 255 * (1 - share))
    return laid


def _strips(samples: NDArray[Any]) -> Iterator[slice]:
    """Give rows of about a million samples: fractions of a whole large image would take a gigabyte."""
    height = max(1, 2**20 // (samples.shape[1] * samples.shape[2]))
    yield from (slice(at, at + height) for at in range(0, samples.shape[0], height))


def _looked_up(stored: Stored, where: str) -> Bytes:
    palette = np.asarray(stored.palette)
    if int(stored.samples.max()) >= len(palette):
        raise DatasetError(f"{where}: an index lies outside the palette of {len(palette)}; save it as RGB")
    return np.asarray(palette[stored.samples[..., 0]], dtype=np.uint8)


def _eight_bits(samples: NDArray[Any], bits: int) -> Bytes:
    if bits == 8:
        return np.asarray(samples, dtype=np.uint8)
    scaled = np.empty(samples.shape, dtype=np.uint8)
    for rows in _strips(samples):
        scaled[rows] = _rounded(samples[rows].astype(np.float64) * (255 / (2**bits - 1)))
    return scaled


def _shown(stored: Stored, samples: Bytes, where: str) -> Bytes:
    model = "rgb" if stored.model == "palette" else stored.model
    if stored.profile is not None and model in ("grey", "rgb", "cmyk"):
        return _by_profile(stored.profile, samples, where)
    if model == "grey":
        samples = np.repeat(samples, 3, axis=2)
    elif model == "cmyk":
        samples = np.asarray(Image.fromarray(samples, "CMYK").convert("RGB"))
    elif model == "ycbcr":
        samples = np.asarray(Image.fromarray(samples, "YCbCr").convert("RGB"))
    elif model == "lab":
        samples = np.asarray(_lab().apply(Image.fromarray(samples, "LAB")))
    if stored.gamma is not None:
        curve = _rounded(255 * (np.arange(256) / 255) ** (SRGB_GAMMA / stored.gamma))
        samples = curve[samples]
    return np.ascontiguousarray(samples)


def _by_profile(profile: bytes, samples: Bytes, where: str) -> Bytes:
    way_out = "convert the image to sRGB, or save it without the profile"
    with contained(where, "its ICC profile cannot be applied", way_out):
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = SPACES.get(given.profile.xcolor_space)
        if samples.shape[2] == 1 and mode == "RGB":
            samples = np.repeat(samples, 3, axis=2)
        if mode is None or samples.shape[2] != len(mode):
            space = "".join(c for c in given.profile.xcolor_space if c.isprintable()).strip()
            raise DatasetError(
                f"{where}: the ICC profile is for {space or 'nothing known'}, the image has "
                f"{samples.shape[2]} channels; {way_out}"
            )
        change = _transform(given, mode)
        if mode != "CMYK" and _is_srgb(change, mode):
            return np.repeat(samples, 3, axis=2) if samples.shape[2] == 1 else np.ascontiguousarray(samples)
        return _applied(change, samples, mode)


def _transform(profile: Any, mode: str) -> Any:
    # ICC.1:2022, 7.2.15: the lower 16 bits; old software wrote the number in the wrong byte order
    intent = ImageCms.Intent(ImageCms.getDefaultIntent(profile) & 0xFFFF)
    return ImageCms.buildTransform(profile, _srgb(), mode, "RGB", renderingIntent=intent)


def _applied(change: Any, samples: Bytes, mode: str) -> Bytes:
    flat = np.ascontiguousarray(samples[..., 0] if mode == "L" else samples)
    return np.array(change.apply(Image.fromarray(flat, mode)), dtype=np.uint8)


def _is_srgb(change: Any, mode: str) -> bool:
    edge = np.rint(np.linspace(0, 255, LATTICE)).astype(np.uint8)
    if mode == "L":
        colours = edge[None, :, None]
    else:
        colours = np.stack(np.meshgrid(edge, edge, edge), axis=-1).reshape(LATTICE, -1, 3)
    moved = _applied(change, colours, mode).astype(int) - colours.astype(int)
    return bool(np.abs(moved).max() <= SAME_COLOUR)


@functools.cache
def _srgb() -> Any:
    return ImageCms.createProfile("sRGB")


@functools.cache
def _lab() -> Any:
    # CIE L*a*b* of TIFF 6.0 with the illuminant D50, which is also that of ICC's connection space
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), _srgb(), "LAB", "RGB")


def _rounded(values: NDArray[np.float64]) -> Bytes:
    return np.asarray(np.rint(np.clip(values, 0, 255)), dtype=np.uint8)
