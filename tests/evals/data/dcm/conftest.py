"""DICOM files as tests need them: a valid file of given values, and what is laid over it."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from scafe.evals.data.dicom import decode_dicom

pydicom = pytest.importorskip("pydicom")
Dataset = pydicom.dataset.Dataset
Make = Callable[..., bytes]
Show = Callable[..., np.ndarray]

EXPLICIT = "1.2.840.10008.1.2.1"


def header_of(values: np.ndarray, bits: int) -> Any:
    """An image header for values (H, W) or (H, W, 3), `bits` of them stored."""
    one = Dataset()
    one.SOPClassUID, one.SOPInstanceUID = pydicom.uid.SecondaryCaptureImageStorage, "1.2.3.4"
    one.PatientID = "P1"
    one.Rows, one.Columns = values.shape[:2]
    one.SamplesPerPixel = 3 if values.ndim == 3 else 1
    one.PhotometricInterpretation = "RGB" if values.ndim == 3 else "MONOCHROME2"
    if values.ndim == 3:
        one.PlanarConfiguration = 0
    one.BitsAllocated, one.BitsStored, one.HighBit = 8 * values.dtype.itemsize, bits, bits - 1
    one.PixelRepresentation = int(values.dtype.kind == "i")
    return one


def as_file(one: Any, syntax: str = EXPLICIT, *, has_preamble: bool = True) -> bytes:
    """Write a header and its pixels."""
    one.file_meta = pydicom.dataset.FileMetaDataset()
    one.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    out = io.BytesIO()
    if has_preamble:
        one.save_as(out, enforce_file_format=True)
    else:
        del one.file_meta
        plain = pydicom.uid.UID(syntax)
        one.save_as(out, implicit_vr=plain.is_implicit_VR, little_endian=plain.is_little_endian)
    return out.getvalue()


@pytest.fixture
def make() -> Make:
    def make(
        values: np.ndarray,
        bits: int = 0,
        syntax: str = EXPLICIT,
        *,
        tags: dict[int, tuple[str, Any]] | None = None,
        has_preamble: bool = True,
        **attributes: Any,
    ) -> bytes:
        one = header_of(values, bits or 8 * values.dtype.itemsize)
        order = ">" if syntax == "1.2.840.10008.1.2.2" else "<"
        one.PixelData = values.astype(values.dtype.newbyteorder(order)).tobytes()
        one["PixelData"].VR = "OB" if values.dtype.itemsize == 1 else "OW"
        for name, value in attributes.items():
            if value is None:
                one.pop(name, None)
            elif isinstance(value, tuple):
                one.add_new(name, *value)  # keyword=(VR, value)
            else:
                setattr(one, name, value)
        for tag, (vr, value) in (tags or {}).items():
            one.add_new(tag, vr, value)
        return as_file(one, syntax, has_preamble=has_preamble)

    return make


@pytest.fixture
def show(make: Make) -> Show:
    """The picture of a file: (H, W) for grey and (H, W, 3) for colour, int."""

    def show(values: np.ndarray, bits: int = 0, **attributes: Any) -> np.ndarray:
        picture = decode_dicom(make(values, bits, **attributes), "row 2 (a.dcm)").astype(int)
        is_grey = (picture == picture[:, :, :1]).all()
        return picture[:, :, 0] if values.ndim == 2 and is_grey else picture

    return show


@pytest.fixture
def ramp() -> np.ndarray:
    """Every twelve-bit value from black to white, row by row."""
    return np.linspace(0, 4095, 48 * 64).reshape(48, 64).astype(np.uint16)


def item(**attributes: Any) -> Any:
    """An item of a sequence."""
    one = Dataset()
    for name, value in attributes.items():
        if isinstance(value, tuple):
            one.add_new(name, *value)
        else:
            setattr(one, name, value)
    return one


@pytest.fixture
def lut() -> Callable[..., Any]:
    """An item with a table: entries, first value mapped, bits, how it is written."""

    def lut(entries: np.ndarray, first: int = 0, bits: int = 16, vr: str = "OW", **more: Any) -> Any:
        length = len(entries) % 65536
        one = item(LUTDescriptor=("SS" if first < 0 else "US", [length, first, bits]), **more)
        if vr == "US":
            one.add_new("LUTData", "US", [int(entry) for entry in entries])
        else:
            one.add_new("LUTData", "OW", entries.astype("<u2").tobytes())
        return one

    return lut
