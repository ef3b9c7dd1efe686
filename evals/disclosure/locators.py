"""Choose the locator of a study: the one that ships, one of a person, or the best of several variants.

Variants are probed on phantoms, then run on some development images without a look at a label. Where masks
are given for enough of them, agreement with these decides; else agreement of the locators with one another.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scafe.evals.data.dataset import Dataset
from scafe.evals.data.features import write_atomically
from scafe.evals.data.regions.agreement import Behaviour, behaviours
from scafe.evals.data.sources import digest
from scafe.evals.disclosure.bench import BenchSpec, Chosen
from scafe.knowledge.contract.errors import ContractError
from scafe.knowledge.contract.extractor import read_module
from scafe.knowledge.contract.locator import Locator, parse_locator
from scafe.knowledge.criteria.pack import CriteriaPack
from scafe.knowledge.locators.reference import reference_locator
from scafe.knowledge.locators.variants import variants_of
from scafe.sandbox.pool.pool import ImageAndMask, Pool
from scafe.sandbox.probes.regions.judging import judge_locator
from scafe.sandbox.probes.regions.verdict import LocatorVerdict

KEPT, FIGURES = "locator.py", "locators.json"
"""Files of the bench's private folder: the chosen locator, and what was seen of all."""
MOST_VARIANTS = 5
LOOKED_AT = 32
"""Images without masks, and with given ones, on which locators are compared."""
LEAST_GIVEN = 10


@dataclass(frozen=True)
class Compared:
    """One candidate with what was seen of it."""

    locator: Locator
    verdict: LocatorVerdict
    behaviour: Behaviour | None
    """None: the probes turned it away."""

    @property
    def merit(self) -> float:
        """What candidates are ranked by; -1 for one that was turned away."""
        if self.behaviour is None:
            return -1.0
        one = self.behaviour
        return round(one.agreement if math.isnan(one.given) else one.given, 3)


def kept_or_chosen(
    spec: BenchSpec, pack: CriteriaPack, dataset: Dataset, dev: Sequence[int], pool: Pool, folder: Path
) -> Locator:
    """Return the study's locator; the first opening chooses it, later ones take what was chosen.

    Parameters
    ----------
    dev : sequence of int
        Development items; no other image is looked at.

    Raises
    ------
    InputError
        The file of a person is no locator of this region, or nothing ships for it.
    """
    path = folder / KEPT
    if path.exists():
        return parse_locator(path.read_text(encoding="utf-8"))
    if spec.locator == "draft":
        locator = _best(pack, dataset, dev, pool, spec.seed, folder)
    elif spec.locator == "reference":
        locator = reference_locator(pack)
    else:
        locator = own_locator(Path(spec.locator), pack)
    write_atomically(path, locator.source.encode())
    return locator


def origin_of(asked: str) -> Chosen:
    """Say how what is asked for is chosen."""
    return {"reference": "reference", "draft": "draft"}.get(asked, "own")  # type: ignore[return-value]


def own_locator(path: Path, pack: CriteriaPack) -> Locator:
    """Read a person's locator; ContractError if it is none, or for another region than the pack's."""
    locator = parse_locator(read_module(path))
    if locator.region != pack.region:
        raise ContractError(
            f'{path}: LOCATOR is "{locator.region}"; the region of pack {pack.id} is "{pack.region}"'
        )
    return locator


def _best(
    pack: CriteriaPack, dataset: Dataset, dev: Sequence[int], pool: Pool, seed: int, folder: Path
) -> Locator:
    reference = reference_locator(pack)
    drafts = (reference, *variants_of(reference, MOST_VARIANTS))
    verdicts = [judge_locator(one.source, pack, pool, seed) for one in drafts]
    fit = [place for place, verdict in enumerate(verdicts) if verdict.is_acceptable]
    seen = behaviours(
        pool,
        [drafts[place].source for place in fit],
        _some(dataset, [index for index in dev if not dataset.items[index].has_mask]),
        _some(dataset, [index for index in dev if dataset.items[index].has_mask]),
        LEAST_GIVEN,
    )
    told = dict(zip(fit, seen, strict=True))
    compared = [Compared(one, verdicts[place], told.get(place)) for place, one in enumerate(drafts)]
    best = max(
        range(len(drafts)), key=lambda place: (compared[place].merit, -place)
    )  # the shipped one on a tie
    _write_figures(folder / FIGURES, compared, best)
    return drafts[best]


def _some(dataset: Dataset, ids: Sequence[int]) -> list[ImageAndMask]:
    """Return some items, chosen by a hash of each: their order in the data set often tells the label."""
    ranked = sorted(ids, key=lambda index: digest(b"locators", dataset.items[index].sha256.encode()))
    return [dataset.load(index) for index in ranked[:LOOKED_AT]]


def _write_figures(path: Path, compared: Sequence[Compared], best: int) -> None:
    """Keep every figure for the owner of the data; nothing of the file leaves the machine."""
    rows = [
        {
            "sha256": one.locator.sha256,
            "chosen": place == best,
            "phantoms": one.verdict.model_dump(mode="json"),
            "images": None if one.behaviour is None else _finite(asdict(one.behaviour)),
        }
        for place, one in enumerate(compared)
    ]
    write_atomically(path, json.dumps(rows, indent=1, sort_keys=True).encode())


def _finite(figures: dict[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else round(value, 3) for name, value in figures.items()}
