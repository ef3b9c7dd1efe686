"""Images of a data set under small changes of the camera, made when they are asked for."""

from collections.abc import Sequence

from scafe.evals.data.dataset import Dataset
from scafe.sandbox.pool.extraction import ImageAndMask
from scafe.sandbox.probes.perturbations import perturb


class Perturbed:
    """Images, each under one perturbation.

    Parameters
    ----------
    dataset : Dataset
    pairs : sequence of (int, str)
        Place of an item, and one of `PERTURBATIONS`.
    """

    def __init__(self, dataset: Dataset, pairs: Sequence[tuple[int, str]]) -> None:
        self.dataset, self.pairs = dataset, pairs

    def __getitem__(self, place: int) -> ImageAndMask:
        index, name = self.pairs[place]
        pair = self.dataset.load(index)
        seed = int(self.dataset.items[index].sha256[:8], 16)
        return perturb(name, pair.image, pair.mask, seed)
