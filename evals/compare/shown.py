"""Images as every row of a comparison sees them: one locator finds the masks that the data lacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.compare.criteria_rows import RUNS, Sandbox
from scafe.evals.data.dataset import Dataset
from scafe.evals.data.decoding.waves import Images
from scafe.evals.data.regions.counts import RegionCounts
from scafe.evals.data.sources import digest
from scafe.evals.disclosure.locators import own_locator, shipped_locator
from scafe.evals.disclosure.regions import Regions
from scafe.evals.frozen.bundle import Bundle, open_bundle
from scafe.knowledge.contract.locator import Locator, parse_locator
from scafe.knowledge.criteria.pack import CriteriaPack
from scafe.knowledge.locators.reference import reference_locator
from scafe.sandbox.pool.pool import Pool


class Masks(BaseModel):
    """Where the masks come from that the data lacks: the same for every row that looks inside one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str
    locator: str = Field(description="SHA-256 of the locator's source")
    is_reference: bool = Field(description="whether it is the one that ships for the pack's region")
    counts: RegionCounts


@dataclass(frozen=True)
class Shown:
    """Images with the masks that are measured, and a key for each."""

    images: Images
    keys: tuple[str, ...]
    """Hash of each image with its mask: what views keep its numbers under."""
    sha256: str
    """Over images, masks, labels and patients: what predictions are kept under."""
    has_masks: bool
    masks: Masks | None = None
    """Where masks come from; None if no locator was asked."""


def as_given(dataset: Dataset) -> Shown:
    """Return the images with the masks of the data; without one, the whole image is measured."""
    keys = tuple(item.sha256 for item in dataset.items)
    return Shown(dataset.images(range(len(keys))), keys, dataset.sha256, dataset.has_masks)


def located(dataset: Dataset, pack: CriteriaPack, locator: Locator | None, sandbox: Sandbox) -> Shown:
    """Let a locator find the masks that are not given, without a look at a label; given ones always win.

    Raises
    ------
    DatasetError
        What was found cannot be right; the message names the first row and the way out.
    """
    given = as_given(dataset)
    if locator is None or dataset.has_masks:
        return given
    folder = sandbox.folder / RUNS / "regions"  # the searches look there too, and find the same masks
    with Pool(sandbox.workers, allow_weaker=sandbox.allow_weaker, backend=sandbox.backend) as pool:
        regions = Regions(dataset, pool, folder, locator)
        regions.prepare()
        keys, images = regions.seen(range(len(dataset)), given.keys, given.images)
    shipped = shipped_locator(pack)
    masks = Masks(
        region=locator.region,
        locator=locator.sha256,
        is_reference=shipped is not None and shipped.sha256 == locator.sha256,
        counts=regions.counts(),
    )
    whole = digest(dataset.sha256.encode(), *map(str.encode, sorted(keys)))
    return Shown(images, tuple(keys), whole, True, masks)


def locator_of(asked: str | None, pack: CriteriaPack, bundles: Sequence[Path]) -> Locator | None:
    """Return what finds missing masks; None: nothing does, and whole images are measured.

    Parameters
    ----------
    asked : {'reference', 'none'} or path, optional
        None: what the bundles were made with, and without a bundle the reference locator.
    pack : CriteriaPack
    bundles : sequence of Path
        Frozen bundles that are compared.

    Raises
    ------
    PackError
        No locator ships for the pack's region.
    ContractError
        The file is no locator, or one of another region.
    """
    if asked is None and bundles:
        return _of_bundle(open_bundle(bundles[0]), pack)
    if pack.region is None or asked == "none":
        return None
    return own_locator(Path(asked), pack) if asked not in (None, "reference") else reference_locator(pack)


def _of_bundle(bundle: Bundle, pack: CriteriaPack) -> Locator | None:
    """Return the locator that a bundle's features were developed with.

    One whose images all had masks says nothing of it: there it is the reference.
    """
    kept = bundle.manifest.locator
    if kept is not None:
        return parse_locator(bundle.text(kept.file))
    return None if bundle.manifest.unmasked or pack.region is None else reference_locator(pack)
