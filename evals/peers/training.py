"""How the rows that need torch are trained: the same loop for each, on one thread, from a seed.

What is learnt depends on the training patients and the seed alone: the same cell gives the same numbers for
any number of workers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.evals.peers.peer import Rows, Sample, Train, UnavailableError

TORCH = "torch is not installed: pip install torch (its CPU build is enough)"
BATCH = 16
PATIENCE = 8
"""Epochs without a better loss on the inner validation patients after which training stops."""


@dataclass(frozen=True)
class Recipe:
    """How one row is trained."""

    epochs: int
    rate: float
    decay: float = 1e-4


@dataclass(frozen=True)
class Trained:
    """A trained network on one view."""

    key: str
    shape: tuple[int, ...]
    network: Any
    scale: float = 1.0

    def predict(self, sample: Sample) -> Rows:
        """Return probabilities; columns in the order of `classes`."""
        import torch

        self.network.eval()
        with torch.no_grad():
            logits = self.network(tensor(sample[self.key], self.shape))
        return np.asarray(torch.softmax(logits, dim=1).numpy(), dtype=np.float64)


def require(*packages: str, way_out: str) -> None:
    """Raise UnavailableError if a package lacks.

    Raises
    ------
    UnavailableError
        Names the first that lacks, and the way out.
    """
    for name in packages:
        if find_spec(name) is None:
            raise UnavailableError(f"{name} is not installed: {way_out}")


def train_network(
    train: Train, key: str, shape: tuple[int, ...], build: Callable[[], Any], recipe: Recipe
) -> Trained:
    """Train on four fifths of the training patients and stop by the others; few patients train to the end.

    The loss is the cross entropy, or what the network's own `loss(shown, targets)` says.

    Parameters
    ----------
    train : Train
    key : str
        The view that is learnt from.
    shape : tuple of int
        Of one row of it.
    build : callable
        Makes the network, called after the seed is set.
    recipe : Recipe
    """
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(train.seed)
    network = build()
    shown, targets = tensor(train[key], shape), torch.tensor(_targets(train))
    held = torch.tensor(_validation(train))
    optimiser = torch.optim.AdamW(
        [one for one in network.parameters() if one.requires_grad], recipe.rate, weight_decay=recipe.decay
    )
    _run(network, optimiser, (shown, targets, held), recipe, np.random.default_rng(train.seed))
    return Trained(key, shape, network)


def tensor(rows: Rows, shape: Sequence[int]) -> Any:
    """Return a view's rows as a float32 tensor (n, *shape); a number that is missing counts as 0."""
    import torch

    return torch.tensor(np.nan_to_num(rows).reshape(-1, *shape), dtype=torch.float32)


def _run(network: Any, optimiser: Any, data: tuple[Any, Any, Any], recipe: Recipe, rng: Any) -> None:
    import torch

    shown, targets, held = data
    learnt = np.flatnonzero(~held.numpy())
    best, kept, waited = np.inf, None, 0
    for _ in range(recipe.epochs):
        network.train()
        order = rng.permutation(learnt)
        for start in range(0, len(order), BATCH):
            batch = torch.tensor(order[start : start + BATCH])
            if len(batch) > 1:
                optimiser.zero_grad()
                _loss(network, _flipped(shown[batch], rng), targets[batch]).backward()
                optimiser.step()
        if not held.any():
            continue
        network.eval()
        with torch.no_grad():
            loss = float(_loss(network, shown[held], targets[held]))
        if loss < best - 1e-4:
            best, waited = loss, 0
            kept = {name: value.clone() for name, value in network.state_dict().items()}
        else:
            waited += 1
            if waited > PATIENCE:
                break
    if kept is not None:
        network.load_state_dict(kept)


def _loss(network: Any, shown: Any, targets: Any) -> Any:
    import torch

    if hasattr(network, "loss"):
        return network.loss(shown, targets)
    return torch.nn.functional.cross_entropy(network(shown), targets)


def _flipped(images: Any, rng: Any) -> Any:
    """Mirror a batch at random; maps of features are mirrored as the image would be."""
    if images.ndim < 4:
        return images
    axes = [axis for axis in (2, 3) if rng.random() < 0.5]
    return images.flip(axes) if axes else images


def _targets(train: Train) -> NDArray[np.int64]:
    return np.array([train.classes.index(label) for label in train.labels], dtype=np.int64)


def _validation(train: Train) -> NDArray[np.bool_]:
    """One fifth of each class's patients; nobody below ten patients a class."""
    rng, held = np.random.default_rng(train.seed), set[str]()
    for label in train.classes:
        members = sorted({one for one, own in zip(train.patients, train.labels, strict=True) if own == label})
        if len(members) >= 10:
            held.update(rng.permutation(members)[: len(members) // 5])
    return np.isin(train.patients, sorted(held))
