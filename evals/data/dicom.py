"""One DICOM image as an extractor sees it, and the patient its header names.

Only the tags listed here are read; private tags, names and dates are never touched. The stored values
are rescaled and windowed as the header asks (without a window: from the lowest to the highest value),
MONOCHROME1 is turned over so that bright means dense, colour becomes RGB.
"""

import io
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.pixels import check_size
from scafe.evals.data.sources import Decoded, Optional, digest, mask_for, needed, read_bytes
from scafe.knowledge.contract.errors import DatasetError
from scafe.sandbox.pool.pool import ImageAndMask

SUFFIXES = (".dcm", ".dicom")
PIXEL_TAGS = [
    "BitsAllocated", "BitsStored", "Columns", "HighBit", "NumberOfFrames", "PhotometricInterpretation",
    "PixelData", "PixelRepresentation", "PlanarConfiguration", "RescaleIntercept", "RescaleSlope",
    "RescaleType", "Rows", "SOPClassUID", "SamplesPerPixel", "WindowCenter", "WindowWidth",
    *(f"{colour}PaletteColorLookupTable{part}" for colour in ("Red", "Green", "Blue")
      for part in ("Descriptor", "Data")),
]  # fmt: skip
PYDICOM = Optional("pydicom", "dicom", "DICOM files")


@dataclass(frozen=True)
class DicomFile:
    """A DICOM file of one frame and, if there is one, its mask file."""

    image: Path
    mask: Path | None = None

    def read(self, where: str) -> Decoded:
        """Decode both files; see `Pixels.read`."""
        data = read_bytes(self.image, where)
        image = decode_dicom(data, where)
        mask, outline = mask_for(image, self.mask, where)
        return Decoded(ImageAndMask(image, mask), digest(data, outline))


def decode_dicom(data: bytes, where: str) -> NDArray[np.uint8]:
    """Decode one frame to (H, W, 3) uint8.

    Raises
    ------
    DatasetError
        If the file is no DICOM, holds no pixels, several frames, or a compression that is not installed.
    """
    header = _header(data, where, PIXEL_TAGS)
    if "PixelData" not in header:
        raise DatasetError(f"{where}: the DICOM file holds no pixels (a report or a reference); leave it out")
    frames = int(header.get("NumberOfFrames", 1) or 1)
    if frames > 1:
        raise DatasetError(
            f"{where}: the DICOM file holds {frames} frames; save the one to use as its own file"
        )
    check_size(int(header.get("Columns", 0)), int(header.get("Rows", 0)), where)
    try:
        return _displayed(header)
    except Exception as error:  # pydicom's decoders raise whatever their plug-ins do
        reason = (str(error) or type(error).__name__).splitlines()[0][:100]
        raise DatasetError(
            f"{where}: the DICOM pixels cannot be decoded ({reason}); save the file uncompressed "
            "(Explicit VR Little Endian)"
        ) from None


def dicom_patient(data: bytes, where: str) -> str:
    """Return the header's PatientID; DatasetError if it has none."""
    patient = str(_header(data, where, ["PatientID"]).get("PatientID", "") or "").strip()
    if not patient:
        raise DatasetError(f"{where}: the DICOM header has no PatientID; give patient_id in a CSV manifest")
    return patient


def _header(data: bytes, where: str, tags: list[str]) -> Any:
    pydicom = needed(PYDICOM, where)
    try:
        return pydicom.dcmread(io.BytesIO(data), specific_tags=tags)
    except Exception as error:  # damaged headers raise anything from KeyError to struct.error
        kind = type(error).__name__
        raise DatasetError(f"{where}: not readable DICOM ({kind}); copy it again or leave it out") from None


def _displayed(header: Any) -> NDArray[np.uint8]:
    pixels = import_module("pydicom.pixels")

    if int(header.get("SamplesPerPixel", 1)) == 3:
        return np.asarray(pixels.pixel_array(header), dtype=np.uint8)
    stored = pixels.pixel_array(header)
    if header.PhotometricInterpretation == "PALETTE COLOR":
        wide = pixels.apply_color_lut(stored, header)
        return np.asarray(wide >> 8 if wide.dtype == np.uint16 else wide, dtype=np.uint8)
    values = pixels.apply_rescale(stored, header).astype(np.float64)
    if header.get("WindowCenter") is not None and header.get("WindowWidth") is not None:
        low, high = _window(header)
    else:
        low, high = float(values.min()), float(values.max())
    grey = np.clip((values - low) / max(high - low, 1e-12), 0, 1)
    if header.PhotometricInterpretation == "MONOCHROME1":
        grey = 1 - grey
    return np.repeat(np.rint(255 * grey).astype(np.uint8)[:, :, None], 3, axis=2)


def _window(header: Any) -> tuple[float, float]:
    # The first of several windows is the one a viewer opens with. Linear function, PS3.3 C.11.2.1.2.
    centre, width = (np.atleast_1d(header[name].value)[0] for name in ("WindowCenter", "WindowWidth"))
    return float(centre) - 0.5 - (float(width) - 1) / 2, float(centre) - 0.5 + (float(width) - 1) / 2
