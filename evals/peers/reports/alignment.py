"""The head that is trained: picture and report look at each other, and their means are brought together."""

from typing import Any

WIDTH = 32
HEADS = 4
CONTRAST = 0.5
"""Weight of the contrastive loss beside the cross entropy."""
START = 2.66
"""Logarithm of the first scale of cosines, 1 / 0.07 as CLIP begins."""
HIGHEST = 4.6
"""And of the largest, 100."""


def build_alignment(places: tuple[int, ...], tokens: tuple[int, ...], n_classes: int) -> Any:
    """Return the head for pictures of (places, width) and reports of (tokens, width + 1).

    It takes both flat in one row, the report behind the picture; the report's last column says whether a
    token is there.
    """
    import torch
    from torch import nn

    class Alignment(nn.Module):
        """Two projections, attention both ways, one classifier."""

        def __init__(self) -> None:
            super().__init__()
            self.see, self.read = nn.Linear(places[1], WIDTH), nn.Linear(tokens[1] - 1, WIDTH)
            self.look_up = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
            self.look_down = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
            self.scale = nn.Parameter(torch.tensor(START))
            self.classify = nn.Sequential(nn.Dropout(0.2), nn.Linear(2 * WIDTH, n_classes))

        def forward(self, shown: Any) -> Any:
            """Return (n, n_classes) logits."""
            seen, read, there = self._projected(shown)
            told = self.look_up(read, seen, seen, need_weights=False)[0]
            found = self.look_down(seen, read, read, key_padding_mask=~there, need_weights=False)[0]
            return self.classify(torch.cat([(seen + found).mean(1), _mean(read + told, there)], dim=1))

        def loss(self, shown: Any, targets: Any) -> Any:
            """Return the cross entropy, and how far a picture is from its own report among the batch's."""
            seen, read, there = self._projected(shown)
            pictures = nn.functional.normalize(seen.mean(1), dim=1)
            reports = nn.functional.normalize(_mean(read, there), dim=1)
            cosines = self.scale.clamp(max=HIGHEST).exp() * pictures @ reports.T
            own = torch.arange(len(cosines))
            contrast = (
                nn.functional.cross_entropy(cosines, own) + nn.functional.cross_entropy(cosines.T, own)
            ) / 2
            return nn.functional.cross_entropy(self(shown), targets) + CONTRAST * contrast

        def _projected(self, shown: Any) -> tuple[Any, Any, Any]:
            cut = places[0] * places[1]
            states = shown[:, cut:].reshape(-1, *tokens)
            return (
                self.see(shown[:, :cut].reshape(-1, *places)),
                self.read(states[:, :, :-1]),
                states[:, :, -1] > 0,
            )

    return Alignment()


def _mean(states: Any, there: Any) -> Any:
    """Mean over the tokens that are there."""
    kept = there[:, :, None].to(states.dtype)
    return (states * kept).sum(1) / kept.sum(1).clamp(min=1)
