#!/usr/bin/env bash
# One would guess that a mean grey value read from a histogram is the same under OpenCV 4 and 5, or that the newer one
# raises. cv2.calcHist returns (256,) in OpenCV 5 where it returned (256, 1), and cv2.findNonZero (n, 2) where it was
# (n, 1, 2). Code that multiplies the histogram by a column of grey levels, as every OpenCV 4 example shape asks for, then
# broadcasts to 256 x 256 without a word: first-order features (mean, variance, entropy-weighted sums) come out wrong by
# orders of magnitude and stay finite numbers. `.ravel()` on what calcHist gives is right under both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/mean.py" <<'PY'
import cv2
import numpy as np

image = np.tile(np.arange(100, 150, dtype=np.uint8), (40, 1))
levels = np.arange(256, dtype=np.float32)[:, None]
histogram = cv2.calcHist([image], [0], None, [256], [0, 256])
mean = float((histogram * levels).sum() / histogram.sum())
points = cv2.findNonZero(image)
print(cv2.__version__, histogram.shape, points.shape, f"{mean:g}", f"{image.mean():g}")
PY
for version in 4.13.0.92 5.0.0.93; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" -q install "opencv-python-headless==$version" numpy==2.4.6 2>/dev/null
    "$folder/$version/bin/python" "$folder/mean.py" | tee "$folder/$version.txt"
done
grep -q '(256, 1) (2000, 1, 2) 124.5 124.5' "$folder/4.13.0.92.txt" && grep -q '(256,) (2000, 2) 32640 124.5' "$folder/5.0.0.93.txt"
