"""A frozen network from a local folder of transformers or timm, then ridge: what `network` does with ONNX."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from scafe.evals.peers.image_text import WAY_OUT, LocalModel
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
    per_image,
)
from scafe.evals.peers.penalised import fit_ridge
from scafe.evals.peers.training import TORCH, require
from scafe.sandbox.pool.pool import ImageAndMask

IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
"""Mean and standard deviation, 0 to 255, where a folder does not say."""


@dataclass(frozen=True)
class Hidden:
    """View: the pooled output of a network, or the mean of its last hidden states."""

    model: LocalModel
    where: Where

    @property
    def key(self) -> str:
        """Hash of the weights, and place."""
        return f"local network@1 {self.model.kind} {self.model.sha256} {self.where}"

    def rows(self, images: Images, keys: Sequence[str]) -> Rows:
        """Return one row an image."""
        import torch

        torch.set_num_threads(1)
        network, config = opened(self.model), input_of(self.model)

        def one(image: ImageAndMask) -> Rows:
            with torch.no_grad():
                found = network(torch.tensor(network_input(image, config, self.where)))
            return np.asarray(_pooled(found).reshape(-1).numpy(), dtype=np.float64)

        return per_image(one, images)


@dataclass(frozen=True)
class LocalNetworkPeer:
    """The ridge on a frozen network of a local folder."""

    model: LocalModel
    where: Where

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        place = "whole image" if self.where == "whole" else "crop of the lesion"
        name = f"network-{self.where}-{self.model.folder.name}"
        title = f"{self.model.note.name}, frozen → ridge, {place}"
        return Card(name, title, "network", f"{self.model.kind}, a local folder", weights=self.model.declared)

    def views(self, setting: Setting) -> Sequence[View]:
        """Return the hidden states."""
        require("torch", way_out=TORCH)
        if self.where == "crop" and not setting.has_masks:
            raise UnavailableError("no masks in this data, so there is nothing to crop to")
        if self.model.kind.startswith("timm "):
            _require_timm()
        else:
            require("transformers", way_out=WAY_OUT)
        return (Hidden(self.model, self.where),)

    def fit(self, train: Train) -> Fitted:
        """Fit the ridge."""
        return fit_ridge(train, Hidden(self.model, self.where).key)


def local_network_peers(models: Sequence[LocalModel]) -> tuple[LocalNetworkPeer, ...]:
    """Return two rows for each folder that sees pictures alone."""
    return tuple(
        LocalNetworkPeer(one, where)
        for one in models
        if one.kind not in ("clip", "bert")
        for where in ("whole", "crop")
    )


def _pooled(found: Any) -> Any:
    """Return one vector an image: the pooled output, or the mean over places of the last hidden states."""
    pooled = getattr(found, "pooler_output", None)
    if pooled is not None:
        return pooled
    hidden = getattr(found, "last_hidden_state", found)
    if hidden.ndim == 4:
        return hidden.flatten(2).mean(2)
    return hidden if hidden.ndim == 2 else hidden.mean(1)


def _require_timm() -> None:
    try:
        import timm  # noqa: F401
    except (
        ImportError,
        RuntimeError,
        OSError,
    ) as error:
        raise UnavailableError(
            f"timm does not import here ({type(error).__name__}): pip install timm with a torchvision that "
            "was built for the installed torch"
        ) from None


@lru_cache(maxsize=1)
def opened(model: LocalModel) -> Any:
    """Return the network of a folder, ready to be asked."""
    if model.kind.startswith("timm "):
        import timm

        weights = str(next(iter(sorted(model.folder.glob("*.safetensors")))))
        network = timm.create_model(model.kind.split(" ")[1], checkpoint_path=weights, num_classes=0)
    else:
        from transformers import AutoModel

        network = AutoModel.from_pretrained(model.folder, local_files_only=True)
    network.train(False)
    return network


def input_of(model: LocalModel) -> NetworkConfig:
    """Return size, mean and deviation of the input, from the folder's own files."""
    config = json.loads((model.folder / "config.json").read_text(encoding="utf-8"))
    beside = model.folder / "preprocessor_config.json"
    told = (
        json.loads(beside.read_text(encoding="utf-8"))
        if beside.is_file()
        else config.get("pretrained_cfg", {})
    )
    mean = told.get("image_mean") or told.get("mean")
    std = told.get("image_std") or told.get("std")
    size = told.get("input_size", (3, config.get("image_size", 224)))[-1]
    return NetworkConfig(
        name=model.note.name,
        licence=model.note.licence,
        source=model.kind,
        size=int(size),
        mean=tuple(255 * one for one in mean) if mean else IMAGENET[0],
        std=tuple(255 * one for one in std) if std else IMAGENET[1],
    )
