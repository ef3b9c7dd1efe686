"""The locator of a study: the one that ships, one of a person, or one that the run drafts and keeps.

It is kept in the bench's private folder from then on: one that ships may have been mended since.
"""

from collections.abc import Sequence
from pathlib import Path

from scafe.evals.data.dataset import Dataset
from scafe.evals.data.features import write_atomically
from scafe.evals.data.sources import digest
from scafe.evals.disclosure.bench import BenchSpec
from scafe.evals.disclosure.score_card import Chosen
from scafe.knowledge.contract.errors import ContractError, PackError
from scafe.knowledge.contract.extractor import read_module
from scafe.knowledge.contract.locator import Locator, parse_locator
from scafe.knowledge.criteria.pack import CriteriaPack
from scafe.knowledge.locators.reference import reference_locator
from scafe.sandbox.pool.pool import ImageAndMask

KEPT = "locator.py"
CHOSEN_AT_OPENING = "locators.json"
"""What the bench left where it chose among variants at its opening, before drafters were asked."""

LOOKED_AT = 32
"""Images without masks, and with given ones, on which locators are compared; of as many patients."""


def images_to_compare_on(
    dataset: Dataset, dev: Sequence[int]
) -> tuple[list[ImageAndMask], list[ImageAndMask]]:
    """Load development images on which locators are compared, without and with given masks."""
    lacking = [index for index in dev if not dataset.items[index].has_mask]
    given = [index for index in dev if dataset.items[index].has_mask]
    return _some(dataset, lacking), _some(dataset, given)


def fills_masks(spec: BenchSpec, pack: CriteriaPack, dataset: Dataset) -> bool:
    """Whether a locator fills masks of this study at all."""
    lacking = not all(item.has_mask for item in dataset.items)
    return spec.locator != "none" and pack.region is not None and lacking


def is_drafted(spec: BenchSpec, folder: Path) -> bool:
    """Whether the run drafts the locator: not one that was begun when the bench chose it at its opening."""
    return spec.locator == "draft" and not (folder / CHOSEN_AT_OPENING).exists()


def kept_or_chosen(spec: BenchSpec, pack: CriteriaPack, folder: Path) -> Locator | None:
    """Return the study's locator; the first opening chooses it, later ones take what was chosen.

    None: the run has yet to draft it.

    Raises
    ------
    InputError
        The file of a person is no locator of this region, or nothing ships for it.
    """
    path = folder / KEPT
    if path.exists():
        return parse_locator(path.read_text(encoding="utf-8"))
    if spec.locator == "draft":
        return None
    asked = spec.locator
    locator = reference_locator(pack) if asked == "reference" else own_locator(Path(asked), pack)
    keep_locator(locator, folder)
    return locator


def keep_locator(locator: Locator, folder: Path) -> None:
    """Make a locator the study's."""
    write_atomically(folder / KEPT, locator.source.encode())


def origin_of(asked: str, locator: Locator, pack: CriteriaPack) -> Chosen:
    """Say where a study's locator comes from."""
    if asked in ("reference", "draft"):
        shipped = shipped_locator(pack) if asked == "draft" else locator
        return "reference" if shipped is not None and shipped.sha256 == locator.sha256 else "draft"
    return "own"


def shipped_locator(pack: CriteriaPack) -> Locator | None:
    """Return the reference locator of a pack's region; None if nothing ships for it."""
    try:
        return reference_locator(pack)
    except PackError:
        return None


def own_locator(path: Path, pack: CriteriaPack) -> Locator:
    """Read a person's locator; ContractError if it is none, or for another region than the pack's."""
    locator = parse_locator(read_module(path))
    if locator.region != pack.region:
        raise ContractError(
            f'{path}: LOCATOR is "{locator.region}"; the region of pack {pack.id} is "{pack.region}"'
        )
    return locator


def _some(dataset: Dataset, ids: Sequence[int]) -> list[ImageAndMask]:
    """Return one image a patient, by a hash of each: their order in the data set often tells the label."""
    ranked = sorted(ids, key=lambda index: digest(b"locators", dataset.items[index].sha256.encode()))
    first = {dataset.items[index].patient: index for index in reversed(ranked)}
    chosen = [index for index in ranked if first[dataset.items[index].patient] == index]
    return [dataset.load(index) for index in chosen[:LOOKED_AT]]
