"""Files of `pydicom.data`, and of `pydicom-data` where it is installed, against pydicom's own functions.

Nothing is downloaded or copied: only what lies in the installed packages is read.
"""

import importlib.util
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.pixels import (
    apply_color_lut,
    apply_icc_profile,
    apply_modality_lut,
    apply_voi,
    apply_windowing,
    pixel_array,
)

from benchmarks.conformance.cases import Case
from scafe.evals.data.dicom import decode_dicom

NO_DICOM = (".py", ".pyc", ".json", ".md", ".txt", ".sh", ".icc", ".gz", ".dump")


def cases() -> list[Case]:
    """Return one case for each file that is there."""
    return [_case(path, root) for root in _roots() for path in sorted(root.rglob("*")) if _is_file(path)]


def _roots() -> Iterator[Path]:
    yield Path(pydicom.__file__).parent / "data"
    spec = importlib.util.find_spec("data_store")  # what `pip install pydicom-data` adds
    yield from map(Path, spec.submodule_search_locations or () if spec else ())


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.name.endswith(NO_DICOM) and path.name != "README"


def _case(path: Path, root: Path) -> Case:
    data = path.read_bytes()
    name = f"{root.name}/{path.relative_to(root)}"
    return Case(
        name,
        lambda: decode_dicom(data, path.name),
        lambda: _reference(data),
        _expected(data),
        _is_linear(data),
    )


def _reference(data: bytes) -> np.ndarray:
    """Return the picture by pydicom's chain: palette; or modality, VOI, 0 to 255 over the step's range."""
    dataset = pydicom.dcmread(io.BytesIO(data), force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
    stored = pixel_array(dataset)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        colours = apply_color_lut(stored, dataset)
        return colours * (255.0 / np.iinfo(colours.dtype).max)
    if dataset.SamplesPerPixel == 3:
        bits = dataset.BitsStored
        return (apply_icc_profile(stored, dataset) if "ICCProfile" in dataset else stored) * (
            255.0 / (2**bits - 1)
        )
    grey = _grey(stored, dataset)
    grey = 255 - grey if dataset.PhotometricInterpretation == "MONOCHROME1" else grey
    return np.repeat(grey[..., None], 3, axis=-1)


def _grey(stored: np.ndarray, dataset: Any) -> np.ndarray:
    units = apply_modality_lut(stored, dataset)
    if dataset.get("VOILUTSequence"):
        return apply_voi(units, dataset) * (255.0 / (2 ** dataset.VOILUTSequence[0].LUTDescriptor[2] - 1))
    if dataset.get("WindowWidth") is None:
        return units.astype(float)
    # Where black and white lie is what the window makes of values far below and far above it.
    ends = np.array([-1e9, 1e9])
    low, high = apply_windowing(ends, dataset)
    return 255 * (apply_windowing(units, dataset) - low) / (high - low)


def _is_linear(data: bytes) -> bool:
    """Whether nothing says what is black and white: then ours is units, linear between any two."""
    try:
        dataset = pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=True)
    except Exception:  # then there is nothing to compare
        return False
    grey = str(dataset.get("PhotometricInterpretation", "")).startswith("MONOCHROME")
    return grey and not dataset.get("VOILUTSequence") and dataset.get("WindowWidth") is None


def _expected(data: bytes) -> str:
    try:
        dataset = pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=True)
    except Exception:  # then there is nothing to compare
        return ""
    if "PixelPaddingValue" in dataset:
        return "padding is black here"
    if "RedPaletteColorLookupTableData" in dataset and dataset.original_encoding[1] is False:
        return "pydicom reads palettes of big-endian files in the order of the machine"
    return ""
