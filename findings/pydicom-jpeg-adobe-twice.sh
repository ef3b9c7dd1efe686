#!/usr/bin/env bash
# One would guess that a JPEG with Adobe's marker (as Photoshop and many exports write) has its colours converted once; pydicom with Pillow converts YCbCr to RGB twice, and red becomes another colour without a word.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pydicom==3.0.2 numpy==2.2.6 pillow==12.0.0
"$folder/venv/bin/python" - <<'PY'
import io, sys, warnings
import numpy as np, PIL, pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import pixel_array
from pydicom.uid import JPEGBaseline8Bit, SecondaryCaptureImageStorage
warnings.simplefilter("ignore")

def dicom(frame):
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    one.Rows, one.Columns, one.SamplesPerPixel, one.PlanarConfiguration = 32, 32, 3, 0
    one.PhotometricInterpretation = "YBR_FULL_422"          # what PS3.5 8.2.1 asks for, with either marker
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 8, 8, 7, 0
    one.PixelData = encapsulate([frame])
    one["PixelData"].VR, one["PixelData"].is_undefined_length = "OB", True
    return one

red = np.zeros((32, 32, 3), np.uint8); red[:] = 200, 30, 40
out = io.BytesIO(); Image.fromarray(red).save(out, "JPEG", quality=95)
jfif = out.getvalue()
length = int.from_bytes(jfif[4:6], "big")                    # JFIF's segment comes first
adobe = jfif[:2] + b"\xff\xee\x00\x0eAdobe\x00\x64" + bytes(4) + b"\x01" + jfif[4 + length:]
colours = {name: pixel_array(dicom(frame))[16, 16].tolist() for name, frame in (("JFIF", jfif), ("Adobe", adobe))}
print("pydicom", pydicom.__version__, "Pillow", PIL.__version__)
print("went in           ", red[0, 0].tolist())
print("with JFIF marker  ", colours["JFIF"])
print("with Adobe marker ", colours["Adobe"], "(Pillow alone:", np.asarray(Image.open(io.BytesIO(adobe)))[16, 16].tolist(), ")")
right = np.abs(np.array(colours["JFIF"]) - red[0, 0]).max() <= 4
wrong = np.abs(np.array(colours["Adobe"]) - red[0, 0]).max() > 50
sys.exit(0 if right and wrong else 1)
PY
