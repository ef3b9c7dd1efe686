"""How stored values lie in a DICOM file, as its header says, before a byte of them is decoded."""

from dataclasses import dataclass
from typing import Any

from scafe.evals.data.dcm.values import CORRECT, whole
from scafe.evals.data.rules.bounds import check_size
from scafe.knowledge.contract.errors import DatasetError

KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
FLOAT_BITS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}


@dataclass(frozen=True)
class Layout:
    """Size and encoding of the one frame (PS3.3 C.7.6.3)."""

    keyword: str
    """PixelData, FloatPixelData or DoubleFloatPixelData."""
    syntax: str
    """Transfer syntax UID."""
    rows: int
    columns: int
    samples: int
    photometric: str
    planar: int
    """0: colours by pixel; 1: by plane."""
    allocated: int
    """Bits that a value takes."""
    bits: int
    """Bits of these that are the value."""
    high: int
    """Place of the value's highest bit."""
    is_signed: bool

    @property
    def is_grey(self) -> bool:
        """Whether values are shown as brightness."""
        return self.photometric.startswith("MONOCHROME")

    @property
    def is_float(self) -> bool:
        """Whether values are floating point."""
        return self.keyword in FLOAT_BITS

    @property
    def span(self) -> tuple[int, int]:
        """Lowest and highest value that the stored bits can hold."""
        low = -(1 << (self.bits - 1)) if self.is_signed else 0
        return low, low + (1 << self.bits) - 1

    @property
    def frame_bytes(self) -> int:
        """Bytes of the frame without compression."""
        # Two pixels of YBR_FULL_422 share their colours.
        samples = 2 if self.photometric == "YBR_FULL_422" else self.samples
        return -(-self.rows * self.columns * samples * self.allocated // 8)


def read_layout(flat: Any, syntax: str, where: str) -> Layout:
    """Read the image pixel module; DatasetError if it is incomplete, contradicts itself or passes a bound."""
    keyword = require_pixels(flat, where)
    samples = whole(flat, "SamplesPerPixel", where)
    floats = FLOAT_BITS.get(keyword)
    allocated = whole(flat, "BitsAllocated", where, floats)
    bits = floats or whole(flat, "BitsStored", where)
    found = Layout(
        keyword,
        syntax,
        whole(flat, "Rows", where),
        whole(flat, "Columns", where),
        samples,
        str(flat.get("PhotometricInterpretation", "") or "").strip().upper(),
        whole(flat, "PlanarConfiguration", where, None if samples > 1 else 0),
        allocated,
        bits,
        whole(flat, "HighBit", where, bits - 1),
        not floats and whole(flat, "PixelRepresentation", where) == 1,
    )
    check_size(found.columns, found.rows, where)
    _require_sense(found, where)
    return found


def require_pixels(flat: Any, where: str) -> str:
    """Return which element holds the pixels; DatasetError if none does, or several."""
    found = [name for name in KEYWORDS if name in flat]
    if len(found) == 1:
        return found[0]
    if found:
        raise DatasetError(f"{where}: the DICOM file holds {' and '.join(found)}; {CORRECT}")
    raise DatasetError(f"{where}: the DICOM file holds no pixels ({_class_of(flat)}); leave it out")


def _class_of(flat: Any) -> str:
    from pydicom import uid

    named = uid.UID(str(flat.get("SOPClassUID", "")), validation_mode=0)
    return named.name if named.name != str(named) else "a report or a reference"


def _require_sense(found: Layout, where: str) -> None:
    if (found.samples == 3) == (found.is_grey or found.photometric == "PALETTE COLOR"):
        raise DatasetError(
            f"{where}: DICOM PhotometricInterpretation = {found.photometric} does not go with "
            f"SamplesPerPixel = {found.samples}; {CORRECT}"
        )
    if found.is_float and not found.is_grey:
        raise DatasetError(f"{where}: DICOM {found.keyword} holds grey values only, not colours; {CORRECT}")
    if found.is_float and found.allocated != found.bits:
        raise DatasetError(f"{where}: DICOM BitsAllocated = {found.allocated} in {found.keyword}; {CORRECT}")
    if (
        not found.bits <= found.allocated
        or not found.bits - 1 <= found.high < found.allocated
        or found.bits < 1
    ):
        raise DatasetError(
            f"{where}: DICOM BitsAllocated = {found.allocated}, BitsStored = {found.bits} and HighBit = "
            f"{found.high} contradict each other; {CORRECT}"
        )
    if (
        found.photometric == "YBR_FULL_422"
        and found.columns % 2
        and not found.syntax.startswith("1.2.840.10008.1.2.4")
    ):
        raise DatasetError(f"{where}: DICOM YBR_FULL_422 needs an even number of Columns; {CORRECT}")
