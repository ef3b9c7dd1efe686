"""How keloids and hypertrophic scars differ in a synthetic cohort, and how much they overlap.

Sources, per line of the code: [O] Ogawa 2019, doi:10.1186/s41038-019-0175-y (forms, erythema around);
[L] laser speckle of 61 keloids, adjacent over normal skin 1.33 (CI 1.28-1.37); [Y] Yoo MG, Kim IH 2014,
doi:10.5021/ad.2014.26.5.603 (vessels); [M] 120 burn scars as observers called them (61 % hyper-,
19 % hypo-, 19 % mixed), doi:10.1016/j.burns.2023.11.010; [A] our own
assumption. We drew the gap between the classes: a cohort is evidence about features and about the
method, never about accuracy on patients.
"""

import math
from dataclasses import dataclass

import numpy as np

from scafe.knowledge.phantoms.rendering.texture import stream

Rng = np.random.Generator
Numbers = dict[str, float]

FLAVOURS = ("plain", "null", "shortcut_ruler", "shortcut_camera")
KELOID, HYPERTROPHIC = "keloid", "hypertrophic"


@dataclass(frozen=True)
class Latents:
    """What one member of a cohort is made of."""

    dials: Numbers
    nuisances: Numbers


def draw_latents(seed: int, label: str, flavour: str) -> Latents:
    """Draw the dials and nuisances of one member of a cohort.

    Parameters
    ----------
    seed : int
        Seed of this member.
    label : {'hypertrophic', 'keloid'}
        Its class.
    flavour : {'plain', 'null', 'shortcut_ruler', 'shortcut_camera'}
        plain: the classes overlap; null: both labels draw from the same mixture of the two, so nothing
        tells them apart; shortcut_ruler: plain, and a ruler lies beside keloids alone;
        shortcut_camera: plain, and keloids were taken with a brighter camera.
    """
    if label not in (KELOID, HYPERTROPHIC):
        raise KeyError(f"the scar phantom has no class {label!r}; it has {HYPERTROPHIC}, {KELOID}")
    if flavour not in FLAVOURS:
        raise KeyError(f"the scar phantom has no flavour {flavour!r}; it has {', '.join(FLAVOURS)}")
    rng = stream(seed, "latents")
    coin = KELOID if rng.random() < 0.5 else HYPERTROPHIC
    kind = coin if flavour == "null" else label
    dials = _shape(rng, kind) | _tissue(rng, kind)
    nuisances = _surroundings(stream(seed, "surroundings"))
    if flavour == "shortcut_ruler":
        nuisances["ruler"] = 1.0 if label == KELOID else 0.0
    if flavour == "shortcut_camera":
        nuisances["light"] = min(nuisances["light"] * (1.2 if label == KELOID else 0.85), 1.4)
    return Latents(dials, nuisances)


def _shape(rng: Rng, kind: str) -> Numbers:
    """Forms of [O]; their mix and amounts [A]. More than a quarter of each class looks like the other."""
    plain = rng.random() < 0.28
    if kind == KELOID:
        form = rng.choice(["nodular", "crab", "butterfly", "dumbbell"], p=[0.35, 0.35, 0.2, 0.1])
        elongation = _lognormal(rng, 1.7, 0.35) if not plain else _lognormal(rng, 3.0, 0.4)
        border = rng.uniform(0.3, 0.9) if form == "crab" else rng.uniform(0.0, 0.4)
        waist = {"butterfly": rng.uniform(0.15, 0.4), "dumbbell": rng.uniform(0.3, 0.6)}.get(str(form), 0.0)
    else:
        linear = rng.random() < 0.6 and not plain
        elongation = _lognormal(rng, 3.8, 0.4) if linear else _lognormal(rng, 1.8, 0.35)
        border = rng.uniform(0.0, 0.35)
        waist = rng.uniform(0.0, 0.2)
    return {
        "elongation": _within(elongation, 1.0, 7.0),
        "border": float(border),
        "waist": float(waist),
        "asymmetry": float(rng.uniform(0.0, 0.5)),
        "area": _within(_lognormal(rng, 6.5, 0.4), 3.0, 14.0),
        "hatch": float(rng.uniform(0.3, 1.0)) if rng.random() < _hatch_share(kind, elongation) else 0.0,
    }


def _hatch_share(kind: str, elongation: float) -> float:
    return (0.3 if kind == HYPERTROPHIC else 0.1) if elongation > 2.5 else 0.05  # [A]


def _tissue(rng: Rng, kind: str) -> Numbers:
    keloid = kind == KELOID
    pigment, mix = _pigment(rng, keloid)
    return {
        # Volume ratio, not perfusion: covers "obvious" colour mismatch; the same in both classes [A].
        "vascularity": _within(_lognormal(rng, 3.6, 0.45), 1.0, 8.0),
        "pigment": pigment,
        "pigment_mix": mix,
        "height": _within(_lognormal(rng, 2.8 if keloid else 2.3, 0.5), 0.0, 6.0),  # [A], bands of VSS
        "relief": _within(_lognormal(rng, 0.07, 0.5), 0.0, 0.4),  # [A]
        "halo": _within(rng.normal(0.36 if keloid else 0.14, 0.17), 0.0, 1.5),  # [L], spread [A]
        "rim": float(rng.uniform(0.1, 0.7)) if rng.random() < (0.4 if keloid else 0.15) else 0.0,  # [A]
        "vessels": float(rng.uniform(0.2, 1.0)) if rng.random() < (0.5 if keloid else 0.2) else 0.0,  # [Y]
        "gloss": float(rng.uniform(0.05, 0.15) if keloid else rng.uniform(0.03, 0.12)),  # [A]
    }


def _pigment(rng: Rng, keloid: bool) -> tuple[float, float]:
    if keloid:
        return _within(_lognormal(rng, 1.35, 0.15) - 1.0, -0.3, 0.8), float(rng.uniform(0.0, 0.3))  # [A]
    kind = rng.choice(["hyper", "hypo", "mixed"], p=[0.61, 0.20, 0.19])  # [M]
    if kind == "mixed":
        return float(rng.uniform(-0.1, 0.3)), float(rng.uniform(0.3, 0.8))
    amount = rng.uniform(0.1, 0.8) if kind == "hyper" else rng.uniform(-0.5, -0.1)
    return float(amount), float(rng.uniform(0.0, 0.3))


def _surroundings(rng: Rng) -> Numbers:
    """Camera, light and skin tone: the same for both classes [A]; skin tones I-VI even."""
    tones = [(55, 62), (41, 55), (28, 41), (10, 28), (-30, 10), (-45, -30)]
    low, high = tones[int(rng.integers(len(tones)))]
    return {
        "skin_tone": float(rng.uniform(low, high)),
        "light": float(rng.uniform(0.75, 1.15)),
        "light_gradient": float(rng.uniform(0.0, 0.15)),
        "white_balance": float(rng.uniform(-0.08, 0.08)),
        "blur": float(rng.uniform(0.0, 1.0)),
        "noise": float(rng.uniform(0.1, 0.6)),
        "jpeg": float(rng.uniform(0.0, 0.6)),
        "hair": float(rng.uniform(0.0, 0.6)) if rng.random() < 0.4 else 0.0,
        "ruler": 1.0 if rng.random() < 0.3 else 0.0,
        "rotation": float(rng.uniform(-90, 90)),
        "scale": float(rng.uniform(0.8, 1.2)),
        "light_azimuth": float(rng.uniform(-180, 180)),
        "light_elevation": float(rng.uniform(35, 75)),
    }


def _lognormal(rng: Rng, median: float, spread: float) -> float:
    return median * math.exp(spread * rng.standard_normal())


def _within(value: float, low: float, high: float) -> float:
    return float(min(max(value, low), high))
