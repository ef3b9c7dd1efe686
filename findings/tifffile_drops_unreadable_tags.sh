#!/usr/bin/env bash
# One would guess that a tag which cannot be read makes a TIFF unreadable. tifffile leaves the tag out, writes a line to
# its log, and hands out the samples. Where the tag says how to show them (here the transfer curve), a micrograph or
# scan of a film is measured on another scale than the file states, and the caller never hears of the tag.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"; "$work/venv/bin/pip" -q install tifffile==2026.3.3 numpy==2.4.6
"$work/venv/bin/python" - <<'P'
import io, logging, struct, sys
import numpy as np, tifffile
logging.disable(logging.CRITICAL)
file = io.BytesIO(); curve = tuple(range(256))
tifffile.imwrite(file, np.zeros((16, 20), np.uint8), photometric="minisblack", metadata=None, extratags=[(301, 3, 256, curve, True)])
def tags(data):
    with tifffile.TiffFile(io.BytesIO(data)) as opened:
        page = opened.pages[0]
        return 301 in page.tags, page.asarray().shape
data = bytearray(file.getvalue()); (begin,) = struct.unpack_from("<I", data, 4); (count,) = struct.unpack_from("<H", data, begin)
entry = next(at for at in range(begin + 2, begin + 2 + 12 * count, 12) if struct.unpack_from("<H", data, at)[0] == 301)
whole = tags(bytes(data)); struct.pack_into("<I", data, entry + 8, 10**6)
print("tifffile", tifffile.__version__, "TransferFunction there:", whole, "with its values past the end:", tags(bytes(data)))
sys.exit(not (whole[0] and not tags(bytes(data))[0]))
P
