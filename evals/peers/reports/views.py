"""What picture and report are to the head: states of a frozen Swin and BERT, computed once an image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.evals.peers.image_text import LocalModel
from scafe.evals.peers.local_network import input_of, opened
from scafe.evals.peers.network import network_input
from scafe.evals.peers.peer import Images, Rows, per_image
from scafe.evals.peers.reports.texts import texts_digest
from scafe.sandbox.pool.pool import ImageAndMask

TOKENS = 64
"""Of a report; a longer one is cut, as its beginning says most."""
HEAD = 2
"""Numbers before the states: their rows and columns."""
KEY = "report"
"""How the key of a view of texts begins: it holds the texts' hash, which a fit does not know."""


@dataclass(frozen=True)
class Places:
    """View: the last states of a Swin, one vector a place."""

    model: LocalModel

    @property
    def key(self) -> str:
        """Hash of the weights."""
        return f"places@1 {self.model.sha256}"

    def rows(self, images: Images, keys: Sequence[str]) -> Rows:
        """Return (places, width) of each image, packed."""
        import torch

        torch.set_num_threads(1)
        network, config = opened(self.model), input_of(self.model)

        def one(image: ImageAndMask) -> Rows:
            with torch.no_grad():
                found = network(torch.tensor(network_input(image, config, "whole"))).last_hidden_state
            return packed(found[0].numpy())

        return per_image(one, images)


@dataclass(frozen=True)
class Tokens:
    """View: the last states of a BERT, one vector a token and whether the token is there."""

    model: LocalModel
    texts: Mapping[str, str] = field(repr=False)
    """Hash of an image -> its report."""

    @property
    def key(self) -> str:
        """Hash of weights and texts."""
        return f"{KEY}@1 {self.model.sha256} {texts_digest(self.texts)}"

    def rows(self, images: Images, keys: Sequence[str]) -> Rows:
        """Return (TOKENS, width + 1) of each report, packed; the last column is 1 where a token is there."""
        import torch

        torch.set_num_threads(1)
        network, tokenizer = opened(self.model), _tokenizer(self.model)
        found = []
        for key in keys:
            words = tokenizer(
                self.texts[key], padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt"
            )
            with torch.no_grad():
                states = network(**words).last_hidden_state[0].numpy()
            found.append(packed(np.column_stack([states, words["attention_mask"][0].numpy()])))
        return np.array(found)


def packed(states: NDArray[Any]) -> Rows:
    """Return a table as one row that knows its shape."""
    return np.concatenate([states.shape, np.asarray(states, dtype=np.float64).reshape(-1)])


def unpacked(rows: Rows) -> Rows:
    """Return (n, rows, columns) of packed tables of one shape.

    >>> unpacked(np.array([packed(np.eye(2)), packed(np.ones((2, 2)))])).shape
    (2, 2, 2)
    """
    height, width = (int(number) for number in rows[0, :HEAD])
    return rows[:, HEAD:].reshape(-1, height, width)


@lru_cache(maxsize=1)
def _tokenizer(model: LocalModel) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model.folder, local_files_only=True)
