"""How far the nuisances of a panel go, fitted to a user's images: ranges in coarse bands and nothing else."""

import json
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from scafe.knowledge.contract.errors import InputError
from scafe.knowledge.phantoms import Nuisance, Phantom, load_phantom
from scafe.sandbox.probes.ranges import Range

MOST_BYTES = 20_000


class Fit(BaseModel):
    """What `scafe phantoms fit` writes: bands of a data set without labels, images or names."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal[1] = 1
    kind: str = Field(max_length=40, description="of phantom")
    patients: Literal["60-149", ">=150"] = Field(description="band of how many patients were read")
    nuisances: tuple[Range, ...] = Field(max_length=20, description="those that were fitted, by name")
    seen: dict[str, Literal["low", "middle", "high"]] = Field(
        default={}, description="what no nuisance draws: size of frames, contrast and place of the region"
    )

    @model_validator(mode="after")
    def _is_of_its_phantom(self) -> Self:
        known = {one.name: one for one in load_phantom(self.kind).nuisances}
        for one in self.nuisances:
            if one.name not in known:
                raise ValueError(f"{self.kind} has no nuisance {one.name}; it has {', '.join(known)}")
            whole = known[one.name]
            if not whole.low <= one.low <= whole.neutral <= one.high <= whole.high:
                raise ValueError(
                    f"{one.name}: met {one.low:g} to {one.high:g}; expected a part of {whole.low:g} to "
                    f"{whole.high:g} that holds {whole.neutral:g}"
                )
        return self


def read_fit(path: Path, kind: str) -> Fit:
    """Read a fit for one kind of phantom.

    Raises
    ------
    InputError
        If the file cannot be read, is no fit, or is of another kind of phantom.
    """
    try:
        with path.open("rb") as file:
            found = Fit.model_validate(json.loads(file.read(MOST_BYTES + 1)))
    except (OSError, ValueError) as error:
        why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise InputError(
            f"{path}: is no fit of phantoms ({why}); write one with `scafe phantoms fit`"
        ) from None
    if found.kind != kind:
        raise InputError(
            f"{path}: was fitted for the phantom {found.kind}, the pack's is {kind}; fit again with this pack"
        )
    return found


def nuisances_of(phantom: Phantom, ranges: tuple[Range, ...]) -> tuple[Nuisance, ...]:
    """Return a phantom's nuisances with the ranges that were fitted."""
    fitted = {one.name: one for one in ranges}
    return tuple(
        Nuisance(one.name, fitted[one.name].low, fitted[one.name].high, one.neutral, one.meaning)
        if one.name in fitted
        else one
        for one in phantom.nuisances
    )
