"""The phantoms that every extractor of a run is judged on, in parts; each is rendered when first looked at.

A panel is one flat list of images, so that the sandbox ships it to its workers once, and the places
that say which of them turn a dial, move a nuisance, were drawn at random, perturbed, or are edge cases.
An image that has several parts (the neutral scene stands in every sweep) is rendered and measured once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms import Dial, Nuisance, Phantom, PhantomImage, load_phantom
from scafe.sandbox.pool.pool import ImageAndMask
from scafe.sandbox.probes.fitted import nuisances_of
from scafe.sandbox.probes.perturbations import PERTURBATIONS, perturb
from scafe.sandbox.probes.ranges import Range
from scafe.sandbox.probes.rendered import Making, Rendered

N_LEVELS = 5
N_SETTINGS = 3
N_DRAWN = 24
SIZE_PX = 128
N_FIRST = 6
BACKGROUND = 0.25
"""Other dials lie within this share of their range around neutral, so a response is not tied to one scene."""


@dataclass(frozen=True)
class Sweep:
    """One dial or nuisance turned from low to high in several settings."""

    name: str
    levels: NDArray[np.float64]
    """(n_levels,), in the unit of the dial."""
    where: NDArray[np.intp]
    """(n_settings, n_levels) indices into the panel."""
    meaning: str = ""
    """What is turned, in words."""


@dataclass(frozen=True)
class Panel:
    """Images with the places of their parts."""

    images: Sequence[ImageAndMask]
    dials: tuple[Sweep, ...]
    nuisances: tuple[Sweep, ...]
    """Levels are (neutral, low, high)."""
    drawn: NDArray[np.intp]
    """Random latents and random nuisances, classes alternating."""
    still: NDArray[np.intp]
    """The same latents with every nuisance neutral: their spread is what the classes differ by."""
    perturbed: dict[str, NDArray[np.intp]]
    """Perturbation -> indices, in the order of `drawn`."""
    edges: dict[str, int]
    """Edge case -> index."""

    @property
    def first(self) -> NDArray[np.intp]:
        """A few ordinary phantoms of every class: an extractor that fails on all of them has failed."""
        return self.drawn[:N_FIRST]

    @property
    def is_rendered(self) -> bool:
        """Whether every image stands there already."""
        return not isinstance(self.images, Rendered) or self.images.is_whole

    @cached_property
    def looks(self) -> NDArray[np.intp]:
        """Every part's places one behind the other, edges aside; an image of two parts stands there twice."""
        sweeps = [one.where.ravel() for one in (*self.dials, *self.nuisances)]
        return np.concatenate([*sweeps, self.drawn, self.still, *self.perturbed.values()])

    def sweep(self, dial: str) -> Sweep:
        """Return the sweep of one dial."""
        return next(one for one in self.dials if one.name == dial)


def build_panel(kind: str, seed: int = 0, fitted: tuple[Range, ...] = ()) -> Panel:
    """Lay out the panel of one kind of phantom; deterministic by its arguments.

    Parameters
    ----------
    fitted : tuple of Range
        How far nuisances go, where a user's images said so; the others go as far as the kind says.
    """
    return _built(kind, seed, fitted)


@lru_cache(maxsize=4)
def _built(kind: str, seed: int, fitted: tuple[Range, ...]) -> Panel:
    phantom = load_phantom(kind)
    shelf = _Shelf(phantom)
    settings = [_setting(phantom, seed, number) for number in range(N_SETTINGS)]
    drawn_phantoms = [_drawn(phantom, seed, number) for number in range(N_DRAWN)]
    if fitted:
        scenes = [_within(phantom, one, number, fitted) for number, one in enumerate(drawn_phantoms)]
        drawn = shelf.render(scenes)
    else:
        drawn = shelf.put([partial(ImageAndMask, one.image, one.mask) for one in drawn_phantoms])
    still = shelf.render([_stilled(phantom, one, number) for number, one in enumerate(drawn_phantoms)])
    edges = _edge_cases(shelf, shelf.images[int(drawn[0])])
    dials = tuple(_dial_sweep(shelf, settings, dial) for dial in phantom.dials)
    nuisances = tuple(_nuisance_sweep(shelf, settings, one) for one in nuisances_of(phantom, fitted))
    perturbed = {name: _perturbed(shelf, drawn, name) for name in PERTURBATIONS}
    return Panel(shelf.images, dials, nuisances, drawn, still, perturbed, edges)


@dataclass(frozen=True)
class _Scene:
    """What one phantom is rendered from; what is left out is neutral."""

    seed: int
    dials: Mapping[str, float]
    nuisances: Mapping[str, float]

    def turned(self, dial: str, level: float) -> "_Scene":
        return _Scene(self.seed, {**self.dials, dial: level}, self.nuisances)

    def moved(self, nuisance: str, level: float) -> "_Scene":
        return _Scene(self.seed, self.dials, {**self.nuisances, nuisance: level})


class _Shelf:
    """Collects how images are made and tells where they will stand."""

    def __init__(self, phantom: Phantom) -> None:
        self.images = Rendered()
        self._phantom = phantom
        self._places: dict[tuple[object, ...], int] = {}

    def render(self, scenes: Sequence[_Scene]) -> NDArray[np.intp]:
        """Give each scene a place that does not stand here yet."""
        return np.array([self._place_of(scene) for scene in scenes])

    def _place_of(self, scene: _Scene) -> int:
        dials = tuple(scene.dials.get(one.name, one.neutral) for one in self._phantom.dials)
        nuisances = tuple(scene.nuisances.get(one.name, one.neutral) for one in self._phantom.nuisances)
        key = (scene.seed, dials, nuisances)
        if key not in self._places:
            self._places[key] = int(self.put([partial(_rendered, self._phantom, scene)])[0])
        return self._places[key]

    def put(self, makings: Sequence[Making]) -> NDArray[np.intp]:
        """Give each image a place of its own."""
        return np.array(self.images.put(makings), dtype=np.intp)


def _rendered(phantom: Phantom, scene: _Scene) -> ImageAndMask:
    one = phantom.render(scene.seed, scene.dials, scene.nuisances, SIZE_PX)
    return ImageAndMask(one.image, one.mask)


def _setting(phantom: Phantom, seed: int, number: int) -> _Scene:
    """Scene `number`: the first is neutral, the others lie around it, over all skin tones."""
    rng = np.random.default_rng([seed, number])
    dials = {dial.name: dial.neutral for dial in phantom.dials}
    for dial in phantom.dials if number else ():
        reach = BACKGROUND * (dial.high - dial.low)
        dials[dial.name] = float(np.clip(dial.neutral + rng.uniform(-reach, reach), dial.low, dial.high))
    tones = {
        one.name: one.low + (one.high - one.low) * (number + 0.5) / N_SETTINGS
        for one in phantom.nuisances
        if one.name == "skin_tone"
    }
    return _Scene(int(rng.integers(2**31)), dials, tones)


def _dial_sweep(shelf: _Shelf, settings: list[_Scene], dial: Dial) -> Sweep:
    levels = np.linspace(dial.low, dial.high, N_LEVELS)
    where = [shelf.render([one.turned(dial.name, float(level)) for level in levels]) for one in settings]
    return Sweep(dial.name, levels, np.stack(where), dial.meaning)


def _nuisance_sweep(shelf: _Shelf, settings: list[_Scene], nuisance: Nuisance) -> Sweep:
    levels = np.array([nuisance.neutral, nuisance.low, nuisance.high])
    where = [shelf.render([one.moved(nuisance.name, float(level)) for level in levels]) for one in settings]
    return Sweep(nuisance.name, levels, np.stack(where))


def _drawn(phantom: Phantom, seed: int, number: int) -> PhantomImage:
    label = phantom.classes[number % len(phantom.classes)]
    one = int(np.random.SeedSequence([seed, 77, number]).generate_state(1)[0])
    return phantom.draw(one, label, "plain", SIZE_PX)


def _stilled(phantom: Phantom, drawn: PhantomImage, number: int) -> _Scene:
    return _Scene(number, {dial.name: drawn.truth[dial.name] for dial in phantom.dials}, {})


def _within(phantom: Phantom, drawn: PhantomImage, number: int, fitted: tuple[Range, ...]) -> _Scene:
    """Draw the same latents again, every nuisance brought into the range that was fitted."""
    levels = {
        one.name: float(np.clip(drawn.truth.get(one.name, one.neutral), one.low, one.high))
        for one in nuisances_of(phantom, fitted)
    }
    return _Scene(number, _stilled(phantom, drawn, number).dials, levels)


def _perturbed(shelf: _Shelf, drawn: NDArray[np.intp], name: str) -> NDArray[np.intp]:
    places = enumerate(drawn.tolist())
    return shelf.put([partial(_perturbed_one, shelf.images, place, name, seed) for seed, place in places])


def _perturbed_one(images: Sequence[ImageAndMask], place: int, name: str, seed: int) -> ImageAndMask:
    changed = perturb(name, images[place].image, images[place].mask, seed)
    return ImageAndMask(changed.image, changed.mask)


def _edge_cases(shelf: _Shelf, original: ImageAndMask) -> dict[str, int]:
    """Shapes and contents that real folders hold; an extractor answers them with a number or NaN."""
    image, mask = original.image, original.mask
    grey = np.repeat(image.mean(axis=2, keepdims=True).astype(np.uint8), image.shape[2], axis=2)
    cases = {
        "one pixel": ImageAndMask(image[:1, :1], np.ones((1, 1), bool)),
        "empty mask": ImageAndMask(image, np.zeros_like(mask)),
        "full mask": ImageAndMask(image, np.ones_like(mask)),
        "all black": ImageAndMask(np.zeros_like(image), mask),
        "all white": ImageAndMask(np.full_like(image, 255), mask),
        "grey": ImageAndMask(grey, mask),
    }
    places = shelf.put([partial(ImageAndMask, one.image, one.mask) for one in cases.values()])
    return {name: int(place) for name, place in zip(cases, places, strict=True)}
