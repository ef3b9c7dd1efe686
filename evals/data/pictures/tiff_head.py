"""What the tags of a TIFF's first page say, checked against the table before a pixel is decoded."""

import io
import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import tifffile

from scafe.evals.data.attributes import Attribute
from scafe.evals.data.pictures import tiff_table as table
from scafe.evals.data.pictures.stored import CHANNELS, Alpha, Model
from scafe.evals.data.rules.bounds import MAX_PAGES, check_size
from scafe.evals.data.rules.contained import contained
from scafe.knowledge.contract.errors import DatasetError

SIGNATURES: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
MODELS: Final[dict[int, Model]] = {
    0: "grey", 1: "grey", 2: "rgb", 3: "palette", 5: "cmyk", 6: "ycbcr", 8: "lab"
}  # fmt: skip
BITS: Final = (1, 2, 4, 8, 12, 16, 32, 64)
COMPRESSIONS: Final = {1: "none", 2: "CCITT", 3: "CCITT", 4: "CCITT", 5: "LZW", 7: "JPEG", 8: "deflate",
                       32773: "PackBits", 32946: "deflate"}  # fmt: skip
SUBFILE, SHORT, PRIVATE = 254, 3, 32768
MOST_TAGS: Final = 4096
REC601: Final = (0.299, 0.587, 0.114)
FULL_RANGE: Final = (0.0, 255.0, 128.0, 255.0, 128.0, 255.0)

# what tifffile would print there is raised here, or checked
logging.getLogger("tifffile").addHandler(logging.NullHandler())
logging.getLogger("tifffile").propagate = False


@dataclass(frozen=True)
class TiffHead:
    """The first page, understood."""

    model: Model
    is_white_zero: bool
    bits: int
    kind: str
    """Of numpy: 'u', 'i' or 'f'."""
    samples: int
    is_planar: bool
    compression: int
    orientation: int
    alpha: Alpha
    profile: bytes | None
    sides: tuple[float, float]
    spacing_mm: tuple[float, float] | None
    met: frozenset[Attribute]


@contextmanager
def first_page(data: bytes, where: str) -> Iterator[Any]:
    """Open a TIFF and give its first page, once the chain of pages is known to be short and single.

    Raises
    ------
    DatasetError
        Damage, several pages, a chain that is too long or runs in a circle.
    """
    with contained(where, "the image is damaged or cut off", "copy it again or leave it out"):
        directories = _walked(data, where)
        kinds = [one.get(SUBFILE, 0) for one in directories]
        if kinds[0] & 1:
            raise DatasetError(
                f"{where}: the first page is a thumbnail (a raw photograph?); develop it first"
            )
        whole = sum(not kind & 5 for kind in kinds)
        if whole > 1:
            raise DatasetError(
                f"{where}: the file holds {whole} frames or pages; save the one to use as its own image"
            )
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            _require_no_stack(file, where)
            _require_all_tags(file.pages[0], directories[0], where)
            yield file.pages[0]


def _walked(data: bytes, where: str) -> list[dict[int, int]]:
    """Return tag -> value of every page; tifffile and Pillow would follow a chain of any length."""
    order = "<" if data[:2] == b"II" else ">"
    is_big = 43 in data[2:4]
    offset, count, entry = ("Q", "Q", 20) if is_big else ("I", "H", 12)
    (at,) = struct.unpack_from(order + offset, data, 8 if is_big else 4)
    found: list[dict[int, int]] = []
    seen: set[int] = set()
    while at and len(found) < MAX_PAGES:
        if at in seen:
            raise DatasetError(f"{where}: the chain of pages runs in a circle; save the image anew")
        seen.add(at)
        (tags,) = struct.unpack_from(order + count, data, at)
        if tags > MOST_TAGS:
            raise DatasetError(f"{where}: a page has {tags} tags; save the image anew")
        begin = at + struct.calcsize(count)
        found.append(_tags(data, order, begin, tags, entry))
        (at,) = struct.unpack_from(order + offset, data, begin + tags * entry)
    if at:
        raise DatasetError(f"{where}: more than {MAX_PAGES} pages; save the one to use as its own image")
    if not found:
        raise DatasetError(f"{where}: the TIFF has no page; copy it again or leave it out")
    return found


def _tags(data: bytes, order: str, begin: int, count: int, entry: int) -> dict[int, int]:
    """Return every tag with its value as if it were one short or long number."""
    found = {}
    for at in range(begin, begin + count * entry, entry):
        tag, kind = struct.unpack_from(order + "HH", data, at)
        place = at + entry - (4 if entry == 12 else 8)
        found[tag] = int(struct.unpack_from(order + ("H" if kind == SHORT else "I"), data, place)[0])
    return found


def _require_all_tags(page: Any, stored: dict[int, int], where: str) -> None:
    """Refuse a tag that tifffile could not read and has left out with nothing but a line in its log."""
    lost = [tag for tag in stored if tag not in page.tags and tag < PRIVATE]
    matters = [tag for tag in lost if tag not in table.PASSED_OVER]
    if matters:
        raise DatasetError(f"{where}: the TIFF tag {matters[0]} cannot be read; save the image anew")


def _require_no_stack(file: Any, where: str) -> None:
    said = (file.imagej_metadata or {}) if file.is_imagej else {}
    images = int(said.get("images", 1) or 1)
    if images > 1 or file.is_stk or file.is_lsm:
        raise DatasetError(
            f"{where}: a stack of {images if images > 1 else 'several'} images; save the one to use as its "
            "own image"
        )


def tiff_head(page: Any, data: bytes, where: str, is_mask: bool = False) -> TiffHead:
    """Check every tag of a page.

    Parameters
    ----------
    is_mask : bool
        Whether the samples are levels of a mask: floats and 32 bits are fine there.

    Raises
    ------
    DatasetError
        An attribute that is refused (named).
    """
    check_size(int(page.imagewidth), int(page.imagelength), where)
    if int(page.imagedepth) > 1 or int(page.tiledepth) > 1:
        raise DatasetError(f"{where}: a volume of depth {page.imagedepth}; save one plane as its own image")
    _require_known_tags(page, where)
    model = _model(page, where)
    bits, kind = _sample(page, where, is_mask)
    alpha = _alpha(page, model, where)
    _require_plain_colour(page, model, bits, where)
    sides, spacing = _sides(page)
    profile = page.tags.get(34675)
    return TiffHead(
        model=model,
        is_white_zero=int(page.photometric) == 0,
        bits=bits,
        kind=kind,
        samples=int(page.samplesperpixel),
        is_planar=int(page.planarconfig or 1) == 2 and int(page.samplesperpixel) > 1,
        compression=_compression(page, where),
        orientation=int(page.tags[274].value) if 274 in page.tags else 1,
        alpha=alpha,
        profile=bytes(profile.value) if profile is not None else None,
        sides=sides,
        spacing_mm=spacing,
        met=_met(page, data, alpha, spacing),
    )


def _require_known_tags(page: Any, where: str) -> None:
    for tag in page.tags:
        code = int(tag.code)
        if code in table.REFUSED:
            raise DatasetError(
                f"{where}: the TIFF tag {table.REFUSED[code]} is not carried out; save the image without it"
            )
        if code < PRIVATE and code not in table.UNDERSTOOD | table.PASSED_OVER:
            raise DatasetError(f"{where}: the TIFF tag {code} is not known; save the image without it")


def _model(page: Any, where: str) -> Model:
    found = MODELS.get(int(page.photometric))
    if found is None:
        name = getattr(page.photometric, "name", page.photometric)
        raise DatasetError(f"{where}: PhotometricInterpretation {name} is not understood; save RGB or grey")
    return found


def _sample(page: Any, where: str, is_mask: bool) -> tuple[int, str]:
    bits = page.bitspersample
    formats = page.sampleformat
    if not isinstance(bits, int) or bits not in BITS:
        raise DatasetError(f"{where}: {bits} bits per sample; save 8 or 16 bit")
    kind = {1: "u", 2: "i", 3: "f", 4: "u"}.get(int(formats)) if isinstance(formats, int) else None
    if kind is None:
        raise DatasetError(f"{where}: SampleFormat {formats} is not understood; save 8 or 16 bit")
    if kind == "f" and not is_mask:
        raise DatasetError(f"{where}: floating-point pixels have no agreed scale; save 8 or 16 bit")
    if (kind == "i" or bits > 16) and not is_mask:
        signed = "signed " if kind == "i" else ""
        raise DatasetError(f"{where}: {signed}samples of {bits} bits have no agreed scale; save 8 or 16 bit")
    return bits, kind


def _alpha(page: Any, model: Model, where: str) -> Alpha:
    more = int(page.samplesperpixel) - CHANNELS[model]
    said = tuple(int(one) for one in page.extrasamples or ())
    if more < 0 or more > 1 or (more == 1 and said not in ((1,), (2,))):
        raise DatasetError(
            f"{where}: {page.samplesperpixel} samples per pixel with ExtraSamples {said or 'missing'} "
            f"for {model}; save the image without extra channels"
        )
    return "none" if more == 0 else "premultiplied" if said == (1,) else "straight"


def _require_plain_colour(page: Any, model: Model, bits: int, where: str) -> None:
    value = {int(tag.code): tag.value for tag in page.tags}
    if model == "cmyk" and int(value.get(332, 1)) != 1:
        raise DatasetError(f"{where}: InkSet {value[332]} is not CMYK; save the image as RGB")
    if model == "lab" and bits != 8:
        raise DatasetError(f"{where}: CIELab of {bits} bits; save the image as RGB")
    if model != "ycbcr" or int(page.compression) == 7:
        return
    coefficients = _ratios(value.get(529), 3) or REC601
    full = _ratios(value.get(532), 6) or FULL_RANGE
    sampling = tuple(value.get(530, (2, 2)))
    far = [abs(a - b) for a, b in zip((*coefficients, *full), (*REC601, *FULL_RANGE), strict=True)]
    if max(far) > 1e-3 or sampling != (1, 1) or bits != 8:
        raise DatasetError(
            f"{where}: YCbCr with subsampling {sampling}, {bits} bits or other coefficients; save it as RGB"
        )


def _ratios(value: Any, count: int) -> tuple[float, ...] | None:
    if value is None or len(value) != 2 * count:
        return None
    return tuple(value[n] / (value[n + 1] or 1) for n in range(0, 2 * count, 2))


def _compression(page: Any, where: str) -> int:
    if int(page.compression) not in COMPRESSIONS:
        name = getattr(page.compression, "name", page.compression)
        raise DatasetError(f"{where}: the compression {name} is not read; save with LZW, deflate or none")
    return int(page.compression)


def _sides(page: Any) -> tuple[tuple[float, float], tuple[float, float] | None]:
    """Return height and width of a pixel, and in millimetres where the file counts in centimetres."""
    x, y = (_ratio(page.tags[code].value) if code in page.tags else 1.0 for code in (282, 283))
    if not x or not y:
        return (1.0, 1.0), None
    unit = int(page.tags[296].value) if 296 in page.tags else 2
    return (x, y), (10 / y, 10 / x) if unit == 3 and 282 in page.tags else None


def _ratio(value: Any) -> float:
    above, below = value if isinstance(value, tuple) and len(value) == 2 else (value, 1)
    return float(above) / float(below) if below else 0.0


def _met(page: Any, data: bytes, alpha: Alpha, spacing: tuple[float, float] | None) -> frozenset[Attribute]:
    found = {
        table.PHOTOMETRIC[int(page.photometric)]: True,
        table.BITS: page.bitspersample != 8,
        table.PLANES: int(page.planarconfig or 1) == 2 and int(page.samplesperpixel) > 1,
        table.ORIENTED: 274 in page.tags and page.tags[274].value not in (0, 1),
        table.ASSOCIATED: alpha == "premultiplied",
        table.UNASSOCIATED: alpha == "straight",
        table.TILED: 322 in page.tags,
        table.COMPRESSED: int(page.compression) != 1,
        table.CENTIMETRES: spacing is not None,
        table.INCHES: 282 in page.tags and spacing is None,
        table.BIG: 43 in data[2:4],
        table.BIG_ENDIAN: data[:2] == b"MM",
        table.PRIVATE: any(int(tag.code) >= PRIVATE and int(tag.code) != 34675 for tag in page.tags),
    }
    return frozenset(row for row, is_there in found.items() if is_there)
