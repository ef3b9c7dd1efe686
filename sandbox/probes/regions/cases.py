"""The phantoms that every locator of a run is judged on, with where the region truly lies.

One flat list of images, so that the sandbox ships it once, and the places of its parts in it.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms import Phantom, PhantomImage, load_phantom
from scafe.knowledge.phantoms.base import BareScenes
from scafe.sandbox.probes.perturbations import PERTURBATIONS, perturb

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

N_DRAWN = 24
N_BARE = 8
N_SETTINGS = 4
N_MOVED = 12
SIZE_PX = 128
MOVED = 0.08
"""Share of the frame by which images are moved: a chest that far aside is still a chest."""
MARKED = 24
"""Grey levels by which a mark changes a pixel."""
LARGEST_MARKS = 0.15
"""Share of the frame that a mark may cover; light and blur change more and are no marks."""


@dataclass(frozen=True)
class Nuisance:
    """Frames without and with one nuisance."""

    name: str
    meaning: str
    without: tuple[int, ...]
    """(n_settings,) places of frames with the nuisance at its neutral level."""
    turned: tuple[int, ...]
    """The same scenes with it at its low or high level, whichever is farther from neutral."""
    marks: tuple[Mask | None, ...]
    """Where the nuisance drew something small; None where it did not."""


@dataclass(frozen=True)
class Cases:
    """Images with the places of their parts."""

    images: tuple[Image, ...]
    truth: dict[int, Mask]
    """Place -> where the region truly lies."""
    drawn: tuple[int, ...]
    """Random latents and random nuisances, classes alternating."""
    nuisances: tuple[Nuisance, ...]
    perturbed: dict[str, tuple[int, ...]]
    """Perturbation -> places, in the order of `drawn`."""
    moved: tuple[tuple[int, int, tuple[int, int]], ...]
    """(place, place of the same frame moved aside, rows and columns it was moved by)."""
    bare: tuple[int, ...]
    """Scenes without the region; empty where the phantom has none."""
    edges: dict[str, int]


@dataclass
class _Shelf:
    """Collects images and tells where they stand."""

    images: list[Image] = field(default_factory=list)
    truth: dict[int, Mask] = field(default_factory=dict)

    def add(self, image: Image, truth: Mask | None = None) -> int:
        place = len(self.images)
        locked = np.ascontiguousarray(image).copy()
        locked.setflags(write=False)
        self.images.append(locked)
        if truth is not None:
            self.truth[place] = truth
        return place

    def phantom(self, one: PhantomImage) -> int:
        return self.add(one.image, one.true_region)


@lru_cache(maxsize=4)
def build_cases(kind: str, seed: int = 0) -> Cases:
    """Render the cases of one kind of phantom; deterministic by (kind, seed)."""
    phantom, shelf = load_phantom(kind), _Shelf()
    drawn = tuple(shelf.phantom(_drawn(phantom, seed, number)) for number in range(N_DRAWN))
    nuisances = tuple(_nuisance(phantom, shelf, seed, number) for number in range(len(phantom.nuisances)))
    perturbed = {name: tuple(_perturbed(shelf, place, name) for place in drawn) for name in PERTURBATIONS}
    moved = tuple(_moved(shelf, place, number) for number, place in enumerate(drawn[:N_MOVED]))
    bare = tuple(shelf.add(image) for image in _bare(phantom, seed))
    edges = {name: shelf.add(image) for name, image in _edges(shelf.images[drawn[0]]).items()}
    return Cases(tuple(shelf.images), shelf.truth, drawn, nuisances, perturbed, moved, bare, edges)


def perturbed_as(name: str, place: int, image: Image, mask: Mask) -> Mask:
    """Move a mask as the perturbation `name` moved the image that stands at a place."""
    return perturb(name, image, mask, place).mask


def _drawn(phantom: Phantom, seed: int, number: int) -> PhantomImage:
    label = phantom.classes[number % len(phantom.classes)]
    one = int(np.random.SeedSequence([seed, 78, number]).generate_state(1)[0])
    return phantom.draw(one, label, "plain", SIZE_PX)


def _nuisance(phantom: Phantom, shelf: _Shelf, seed: int, number: int) -> Nuisance:
    one = phantom.nuisances[number]
    level = max((one.low, one.high), key=lambda end: abs(end - one.neutral))
    seeds = [int(np.random.default_rng([seed, 79, place]).integers(2**31)) for place in range(N_SETTINGS)]
    plain = [phantom.render(at, None, {one.name: one.neutral}, SIZE_PX) for at in seeds]
    turned = [phantom.render(at, None, {one.name: level}, SIZE_PX) for at in seeds]
    return Nuisance(
        one.name,
        one.meaning,
        tuple(map(shelf.phantom, plain)),
        tuple(map(shelf.phantom, turned)),
        tuple(_marks(a, b) for a, b in zip(plain, turned, strict=True)),
    )


def _marks(plain: PhantomImage, turned: PhantomImage) -> Mask | None:
    """Find what a nuisance drew beside the region; what it changes in there is no mark."""
    change = np.abs(plain.image.astype(np.int16) - turned.image.astype(np.int16)).max(axis=2) > MARKED
    inside = cv2.dilate((plain.true_region | turned.true_region).astype(np.uint8), np.ones((9, 9), np.uint8))
    marks = np.asarray(change & (inside == 0))
    small = 0 < float(change.mean()) <= LARGEST_MARKS
    return marks if small and 2 * int(marks.sum()) > int(change.sum()) else None


def _perturbed(shelf: _Shelf, place: int, name: str) -> int:
    changed = perturb(name, shelf.images[place], shelf.truth[place], place)
    return shelf.add(changed.image)


def _moved(shelf: _Shelf, place: int, number: int) -> tuple[int, int, tuple[int, int]]:
    rng = np.random.default_rng([80, number])
    step = round(MOVED * SIZE_PX)
    by = int(rng.choice((-step, step))), int(rng.choice((-step, step)))
    return place, shelf.add(_shifted(shelf.images[place], by)), by


def _shifted(image: Image, by: tuple[int, int]) -> Image:
    # The border is repeated: wrapping around would bring in tissue of the far side.
    height, width = image.shape[:2]
    rows = np.clip(np.arange(height) - by[0], 0, height - 1)
    columns = np.clip(np.arange(width) - by[1], 0, width - 1)
    return np.asarray(image[rows][:, columns])


def _bare(phantom: Phantom, seed: int) -> list[Image]:
    if not isinstance(phantom, BareScenes):
        return []
    return [phantom.bare(seed * N_BARE + number, SIZE_PX) for number in range(N_BARE)]


def _edges(image: Image) -> dict[str, Image]:
    """Shapes and contents that real folders hold; a locator answers them with a mask, empty or not."""
    return {
        "one pixel": image[:1, :1],
        "one row": image[:1],
        "all black": np.zeros_like(image),
        "all white": np.full_like(image, 255),
        "grey": np.repeat(image.mean(axis=2, keepdims=True).astype(np.uint8), image.shape[2], axis=2),
    }
