"""Synthetic images whose truth is known, one file per kind."""

import difflib
from importlib import import_module
from importlib.metadata import entry_points

from scafe.knowledge.contract.errors import PackError
from scafe.knowledge.phantoms.base import (
    CohortImage,
    Dial,
    Nuisance,
    Phantom,
    PhantomImage,
    draw_cohort,
)

__all__ = [
    "CohortImage",
    "Dial",
    "Nuisance",
    "Phantom",
    "PhantomImage",
    "draw_cohort",
    "load_phantom",
    "phantom_kinds",
]

SHIPPED = ("dermoscopy", "histology", "mri_glioma", "radiograph", "scar", "skin_lesion", "ultrasound")
"""One module per kind in this folder; each has a module constant PHANTOM."""


def phantom_kinds() -> tuple[str, ...]:
    """Kinds of phantoms that can be loaded, sorted; listing imports no plug-in."""
    return tuple(sorted({*SHIPPED, *(point.name for point in entry_points(group="scafe.phantoms"))}))


def load_phantom(kind: str) -> Phantom:
    """Load a phantom by kind; PackError with the nearest kinds if there is none."""
    if kind in SHIPPED:
        phantom: Phantom = import_module(f"scafe.knowledge.phantoms.{kind}").PHANTOM
        return phantom
    for point in entry_points(group="scafe.phantoms", name=kind):
        plugged: Phantom = point.load()
        return plugged
    near = difflib.get_close_matches(kind, phantom_kinds(), n=3, cutoff=0.3) or phantom_kinds()
    raise PackError(f"no phantom kind {kind!r}; known: {', '.join(near)}")
