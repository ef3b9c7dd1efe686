#!/usr/bin/env bash
# One would guess that a pipeline of scikit-learn's own estimators loads with skops without a word of trust. One with a fitted
# SimpleImputer does not: it keeps a numpy.dtype, which skops does not trust, so the usual clinical pipeline (impute, scale,
# logistic) can be saved and not loaded until the reader trusts `numpy.dtype` by hand. Without the imputer it loads.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q skops==0.16.0 scikit-learn==1.9.1
cat >"$folder/look.py" <<'PY'
import sys

import skops
import skops.io
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rows, labels = [[0.0], [1.0], [float("nan")], [3.0]], [0, 0, 1, 1]
with_imputer = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()).fit(rows, labels)
without = make_pipeline(StandardScaler(), LogisticRegression()).fit([[0.0], [1.0], [2.0], [3.0]], labels)
asked = skops.io.get_untrusted_types(data=skops.io.dumps(with_imputer))
not_asked = skops.io.get_untrusted_types(data=skops.io.dumps(without))
print("skops", skops.__version__, "| with imputer, to be trusted:", asked, "| without:", not_asked)
sys.exit(0 if asked == ["numpy.dtype"] and not not_asked else 1)
PY
"$folder/venv/bin/python" "$folder/look.py"
