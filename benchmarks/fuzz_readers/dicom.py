"""Valid DICOM files of every way to store and show a picture, for `benchmarks.fuzz_readers`."""

import io
from functools import cache
from typing import Any

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from scafe.evals.data.dicom import decode_dicom, dicom_patient

PLAIN = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99")
EXPLICIT, RLE, JPEG_LS, JPEG_2000, BASELINE = (
    PLAIN[1], *(f"1.2.840.10008.1.2.{part}" for part in ("5", "4.80", "4.90", "4.50")),
)  # fmt: skip
RAMP = np.linspace(0, 4095, 24 * 32).reshape(24, 32).astype(np.uint16)
COLOURS = np.stack([RAMP >> 4, 255 - (RAMP >> 4), RAMP & 255], axis=2).astype(np.uint8)


def read(data: bytes) -> object:
    """Read picture and patient, as opening a data set does."""
    dicom_patient(data, "row 2")
    return decode_dicom(data, "row 2")


@cache
def seeds() -> dict[str, bytes]:
    """Return valid files by name; a compression without an encoder is left out."""
    found = {
        f"plain {syntax}": _file(RAMP, 12, syntax, WindowCenter=2000, WindowWidth=900) for syntax in PLAIN
    }
    found["bare"] = found[f"plain {PLAIN[0]}"][132:]
    found["modality table"] = _file(RAMP, 12, ModalityLUTSequence=[_lut(4096)])
    found["voi table"] = _file(RAMP, 12, VOILUTSequence=[_lut(4096)], RescaleSlope=1, RescaleIntercept=-100)
    found["groups"] = _file(RAMP, 12, NumberOfFrames=1, SharedFunctionalGroupsSequence=[_groups()])
    found["padding"] = _file(RAMP, 12, PixelPaddingValue=0, PixelPaddingRangeLimit=9, PixelSpacing=[1, 0.5])
    found["palette"] = _file(RAMP >> 4, 8, **_palette("", np.arange(256) * 257))
    found["segments"] = _file(RAMP >> 4, 8, **_palette("Segmented", np.array([0, 1, 0, 1, 255, 65535])))
    found["colour"] = _file(COLOURS, 8)
    found["ybr"] = _file(COLOURS, 8, PhotometricInterpretation="YBR_FULL")
    found["jpeg"] = _compressed(COLOURS, BASELINE, "JPEG", PhotometricInterpretation="YBR_FULL_422")
    found["jpeg 2000"] = _compressed(COLOURS, JPEG_2000, "JPEG2000", PhotometricInterpretation="YBR_RCT")
    for syntax in (RLE, JPEG_LS, JPEG_2000):
        one = pydicom.dcmread(io.BytesIO(_file(RAMP, 12)))
        try:
            one.compress(UID(syntax))
        except RuntimeError:
            continue
        found[f"grey {syntax}"] = _bytes(one)
    return found


def _file(values: np.ndarray, bits: int, syntax: str = EXPLICIT, **attributes: Any) -> bytes:
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = UID(syntax)
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    one.PatientID, one.PatientName, one.SpecificCharacterSet = "P1", "Doe^Jane", "ISO_IR 192"
    one.Rows, one.Columns = values.shape[:2]
    one.SamplesPerPixel = 3 if values.ndim == 3 else 1
    one.PhotometricInterpretation = "RGB" if values.ndim == 3 else "MONOCHROME2"
    if values.ndim == 3:
        one.PlanarConfiguration = 0
    one.BitsAllocated, one.BitsStored, one.HighBit = 8 * values.itemsize, bits, bits - 1
    one.PixelRepresentation = 0
    one.PixelData = values.astype(values.dtype.newbyteorder(">" if syntax == PLAIN[2] else "<")).tobytes()
    one["PixelData"].VR = "OW" if values.itemsize == 2 else "OB"
    for name, value in attributes.items():
        setattr(one, name, value)
    return _bytes(one)


def _bytes(one: Dataset) -> bytes:
    out = io.BytesIO()
    one.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _lut(length: int) -> Dataset:
    item = Dataset()
    item.LUTDescriptor = [length, 0, 16]
    item["LUTDescriptor"].VR = "US"
    item.add_new("LUTData", "OW", np.linspace(0, 65535, length).astype("<u2").tobytes())
    return item


def _groups() -> Dataset:
    window, measures, group = Dataset(), Dataset(), Dataset()
    window.WindowCenter, window.WindowWidth, window.VOILUTFunction = "2000", "900", "SIGMOID"
    measures.PixelSpacing = [0.5, 0.5]
    group.FrameVOILUTSequence, group.PixelMeasuresSequence = [window], [measures]
    return group


def _palette(kind: str, entries: np.ndarray) -> dict[str, Any]:
    told: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour in ("Red", "Green", "Blue"):
        told[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        told[f"{kind}{colour}PaletteColorLookupTableData"] = entries.astype("<u2").tobytes()
    return told


def _compressed(values: np.ndarray, syntax: str, name: str, **attributes: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(values).save(
        out, name, **({"mct": 1, "irreversible": False} if name == "JPEG2000" else {})
    )
    one = pydicom.dcmread(io.BytesIO(_file(values, 8, **attributes)))
    one.file_meta.TransferSyntaxUID = UID(syntax)
    one.PixelData = encapsulate([out.getvalue()])
    one["PixelData"].VR, one["PixelData"].is_undefined_length = "OB", True
    return _bytes(one)
