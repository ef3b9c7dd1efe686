"""What a phantom is: a synthetic image whose truth is known, with dials and nuisances.

A *dial* is a clinical quantity that criteria name (vascularity, height, border …); a *nuisance*
is anything that must not matter (light, white balance, blur, hair, ruler, skin tone). Phantoms are
evidence about features, never about accuracy: the gap between classes is one we drew ourselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Dial:
    """One quantity that can be turned; criteria refer to it by name."""

    name: str
    low: float
    high: float
    neutral: float
    """Value while another dial is turned."""
    unit: str
    meaning: str


@dataclass(frozen=True)
class Nuisance:
    """One thing that no feature may answer to; 0 is absent, 1 is its largest realistic amount."""

    name: str
    low: float
    high: float
    neutral: float
    meaning: str


@dataclass(frozen=True)
class PhantomImage:
    """One rendered phantom."""

    image: NDArray[np.uint8]
    """(H, W, C) uint8; C is 3 (sRGB) unless the kind says otherwise."""
    mask: NDArray[np.bool_]
    """(H, W) bool, True inside the lesion."""
    truth: dict[str, float]
    """Every dial and nuisance as drawn, and what follows from them (e.g. area_px, ita_deg)."""
    region: NDArray[np.bool_] | None = None
    """(H, W) bool, where the pack's region truly lies, for kinds whose images come without masks."""

    @property
    def true_region(self) -> NDArray[np.bool_]:
        """Where the region truly lies: what a locator is held against."""
        return self.mask if self.region is None else self.region


@runtime_checkable
class BareScenes(Protocol):
    """A kind of phantom that can also be drawn without its region: skin without a lesion, a healthy brain."""

    def bare(self, seed: int, size: int = 128) -> NDArray[np.uint8]:
        """Render a scene of `size` × `size` pixels that holds no region; nuisances are neutral."""
        ...


@dataclass(frozen=True)
class CohortImage:
    """One member of a synthetic cohort."""

    phantom: PhantomImage
    label: str
    patient: str


Flavour = str
"""Which cohort: 'plain' (classes overlap), 'null' (same latents), 'shortcut_ruler', 'shortcut_camera'."""


class Phantom(Protocol):
    """One kind of phantom; a plug-in offers one through the entry point `scafe.phantoms`."""

    kind: str
    dials: tuple[Dial, ...]
    nuisances: tuple[Nuisance, ...]
    classes: tuple[str, ...]
    """Labels that `draw` knows, in the order negative, positive; empty if it draws no cohort."""

    def render(
        self,
        seed: int,
        dials: Mapping[str, float] | None = None,
        nuisances: Mapping[str, float] | None = None,
        size: int = 128,
    ) -> PhantomImage:
        """Render one phantom of `size` × `size` pixels.

        The same arguments give the same bytes. What the caller leaves out is neutral; `seed` draws
        only the shape and the texture, so two calls that differ in one dial differ in that alone.
        An unknown name raises KeyError.
        """
        ...

    def draw(self, seed: int, label: str, flavour: Flavour = "plain", size: int = 128) -> PhantomImage:
        """Draw one member of a cohort of `label`, latents and nuisances at random from `seed`."""
        ...


def draw_cohort(
    phantom: Phantom, seed: int, n_per_class: int, flavour: Flavour = "plain", size: int = 128
) -> list[CohortImage]:
    """Draw a cohort, one image per patient, classes alternating; deterministic by `seed`."""
    members = []
    for index in range(n_per_class):
        for number, label in enumerate(phantom.classes):
            one = int(np.random.SeedSequence([seed, number, index]).generate_state(1)[0])
            patient = f"phantom-{number}-{index:04d}"
            members.append(CohortImage(phantom.draw(one, label, flavour, size), label, patient))
    return members
