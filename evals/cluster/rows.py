"""Rows of one extractor, measured where the images lie: the cluster's answer to `FeatureStore`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from scafe.evals.cluster.client import Cluster
from scafe.evals.data.dataset import Whereabouts
from scafe.evals.data.decoding.waves import waves
from scafe.evals.data.features import Batch, batch_of
from scafe.evals.data.kept_rows import read_row
from scafe.sandbox.pool.pool import ImageAndMask, Pool

ORDER = 64
"""Images of an order: a second or so of work, and what a killed worker loses."""


@dataclass(frozen=True)
class Asked:
    """An extractor, and the images it is to be run on."""

    source: str
    keys: tuple[str, ...]
    images: tuple[Whereabouts, ...]


class ClusterRows:
    """Measures images that lie on disk by the workers of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def measured(self, source: str, keys: Sequence[str], images: Sequence[Whereabouts]) -> Iterator[Batch]:
        """Return rows in the order of the images, some at a time; see `FeatureStore`."""
        pairs = iter(zip(keys, images, strict=True))
        orders = iter(lambda: tuple(islice(pairs, ORDER)), ())
        asked = (Asked(source, *map(tuple, zip(*order, strict=True))) for order in orders)
        for found in self._cluster.answers(measure, asked):
            yield Batch(tuple(found["names"]), tuple(read_row(line) for line in found["rows"]))


def measure(pool: Pool, asked: Asked) -> dict[str, Any]:
    """Load images here and run an extractor over them; a worker's work."""
    names: tuple[str, ...] = ()
    lines: list[str] = []
    for wave in waves(_Here(asked.images), range(len(asked.images))):
        one = batch_of(pool, asked.source, asked.keys, wave)
        names = one.names
        lines += [row.line() for row in one.rows]
    return {"names": list(names), "rows": lines}


@dataclass(frozen=True)
class _Here:
    """Images, read by this process when they are asked for."""

    images: tuple[Whereabouts, ...]

    def __getitem__(self, place: int) -> ImageAndMask:
        return self.images[place].load()
