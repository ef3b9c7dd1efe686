#!/usr/bin/env bash
# One would guess that a function of arrays returns the same numbers for the same numbers. cv2.magnitude (gradient
# magnitude, and so edge, texture and Hessian features) differs in the last bit with where in memory its result happens
# to be allocated: one thread, one process, the same float32 arrays, other bytes. A radiomics feature that thresholds or
# bins such values can then differ between two runs on the same image, and a test of bitwise reproducibility fails now
# and then. It is the Intel IPP path of the x86 wheels: after cv2.ipp.setUseIPP(False) there is one result, as there is
# for numpy's sqrt(x * x + y * y).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install opencv-python-headless==5.0.0.93 numpy==2.4.6 2>/dev/null
"$folder/venv/bin/python" - <<'PY'
import sys

import cv2
import numpy as np

cv2.setNumThreads(1)
across, down = np.random.default_rng(0).random((2, 33, 41), dtype=np.float32)


def results(function):
    """Results of the same arrays, written to 16 places in memory."""
    room = np.zeros(across.size + 32, np.float32)
    found = set()
    for offset in range(16):
        place = room[offset : offset + across.size].reshape(across.shape)
        function(across, down, place)
        found.add(place.tobytes())
    return found


theirs = results(lambda x, y, place: cv2.magnitude(x, y, magnitude=place))
numpys = results(lambda x, y, place: np.sqrt(x * x + y * y, out=place))
cv2.ipp.setUseIPP(False)
plain = results(lambda x, y, place: cv2.magnitude(x, y, magnitude=place))
print("opencv", cv2.__version__, "numpy", np.__version__)
print("different results of the same numbers: cv2.magnitude", len(theirs), "without IPP", len(plain), "numpy", len(numpys))
sys.exit(0 if len(theirs) > 1 and len(plain) == len(numpys) == 1 else 1)
PY
