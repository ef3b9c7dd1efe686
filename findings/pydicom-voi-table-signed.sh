#!/usr/bin/env bash
# One would guess that pydicom reads a VOI LUT of a CT as the standard says (first value mapped is signed where Hounsfield units are); written as US it is taken for 64536 and the picture is one grey.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pydicom==3.0.2 numpy==2.2.6
"$folder/venv/bin/python" - <<'PY'
import io, sys, warnings
import numpy as np, pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut, pixel_array
from pydicom.uid import CTImageStorage, ImplicitVRLittleEndian
warnings.simplefilter("ignore")

stored = np.linspace(0, 2047, 64 * 64).reshape(64, 64).astype("<u2")   # unsigned, as most CT scanners store
one = Dataset()
one.file_meta = FileMetaDataset()
one.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian               # no VR is written: the reader must know it
one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = CTImageStorage
one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
one.Rows, one.Columns, one.SamplesPerPixel, one.PhotometricInterpretation = 64, 64, 1, "MONOCHROME2"
one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 12, 11, 0
one.RescaleSlope, one.RescaleIntercept, one.RescaleType = 1, -1024, "HU"
one.PixelData = stored.tobytes()
item = Dataset()                                                       # -1000 to 999 HU, black to white
item.add_new("LUTDescriptor", "US", [2000, 65536 - 1000, 16])          # the bytes of -1000
item.add_new("LUTData", "OW", np.linspace(0, 65535, 2000).astype("<u2").tobytes())
one.VOILUTSequence = [item]
file = io.BytesIO()
one.save_as(file, enforce_file_format=True)

read = pydicom.dcmread(io.BytesIO(file.getvalue()))
first = read.VOILUTSequence[0].LUTDescriptor[1]
units = apply_modality_lut(pixel_array(read), read)
shown = apply_voi_lut(units, read)
print("pydicom", pydicom.__version__)
print("Hounsfield units        ", int(units.min()), "to", int(units.max()))
print("first value mapped      ", first, "(PS3.3 C.11.2.1.1: SS for Hounsfield units, so -1000)")
print("different shown values  ", len(np.unique(shown)), "(the table has 2000)")
sys.exit(0 if first == 64536 and len(np.unique(shown)) == 1 else 1)
PY
