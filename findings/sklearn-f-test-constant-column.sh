#!/usr/bin/env bash
# One would guess that a feature with one value for all patients can never be chosen by an F test; f_classif even warns
# that "features are constant" where it notices. It notices only where its sums are exact in floating point. The squares
# are summed in one order for all patients and in another for each group, and F divides the two rounding errors: a
# column that is 0.85 for everyone gets an F from below zero (!) to hundreds, depending on the number of patients alone,
# and without a warning. In some cohorts SelectKBest puts it before a feature that does tell the classes apart. Radiomics
# tables hold such columns (spacing, bin width, a texture that saturates), and pipelines that filter by F meet them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install numpy==2.4.6 scikit-learn==1.9.1 2>/dev/null
"$folder/venv/bin/python" - <<'PY'
import sys
import warnings

import numpy as np
import sklearn
from sklearn.feature_selection import SelectKBest, f_classif

random = np.random.default_rng(0)
silent, wrong, scores, worst = 0, 0, [], None
for first in range(20, 120):
    label = np.repeat([0, 1], [first, 70])
    real = random.normal(label * 1.0, 1.0)  # one standard deviation apart
    rows = np.stack([real, np.full(len(label), 0.85)], axis=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        f, p = f_classif(rows, label)
        is_constant_taken = SelectKBest(f_classif, k=1).fit(rows, label).get_support()[1]
    silent += not caught
    wrong += is_constant_taken and not caught
    scores.append(f[1])
    if worst is None or f[1] > worst[1]:
        worst = (first, f[1], p[1], f[0])
print("scikit-learn", sklearn.__version__, "numpy", np.__version__)
print(f"100 cohorts (20 to 119 patients against 70), a column that is 0.85 for everyone: no warning in {silent}")
print(f"its F goes from {np.nanmin(scores):.3g} to {np.nanmax(scores):.3g}")
print(f"the worst: {worst[0]} + 70 patients, F {worst[1]:.4g}, p {worst[2]:.2g}; the real feature's F {worst[3]:.4g}")
print(f"SelectKBest(k=1) takes it before the real feature, without a warning, in {wrong} of 100")
sys.exit(not (wrong and silent > 50 and np.nanmin(scores) < 0))
PY
