#!/usr/bin/env bash
# One would guess that torch.onnx.export leaves the network as it was. It exports in evaluation mode and afterwards sets
# the module it was given, with everything inside, to the mode that this outer module had. A pretrained network that was
# set to .eval() and then wrapped (say, to give pooled features) is inside a new module, whose mode is training: after
# the export the network itself is in training mode, without a word. Whatever it predicts from then on uses the
# statistics of its own batch and drops units at random: the scores of a patient then depend on who shares the batch,
# and a check "does ONNX agree with torch" fails for the wrong reason. .eval() on the wrapper avoids it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install torch==2.13.0 numpy==2.4.6 onnx==1.23.2 2>/dev/null
"$folder/venv/bin/python" -W ignore - <<'PY'
import io
import sys

import torch

print("torch", torch.__version__)


class Pooled(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, image):
        return self.network(image).mean((2, 3))


def difference(wrapper):
    """Largest change of what the network says of the same images before and after an export."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).eval()
    images = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        before = network(images)
        torch.onnx.export(wrapper(network), (images,), io.BytesIO(), dynamo=False)
        return network.training, float((network(images) - before).abs().max())


plain = difference(Pooled)
mended = difference(lambda network: Pooled(network).eval())
print("wrapped:              training after the export %s, outputs change by %.3f" % plain)
print("wrapped and .eval():  training after the export %s, outputs change by %.3f" % mended)
sys.exit(0 if plain[0] and plain[1] > 0.1 and not mended[0] and mended[1] == 0 else 1)
PY
