#!/usr/bin/env bash
# One would guess that a VOI LUT with 8-bit entries shows 12-bit values; pydicom wraps the values at 256 first, so that a mammogram with such a table becomes stripes.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pydicom==3.0.2 numpy==2.2.6
"$folder/venv/bin/python" - <<'PY'
import sys, warnings
import numpy as np, pydicom
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, apply_voi_lut
warnings.simplefilter("ignore")

# DICOM PS3.3 C.11.2.1.1: the table goes from the first value mapped to first + entries - 1; its entries may have 8 bits.
stored = np.array([[0, 255, 256, 1000, 2048, 4095]], np.uint16)
entries = np.arange(4096) // 16                      # 0 ... 255, one for each of twelve bits
header, item = Dataset(), Dataset()
item.add_new("LUTDescriptor", "US", [4096, 0, 8])
item.add_new("LUTData", "US", [int(one) for one in entries])
header.VOILUTSequence = [item]
shown = apply_voi_lut(stored, header)
print("pydicom", pydicom.__version__)
print("stored values           ", stored[0].tolist())
print("by the table            ", entries[stored[0]].tolist())
print("apply_voi_lut returns   ", shown[0].tolist())

# The same in a palette of 8 bits under indices of 16 bits: an index above the last entry takes the last entry.
palette = Dataset()
for colour in ("Red", "Green", "Blue"):
    setattr(palette, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 8])
    setattr(palette, f"{colour}PaletteColorLookupTableData", bytes(range(256)))
index = np.array([[0, 255, 256, 300]], np.uint16)
colours = apply_color_lut(index, palette)[0, :, 0]
print("palette index           ", index[0].tolist())
print("by PS3.3 C.7.6.3.1.5    ", np.minimum(index[0], 255).tolist())
print("apply_color_lut returns ", colours.tolist())
as_described = shown[0].tolist() == entries[stored[0] % 256].tolist() and colours.tolist() == [0, 255, 0, 44]
sys.exit(0 if as_described else 1)
PY
