"""The fused score of new images, beside the criteria-only one."""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.companion.companion import COLOUR_TEXTURE, Companion, open_companion, require_same
from scafe.evals.frozen.beside.fused import split_shares
from scafe.evals.frozen.bundle import Bundle
from scafe.evals.scoring.cases import Rows
from scafe.knowledge.contract.errors import InputError
from scafe.sandbox.pool.pool import ImageAndMask


class FusedPrediction(BaseModel):
    """What criteria features and companion say together of one image. The label is not made of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    probability: dict[str, float]
    criteria_log_odds: float = Field(description="added by the criteria features, in the fused classifier")
    appearance_log_odds: float = Field(description="added by the companion")


def companion_of(bundle: Bundle, spec: str | None) -> Companion | None:
    """Open the companion that a prediction is fused with; None where there is none, or its file is not given.

    Parameters
    ----------
    bundle : Bundle
    spec : str, optional
        `onnx:FILE`; colour and texture need none.

    Raises
    ------
    InputError
        The bundle has no companion, or the file is not the one that was frozen.
    """
    kept = bundle.manifest.companion
    if kept is None:
        if spec is None:
            return None
        raise InputError(
            f"{bundle.folder} was frozen without a companion; leave --companion away, or run anew with it"
        )
    if spec is None and kept.note.kind == "colour_texture":
        spec = COLOUR_TEXTURE
    if spec is None:
        return None
    found = open_companion(spec, kept.note.where)
    require_same(kept.note, found)
    return found


def lacking_words(bundle: Bundle, companion: Companion | None) -> str:
    """Say why there is no fused score, and the way to one; '' where there is one or none is expected."""
    kept = bundle.manifest.companion
    if kept is None or companion is not None:
        return ""
    note = kept.note
    return (
        f"No fused score: the bundle does not hold its companion, {note.title} ({note.file}, licence "
        f"{note.licence or 'not stated'}, SHA-256 {note.sha256[:12]}…); give it with --companion onnx:FILE."
    )


def predict_fused(
    bundle: Bundle, companion: Companion | None, rows: Rows, images: Sequence[ImageAndMask]
) -> tuple[FusedPrediction | None, ...]:
    """Fuse criteria features that are measured already with the companion on the same images.

    Parameters
    ----------
    rows : (n_images, n_features) array
        Of the bundle's columns.
    images : sequence of ImageAndMask
        As the extractors got them.
    """
    if companion is None:
        return (None,) * len(images)
    both = np.hstack([rows, companion.rows(images)])
    fused, manifest = bundle.fused, bundle.manifest
    chances = fused.probabilities(both)
    parts, appearance = split_shares(fused, both, len(manifest.columns))
    criteria = parts.sum(axis=1)
    return tuple(
        FusedPrediction(
            probability={
                label: _short(chances[place, number]) for number, label in enumerate(manifest.classes)
            },
            criteria_log_odds=_short(criteria[place]),
            appearance_log_odds=_short(appearance[place]),
        )
        for place in range(len(images))
    )


def _short(value: float) -> float:
    return round(float(value), 6)
