#!/usr/bin/env bash
# One would guess that a fitted model that is saved with skops, loaded and saved again gives the same file, so that a hash
# identifies it. The arrays are the same, but each is named after the address that it had in memory, and entries are dated by
# the clock: another file every time. A registry of frozen diagnostic models, or a replication that compares hashes, then
# sees two models where there is one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q skops==0.16.0 scikit-learn==1.9.1
cat >"$folder/look.py" <<'PY'
import hashlib
import io
import sys
import zipfile

import skops
import skops.io
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
first = skops.io.dumps(model)
again = skops.io.loads(first)
second = skops.io.dumps(again)


def arrays(data: bytes) -> tuple[set[str], list[str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {name for name in archive.namelist() if name.endswith(".npy")}
        return names, sorted(hashlib.sha256(archive.read(name)).hexdigest()[:8] for name in names)


print("skops", skops.__version__)
names, contents = arrays(first)
other_names, other_contents = arrays(second)
print("the same arrays:", contents == other_contents, "| entries of the same name:", len(names & other_names), "of", len(names))
print("the same bytes:", first == second)
sys.exit(0 if contents == other_contents and first != second and not names & other_names else 1)
PY
"$folder/venv/bin/python" "$folder/look.py"
