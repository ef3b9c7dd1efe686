#!/usr/bin/env bash
# Write a software bill of materials (CycloneDX, JSON) of what an installation of ScaFE holds.
#   bash packaging/sbom.sh [FILE] [EXTRAS]        default: dist/scafe-sbom.json dicom,nifti,tiff
# It is read off a clean environment, so it lists what is installed and not what might be.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
into=${1:-$root/dist/scafe-sbom.json}
mkdir -p "$(dirname "$into")"
extras=${2-dicom,nifti,tiff}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bash "$root/packaging/build.sh" "$work/dist" >/dev/null
python3 -m venv --without-pip "$work/installed"  # so that pip itself is no part of the list
python3 -m venv "$work/tool"
"$work/tool/bin/pip" install --quiet 'cyclonedx-bom>=7'
"$work/tool/bin/pip" --python "$work/installed/bin/python" install --quiet "$(echo "$work"/dist/*.whl)${extras:+[$extras]}"
"$work/tool/bin/cyclonedx-py" environment --pyproject "$root/pyproject.toml" --output-reproducible \
    --output-format JSON --output-file "$into" "$work/installed/bin/python"
"$work/tool/bin/python" - "$into" <<'PYTHON'
import json, sys
bill = json.load(open(sys.argv[1], encoding="utf-8"))
parts = bill["components"]
bare = sorted(one["name"] for one in parts if not one.get("licenses"))
print(f"{bill['bomFormat']} {bill['specVersion']}: {len(parts)} packages in {sys.argv[1]}")
print("without a licence in their metadata:", ", ".join(bare) or "none")
PYTHON
