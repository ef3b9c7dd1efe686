"""Predictions by the workers of a cluster: each opens the bundle and the images where they lie."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from scafe.evals.cluster.client import Cluster
from scafe.evals.cluster.rows import ORDER
from scafe.evals.companion.companion import Companion
from scafe.evals.frozen.beside.prediction import companion_of
from scafe.evals.frozen.bundle import Bundle, open_bundle
from scafe.evals.frozen.predict import Picture, Prediction, predict_each
from scafe.knowledge.contract.errors import IntegrityError
from scafe.sandbox.pool.pool import Pool


@dataclass(frozen=True)
class Wanted:
    """Images to predict, and the bundle to do it with."""

    bundle: str
    """Folder or zip, as every worker finds it."""
    sha256: str
    """Of its manifest, which holds the hashes of all else."""
    pictures: tuple[Picture, ...]
    mask_label: int | None
    beside: str | None
    """The companion's network, as every worker finds it."""


def predict_elsewhere(
    cluster: Cluster,
    path: str | Path,
    pictures: Sequence[Picture],
    mask_label: int | None = None,
    *,
    beside: str | None = None,
) -> Iterator[Prediction]:
    """Predict images, in order, by the workers of a cluster; as `predict_each`.

    Parameters
    ----------
    path : path
        The bundle, on a folder that all machines share.
    pictures : sequence of Picture
        With paths that all machines share.
    beside : str, optional
        `onnx:FILE` of a bundle with a companion, likewise.
    """
    where = str(Path(path).absolute())
    sha256 = open_bundle(where).sha256
    wanted = (
        Wanted(where, sha256, tuple(pictures[start : start + ORDER]), mask_label, beside)
        for start in range(0, len(pictures), ORDER)
    )
    for told in cluster.answers(predict_some, wanted):
        yield from map(Prediction.model_validate, told)


def predict_some(pool: Pool, wanted: Wanted) -> list[dict[str, Any]]:
    """Predict some images here; a worker's work."""
    bundle = _opened(wanted.bundle, wanted.sha256)
    companion = _companion(wanted.bundle, wanted.sha256, wanted.beside)
    found = predict_each(bundle, wanted.pictures, pool, wanted.mask_label, companion)
    return [one.model_dump(mode="json") for one in found]


@lru_cache(maxsize=2)
def _companion(path: str, sha256: str, beside: str | None) -> Companion | None:
    return companion_of(_opened(path, sha256), beside)


@lru_cache(maxsize=2)
def _opened(path: str, sha256: str) -> Bundle:
    bundle = open_bundle(path)
    if bundle.sha256 != sha256:
        raise IntegrityError(
            f"{path}: a worker finds another bundle there than the machine that asks; share one folder"
        )
    return bundle
