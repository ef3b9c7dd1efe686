#!/usr/bin/env bash
# One would guess that a statistic over a label without pixels is NaN, or an error, whichever statistic it is.
# scipy.ndimage.mean and variance give NaN (with a warning of a division), but minimum and maximum give 0, median gives
# the value of a pixel that belongs to another label, and minimum_position points at pixel (0, 0); all of these without
# a warning. Whoever asks for labels 1..n of a segmentation in which one structure is absent (a resected lobe, a lesion
# that healed, a label lost in resampling) gets a plausible number for it: "darkest value 0", or a neighbour's median.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install numpy==2.4.6 scipy==1.17.1 2>/dev/null
"$folder/venv/bin/python" - <<'PY'
import math
import sys
import warnings

import numpy as np
import scipy
from scipy import ndimage

image = np.array([[50.0, 70.0], [90.0, 10.0]])
labels = np.array([[1, 1], [3, 3]])  # nothing is labelled 2
print("scipy", scipy.__version__, "- label 2 has no pixel; labels 1 and 3 hold", sorted(image.ravel()))
found, warned = {}, {}
for name in ("mean", "variance", "minimum", "maximum", "median", "minimum_position"):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = getattr(ndimage, name)(image, labels, [2])[0]
    found[name] = tuple(map(int, value)) if isinstance(value, tuple) else float(value)
    warned[name] = bool(caught)
    print(f"ndimage.{name}(image, labels, [2]) = {found[name]}, warning: {warned[name]}")
stands = (
    math.isnan(found["mean"]) and math.isnan(found["variance"])
    and found["minimum"] == found["maximum"] == 0.0
    and found["median"] in image and found["minimum_position"] == (0, 0)
    and not any(warned[name] for name in ("minimum", "maximum", "median", "minimum_position"))
)
sys.exit(not stands)
PY
