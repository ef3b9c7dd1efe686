"""A Swin pyramid with attention over channels and places, its levels fused: from scratch, and named so.

The levels of a small Swin are brought to one width, weighted by channel and by place, and their pooled
vectors mixed by a softmax over levels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scafe.evals.peers.cnn import SIDE, Thumbnail
from scafe.evals.peers.peer import Card, Fitted, Setting, Train, View, Weights
from scafe.evals.peers.training import TORCH, Recipe, require, train_network

RECIPE = Recipe(30, 1e-3, 1e-2)
WIDTH = 32
CHANNELS = 24
"""Of the first level; each level doubles it."""
WAY_OUT = "pip install transformers (and torch)"


@dataclass(frozen=True)
class SwinPyramidPeer:
    """Channel and spatial attention over the levels of a Swin.

    References
    ----------
    .. [1] Liu et al. (2021), Swin Transformer, ICCV, doi:10.1109/ICCV48922.2021.00986.
    .. [2] Woo et al. (2018), CBAM: Convolutional Block Attention Module, ECCV,
       doi:10.1007/978-3-030-01234-2_1 (attention over channels, then places).
    """

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        title = f"Swin pyramid, channel and spatial attention, from scratch, {SIDE} pixels"
        source = "Liu 2021, doi:10.1109/ICCV48922.2021.00986; Woo 2018, doi:10.1007/978-3-030-01234-2_1"
        weights = Weights("trained here")
        return Card("swin-pyramid", title, "network", source, weights=weights, on_request=True)

    def views(self, setting: Setting) -> Sequence[View]:
        """Return thumbnails."""
        require("torch", way_out=TORCH)
        require("transformers", way_out=WAY_OUT)
        return (Thumbnail("whole"),)

    def fit(self, train: Train) -> Fitted:
        """Train it."""
        key, shape = Thumbnail("whole").key, (3, SIDE, SIDE)
        return train_network(train, key, shape, lambda: build_pyramid(len(train.classes)), RECIPE)


def build_pyramid(n_classes: int) -> Any:
    """Return the network; its weights are random until it is trained."""
    import torch
    from torch import nn

    class Pyramid(nn.Module):
        """Levels mixed by a softmax over them."""

        def __init__(self) -> None:
            super().__init__()
            self.swin = _swin()
            with torch.no_grad():
                widths = [one.shape[1] for one in self._maps(torch.zeros(1, 3, SIDE, SIDE))]
            self.levels = nn.ModuleList(_attention(channels) for channels in widths)
            self.mix = nn.Linear(WIDTH, 1)
            self.classify = nn.Linear(WIDTH, n_classes)

        def _maps(self, image: Any) -> list[Any]:
            return list(self.swin(image, output_hidden_states=True).reshaped_hidden_states)

        def forward(self, image: Any) -> Any:
            """Return (n, n_classes) logits."""
            levels = zip(self.levels, self._maps(image), strict=True)
            pooled = torch.stack([attend(level) for attend, level in levels], dim=1)
            return self.classify((pooled * torch.softmax(self.mix(pooled), dim=1)).sum(1))

    return Pyramid()


def _swin() -> Any:
    from transformers import SwinConfig, SwinModel

    shape: dict[str, Any] = {"image_size": SIDE, "patch_size": 4, "embed_dim": CHANNELS, "window_size": 3}
    config = SwinConfig(**shape, depths=[1, 1, 1], num_heads=[2, 4, 8])
    return SwinModel(config, add_pooling_layer=False)


def _attention(channels: int) -> Any:
    """Return one level: to a common width, weighted by channel, then by place, then pooled."""
    import torch
    from torch import nn

    class Attention(nn.Module):
        """Attention over channels, then places."""

        def __init__(self) -> None:
            super().__init__()
            self.narrow = nn.Conv2d(channels, WIDTH, 1)
            self.channel = nn.Sequential(nn.Linear(WIDTH, 8), nn.ReLU(), nn.Linear(8, WIDTH))
            self.place = nn.Conv2d(2, 1, 3, padding=1)

        def forward(self, level: Any) -> Any:
            """Return (n, WIDTH)."""
            seen = self.narrow(level)
            seen = seen * torch.sigmoid(self.channel(seen.mean((2, 3))))[:, :, None, None]
            told = torch.stack([seen.mean(1), seen.amax(1)], dim=1)
            return (seen * torch.sigmoid(self.place(told))).mean((2, 3))

    return Attention()
