#!/usr/bin/env bash
# Build sdist and wheel from the files that git tracks, and check both.
#   bash packaging/build.sh [FOLDER]        default: dist/
# Needs the package index, or PIP_NO_INDEX and PIP_FIND_LINKS with build, twine, check-wheel-contents and setuptools.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "${1:-$root/dist}"
into=$(cd "${1:-$root/dist}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'build>=1.2' 'twine>=6' 'check-wheel-contents>=0.6'
# From a copy: a build in the working tree would take in what lies there untracked, and leave build/ behind.
mkdir "$work/source"
git -C "$root" ls-files -z | tar -C "$root" --null -T - -cf - | tar -C "$work/source" -xf -
"$work/venv/bin/python" -m build --outdir "$work/dist" "$work/source" >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 1; }
"$work/venv/bin/twine" check --strict "$work"/dist/*
"$work/venv/bin/check-wheel-contents" "$work"/dist/*.whl
cp "$work"/dist/* "$into/"
ls -l "$into"
