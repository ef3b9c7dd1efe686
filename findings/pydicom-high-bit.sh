#!/usr/bin/env bash
# One would guess that pydicom takes the value from the bits that HighBit names; it ignores HighBit, so that 12 bits kept in the upper end of a word (old CR and scanned film) lose their upper bits and the picture wraps.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pydicom==3.0.2 numpy==2.2.6
"$folder/venv/bin/python" - <<'PY'
import io, sys, warnings
import numpy as np, pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import pixel_array
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage
warnings.simplefilter("error")                               # it does not warn either

values = np.linspace(0, 4095, 64 * 64).reshape(64, 64).astype("<u2")
one = Dataset()
one.file_meta = FileMetaDataset()
one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
one.Rows, one.Columns, one.SamplesPerPixel, one.PhotometricInterpretation = 64, 64, 1, "MONOCHROME2"
one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 12, 15, 0
one.PixelData = (values << 4).astype("<u2").tobytes()        # PS3.5 8.1.1 and figure D: bits 15 to 4
one["PixelData"].VR = "OW"
file = io.BytesIO()
one.save_as(file, enforce_file_format=True)
read = pixel_array(pydicom.dcmread(io.BytesIO(file.getvalue())))
print("pydicom", pydicom.__version__)
print("values that were kept   ", values.ravel()[::512].tolist())
print("pixel_array returns     ", read.ravel()[::512].tolist())
print("brighter is darker in   ", int((np.diff(read.ravel().astype(int)) < 0).sum()), "places of a rising ramp")
sys.exit(0 if (read == (values << 4) % 4096).all() else 1)
PY
