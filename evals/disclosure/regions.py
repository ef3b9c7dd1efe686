"""The locator of an open bench: chosen once, kept with the study, and put where images have no mask.

Given masks always win. What the agent is told of masks is a share in bands, and the locator's hash.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from scafe.evals.data.dataset import Dataset
from scafe.evals.data.decoding.image_set import ImageSet
from scafe.evals.data.decoding.waves import Images
from scafe.evals.data.features import what_values_depend_on
from scafe.evals.data.regions.counts import Origin, RegionCounts
from scafe.evals.data.regions.looks import Found, require_plausible
from scafe.evals.data.regions.store import Filled, KeptRegion, RegionStore
from scafe.evals.data.sources import digest
from scafe.evals.disclosure.bands import Edges
from scafe.evals.disclosure.bench import BenchSpec
from scafe.evals.disclosure.locators import fills_masks, kept_or_chosen, origin_of
from scafe.evals.disclosure.score_card import Chosen, LocatorFacts
from scafe.knowledge.contract.locator import Locator
from scafe.knowledge.criteria.pack import CriteriaPack
from scafe.sandbox.pool.pool import Pool


class Regions:
    """One locator over the images of a data set that came without masks."""

    def __init__(
        self, dataset: Dataset, pool: Pool, folder: Path, locator: Locator, chosen: Chosen = "reference"
    ) -> None:
        self.locator = locator
        self.chosen: Chosen = chosen
        """How it was chosen."""
        self._dataset = dataset
        self._store = RegionStore(folder, pool, locator.source)

    def seen(self, ids: Sequence[int], keys: Sequence[str], images: Images) -> ImageSet:
        """Return keys and images as extractors get them: masks that were not given are the locator's.

        Parameters
        ----------
        ids : sequence of int
            Places in the data set, one per image.
        keys : sequence of str
            Of the images as they came.
        images : Images
            They may have been changed since; the locator sees them as they are.
        """
        lacking = [not self._dataset.items[index].has_mask for index in ids]
        mine = tuple(map(self._key, keys, lacking))
        return ImageSet(mine, Filled(images, mine, lacking, self._store))

    def prepare(self) -> None:
        """Locate on every image that lacks a mask.

        Raises
        ------
        DatasetError
            What was found cannot be right; the message names the first row and the way out.
        """
        lacking = self._lacking()
        keys = [self._key(self._dataset.items[index].sha256, True) for index in lacking]
        self._store.prepare(keys, self._dataset.images(lacking))
        found = [Found(self._dataset.items[index].where, self._region(index)) for index in lacking]
        require_plausible(found, self.locator.region)

    def counts(self) -> RegionCounts:
        """Count where the masks of all images come from."""
        return RegionCounts.of(self._origins())

    def facts(self, key: str) -> LocatorFacts:
        """Return what the agent may know; `key` is the study's, which moves the edges of bands."""
        counts, edges = self.counts(), Edges(key, self.locator.sha256)
        return LocatorFacts(
            region=self.locator.region,
            sha256=self.locator.sha256,
            chosen=self.chosen,
            given="some" if counts.given else "none",
            found=edges.share(counts.found / max(counts.asked, 1), "found"),
        )

    def _lacking(self) -> tuple[int, ...]:
        return tuple(index for index, item in enumerate(self._dataset.items) if not item.has_mask)

    def _key(self, key: str, lacks: bool) -> str:
        # The region is part of what is measured, so what it depends on is part of the image's key.
        locator = f"{self.locator.sha256};{what_values_depend_on(self.locator.source)}"
        return digest(key.encode(), locator.encode()) if lacks else key

    def _region(self, index: int) -> KeptRegion:
        return self._store.region(self._key(self._dataset.items[index].sha256, True))

    def _origins(self) -> Iterator[Origin]:
        for index, item in enumerate(self._dataset.items):
            yield "given" if item.has_mask else self._region(index).origin


def open_regions(
    spec: BenchSpec, pack: CriteriaPack, dataset: Dataset, pool: Pool, folder: Path
) -> Regions | None:
    """Return the locator that fills masks of this study; None where no mask is to be filled, or not yet.

    The locator that was chosen first is kept and taken again: one that ships may have been mended since.

    Raises
    ------
    DatasetError
        What the locator finds cannot be right.
    """
    if not fills_masks(spec, pack, dataset):
        return None
    locator = kept_or_chosen(spec, pack, folder)
    return None if locator is None else filled_by(locator, spec, pack, dataset, pool, folder)


def filled_by(
    locator: Locator, spec: BenchSpec, pack: CriteriaPack, dataset: Dataset, pool: Pool, folder: Path
) -> Regions:
    """Locate on every image that lacks a mask.

    Raises
    ------
    DatasetError
        What was found cannot be right; the message names the first row and the way out.
    """
    masks = (Path(spec.cache) if spec.cache else folder) / "regions"
    found = Regions(dataset, pool, masks, locator, origin_of(spec.locator, locator, pack))
    found.prepare()
    return found
