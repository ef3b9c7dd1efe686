"""A small data set whose classes differ in redness and in nothing else, and peers without a sandbox."""

from dataclasses import dataclass

import numpy as np
import pytest

from scafe.evals.data.dataset import Dataset, Drawn, Row, build_dataset
from scafe.evals.peers.criteria import Column, CriteriaPeer
from scafe.evals.peers.peer import Images, Rows, per_image
from scafe.sandbox.pool.pool import ImageAndMask

PATIENTS = 14
"""Per class; two images each for the first half."""


def picture(redness: float, seed: int) -> ImageAndMask:
    rng = np.random.default_rng(seed)
    image = rng.integers(60, 120, (40, 44, 3)).astype(np.uint8)
    image[8:32, 10:34, 0] = np.clip(120 + redness + rng.normal(0, 4, (24, 24)), 0, 255).astype(np.uint8)
    mask = np.zeros((40, 44), dtype=bool)
    mask[8:32, 10:34] = True
    return ImageAndMask(image, mask)


def build(labels: tuple[str, ...] = ("red", "pale"), patients: int = PATIENTS, masks: bool = True) -> Dataset:
    rows = []
    for place, label in enumerate(labels):
        for number in range(patients):
            rng = np.random.default_rng([place, number])
            redness = 30 * (len(labels) - place) + rng.normal(0, 25)
            for copy in range(1 + (number % 2)):
                drawn = picture(redness, 1000 * place + 10 * number + copy)
                rows.append(Row(f"{label} {number}", label, f"{label}{number}", Drawn(drawn), masks))
    return build_dataset(rows, "the pictures", labels=labels)


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return build()


@dataclass(frozen=True)
class Redness:
    """View: mean red and green inside the mask."""

    key: str = "redness@1"

    def rows(self, images: Images, keys: object) -> Rows:
        return per_image(lambda one: one.image[one.mask].mean(axis=0)[:2], images)


@pytest.fixture(scope="session")
def ours() -> CriteriaPeer:
    columns = (Column("red", "redness", 1), Column("green", "paleness", 0))
    return CriteriaPeer("scafe", "ScaFE, 2 selected features", Redness(), columns)
