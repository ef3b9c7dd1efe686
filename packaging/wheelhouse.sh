#!/usr/bin/env bash
# Fill a folder with ScaFE's wheel and every wheel that it needs, for a network without a package index.
#   bash packaging/wheelhouse.sh [FOLDER] [EXTRAS]        default: dist/wheelhouse dicom,nifti,tiff
# On the other side, without any network, with the same Python version and platform:
#   python3 -m venv scafe && scafe/bin/pip install --no-index --find-links FOLDER 'scafe[EXTRAS]'
# Versions are those of uv.lock where uv is installed, else the newest that pyproject.toml allows.
# SHA256SUMS lists every file: check it after the transfer with `sha256sum --check --strict SHA256SUMS`.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "${1:-$root/dist/wheelhouse}"
into=$(cd "${1:-$root/dist/wheelhouse}" && pwd)
extras=${2-dicom,nifti,tiff}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bash "$root/packaging/build.sh" "$work/dist" >/dev/null
wheel=$(echo "$work"/dist/*.whl)
pinned=()
if command -v uv >/dev/null || [ -x "$root/.venv/bin/uv" ]; then
    uv=$(command -v uv || echo "$root/.venv/bin/uv")
    (cd "$root" && "$uv" export --quiet --locked --no-dev --no-hashes --no-emit-project --all-extras) >"$work/pins.txt"
    pinned=(--constraint "$work/pins.txt")
    echo "wheelhouse: versions of uv.lock" >&2
else
    echo "wheelhouse: uv is not installed; newest versions that pyproject.toml allows" >&2
fi
python3 -m venv "$work/venv"
"$work/venv/bin/pip" wheel --quiet --wheel-dir "$into" "${pinned[@]}" "$wheel${extras:+[$extras]}"
(cd "$into" && rm -f SHA256SUMS && sha256sum -- *.whl >SHA256SUMS)
echo "$(ls "$into" | grep -c whl) wheels, $(du -sm "$into" | cut -f1) MB in $into"
