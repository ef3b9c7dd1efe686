"""Skin tone of the skin around a lesion, and the score by group of it."""

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab

from scafe.evals.scoring.assessment import estimate_auc
from scafe.evals.scoring.cases import Cases, Scored
from scafe.evals.scoring.headline import Subgroup
from scafe.evals.scoring.score import Task
from scafe.knowledge.criteria.pack import CriteriaPack, ReferenceRegion
from scafe.sandbox.pool.pool import ImageAndMask

SKIN_KINDS = ("clinical_photo", "dermoscopy")
MIN_CELL = 10
"""Patients of each class that a group needs before its AUC is told."""
GROUPS = (
    ("dark (ITA below -30°)", -30.0),
    ("brown (-30° to 10°)", 10.0),
    ("tan (10° to 28°)", 28.0),
    ("intermediate (28° to 41°)", 41.0),
    ("light (41° to 55°)", 55.0),
    ("very light (above 55°)", float("inf")),
)
"""Name and upper edge in degrees: Chardon et al. 1991 with the dark groups of Del Bino and Bernerd 2013."""


def has_skin(pack: CriteriaPack) -> bool:
    """Whether the pack reads photographs of skin."""
    return pack.modality.kind in SKIN_KINDS and len(pack.modality.channels) == 3


def skin_tone(one: ImageAndMask, region: ReferenceRegion) -> float:
    """Return the individual typology angle of the skin ring, in degrees; NaN without a ring.

    Parameters
    ----------
    one : ImageAndMask
        sRGB image and mask of the lesion.
    region : ReferenceRegion
        Where the pack measures normal skin.

    References
    ----------
    .. [1] Chardon, Cretois and Hourseau (1991), Skin colour typology and suntanning pathways,
       International Journal of Cosmetic Science 13(4), 191-208,
       doi:10.1111/j.1467-2494.1991.tb00561.x.
    .. [2] Del Bino and Bernerd (2013), Variations in skin colour and the biological consequences of
       ultraviolet radiation exposure, British Journal of Dermatology 169(s3), 33-40,
       doi:10.1111/bjd.12529.
    """
    ring = _ring(one.mask, region)
    if int(ring.sum()) < region.min_px:
        return float("nan")
    lab = np.median(rgb2lab(one.image[ring][np.newaxis])[0], axis=0)
    return float(np.degrees(np.arctan2(lab[0] - 50, lab[2])))


def by_skin_tone(scored: Scored, tones: dict[str, float], seed: int) -> tuple[Subgroup, ...]:
    """Score each group of patients; a group with fewer than ten of a class is listed without an AUC.

    Parameters
    ----------
    scored : Scored
        Headline patients.
    tones : dict
        Patient -> angle in degrees; patients that are not in it are left out.
    """
    angle = np.array([tones.get(patient, np.nan) for patient in scored.task.patients])
    found, low = [], -np.inf
    for name, high in GROUPS:
        inside = (angle >= low) & (angle < high)
        low = high
        if inside.any():
            found.append(_group(name, _part(scored, inside), seed))
    return tuple(found)


def tones_of(cases: Cases, angles: list[float]) -> dict[str, float]:
    """Take each patient's median angle over images."""
    found: dict[str, list[float]] = {}
    for patient, angle in zip(cases.task.patients, angles, strict=True):
        if np.isfinite(angle):
            found.setdefault(patient, []).append(angle)
    return {patient: float(np.median(values)) for patient, values in found.items()}


def _ring(mask: NDArray[np.bool_], region: ReferenceRegion) -> NDArray[np.bool_]:
    if region.kind == "none" or mask.all() or not mask.any():
        return np.zeros_like(mask)
    root = float(np.sqrt(mask.sum()))
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray((away > region.inner_frac * root) & (away <= region.outer_frac * root))


def _part(scored: Scored, inside: NDArray[np.bool_]) -> Scored:
    patients = tuple(np.array(scored.task.patients)[inside])
    task = Task(scored.task.target[inside], patients, scored.task.n_classes, scored.task.is_ordinal)
    return Scored(task, scored.classes, scored.probabilities[inside])


def _group(name: str, part: Scored, seed: int) -> Subgroup:
    counts = {label: int((part.labels == label).sum()) for label in part.classes}
    enough = min(counts.values()) >= MIN_CELL
    return Subgroup(name=name, patients=counts, auc=estimate_auc(part, seed) if enough else None)
