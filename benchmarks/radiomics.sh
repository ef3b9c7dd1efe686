#!/usr/bin/env bash
# Install pyradiomics beside ScaFE, which `pip install pyradiomics` does not do: its source distribution needs
# numpy in the build environment and does not ask for it (pyradiomics issues 932, 933, 949).
#   bash benchmarks/radiomics.sh PYTHON           e.g. bash benchmarks/radiomics.sh .venv/bin/python
# Exits with 1 if it does not import or measures nothing.
set -euo pipefail
python=${1:?name the python of the environment}
"$python" -m pip --version > /dev/null 2>&1 || "$python" -m ensurepip > /dev/null
"$python" -m pip install -qq --disable-pip-version-check "numpy>=2.2,<3" "setuptools<81" wheel versioneer cython
"$python" -m pip install -qq --disable-pip-version-check --no-build-isolation "pyradiomics==3.0.1"
"$python" - <<'PYTHON'
import logging
import numpy, SimpleITK
from radiomics import featureextractor
logging.getLogger("radiomics").setLevel(logging.ERROR)
mask = numpy.zeros((1, 40, 40), numpy.uint8)
mask[:, 8:30, 8:30] = 1
image = numpy.random.default_rng(0).integers(0, 256, mask.shape).astype(float)
found = featureextractor.RadiomicsFeatureExtractor(force2D=True, binCount=32).execute(
    SimpleITK.GetImageFromArray(image), SimpleITK.GetImageFromArray(mask))
numbers = [name for name in found if not name.startswith("diagnostics")]
print(len(numbers), "features by pyradiomics")
raise SystemExit(0 if len(numbers) > 80 else 1)
PYTHON
