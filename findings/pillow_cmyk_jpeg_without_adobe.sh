#!/usr/bin/env bash
# One would guess that Pillow turns over the inks of a CMYK JPEG only where an Adobe marker says that they are stored
# inverted. It always does: take the marker away, and the same picture comes back. A clinical photograph that went
# through a print workflow without Photoshop is then shown as a negative, and nothing tells.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"; "$work/venv/bin/pip" -q install pillow==13.0.0 numpy==2.4.6
"$work/venv/bin/python" - <<'P'
import io, struct, sys
import numpy as np, PIL
from PIL import Image
ink = np.tile(np.array([10, 120, 200, 30], np.uint8), (24, 40, 1))
file = io.BytesIO(); Image.fromarray(ink, "CMYK").save(file, "JPEG", quality=100); data = file.getvalue()
at = data.index(b"Adobe") - 4; (size,) = struct.unpack(">H", data[at + 2 : at + 4])
plain = data[:at] + data[at + 2 + size :]
inks = [np.asarray(Image.open(io.BytesIO(one)))[0, 0].tolist() for one in (data, plain)]
print("Pillow", PIL.__version__, "with the marker", inks[0], "without it", inks[1])
sys.exit(not (inks[0] == inks[1] and b"Adobe" not in plain))
P
