"""What pack and features declare of the classes, gathered for the classifier's prior; no label is read."""

from collections.abc import Mapping
from typing import Literal

from scafe.evals.disclosure.bench import FeatureRef
from scafe.evals.scoring.ridge import Signs
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.criteria.directions import predicted_sign
from scafe.knowledge.criteria.pack import CriteriaPack


def declared_signs(
    prior: Literal["none", "declared"],
    pack: CriteriaPack,
    classes: tuple[str, ...],
    sources: Mapping[str, str],
    pool: tuple[FeatureRef, ...],
) -> Signs:
    """Return a sign per feature of the pool; () where none was asked for, or there are not two classes.

    Parameters
    ----------
    prior : str
        What the run asked for.
    pack : CriteriaPack
        Says how its criteria differ between classes.
    classes : tuple of str
        Labels of the data, positive first.
    sources : mapping of str to str
        Sources of extractors by SHA-256.
    pool : tuple of FeatureRef
    """
    if prior == "none" or len(classes) != 2:
        return ()
    found = []
    for ref in pool:
        extractor = parse_extractor(sources[ref.extractor])
        feature = extractor.features[extractor.names.index(ref.name)]
        found.append(predicted_sign(pack.criterion(extractor.criterion), feature.direction, classes))
    return tuple(found)
