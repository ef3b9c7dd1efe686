"""Contact sheets: one dial or nuisance of a phantom turned from left to right, labelled.

Rows are seeds, over skin tones where the phantom has them. `scafe phantoms show KIND --dial NAME`
writes one; a person who looks at it sees in a second what a test would take long to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.contract.errors import InputError, PackError
from scafe.knowledge.phantoms.base import Dial, Nuisance, Phantom, PhantomImage

Image = NDArray[np.uint8]

HEAD_PX = 26
SIDE_PX = 92
GAP_PX = 4
INK = (30, 30, 30)
PAPER = 250
TONES = (60.0, 45.0, 30.0, 15.0, -10.0, -40.0)
"""Skin tones of the rows: the middle of the six classes of the individual typology angle, degrees."""


@dataclass(frozen=True)
class Layout:
    """What a sheet shows."""

    columns: int = 6
    """Levels of the dial, evenly from low to high."""
    rows: int = 4
    """Seeds; with skin tones, from light to dark."""
    size: int = 160
    """Edge of one picture in pixels."""
    outline: bool = False
    """Draw the border of the mask."""


def contact_sheet(phantom: Phantom, name: str, seed: int = 0, layout: Layout | None = None) -> Image:
    """Render a sheet of one dial or nuisance.

    Parameters
    ----------
    phantom : Phantom
        Any kind.
    name : str
        Name of one of its dials or nuisances.
    seed : int
        Seed of the first row; the next rows follow.
    layout : Layout, optional
        Rows, columns and size.

    Returns
    -------
    (H, W, 3) uint8 array
        RGB.

    Raises
    ------
    PackError
        The phantom has no dial or nuisance of this name.
    """
    plan = layout or Layout()
    turned = _find(phantom, name)
    levels = [float(level) for level in np.linspace(turned.low, turned.high, plan.columns)]
    rows = [_row(phantom, turned, levels, seed, number, plan) for number in range(plan.rows)]
    return np.concatenate([_head(turned, levels, plan), *rows])


def write_sheet(path: Path, sheet: Image) -> None:
    """Write a sheet as PNG; InputError if it cannot be written."""
    packed, data = cv2.imencode(".png", sheet[..., ::-1])
    if not packed:
        raise InputError(f"{path}: OpenCV could not pack the sheet as PNG")
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise InputError(
            f"{path}: the sheet could not be written ({error.strerror}); choose another --out"
        ) from None


def _find(phantom: Phantom, name: str) -> Dial | Nuisance:
    known: Sequence[Dial | Nuisance] = (*phantom.dials, *phantom.nuisances)
    for one in known:
        if one.name == name:
            return one
    raise PackError(
        f"phantom {phantom.kind} has no dial or nuisance {name!r}; it has {', '.join(o.name for o in known)}"
    )


def _row(
    phantom: Phantom, turned: Dial | Nuisance, levels: list[float], seed: int, number: int, plan: Layout
) -> Image:
    around, label = _surroundings(phantom, turned, number, plan)
    pictures = []
    for level in levels:
        dials = {turned.name: level} if isinstance(turned, Dial) else {}
        nuisances = around if isinstance(turned, Dial) else {**around, turned.name: level}
        pictures.append(_framed(phantom.render(seed + number, dials, nuisances, plan.size), plan))
    side = np.full((pictures[0].shape[0], SIDE_PX, 3), PAPER, np.uint8)
    _write(side, f"seed {seed + number}", 6, plan.size // 2 - 4)
    _write(side, label, 6, plan.size // 2 + 12)
    return np.concatenate([side, *pictures], axis=1)


def _surroundings(
    phantom: Phantom, turned: Dial | Nuisance, number: int, plan: Layout
) -> tuple[dict[str, float], str]:
    tone = next((one for one in phantom.nuisances if one.name == "skin_tone"), None)
    if tone is None or turned.name == "skin_tone":
        return {}, ""
    place = round(number * (len(TONES) - 1) / max(plan.rows - 1, 1)) if plan.rows > 1 else 1
    ita = min(max(TONES[place], tone.low), tone.high)
    return {"skin_tone": ita}, f"ITA {ita:.0f}"


def _framed(one: PhantomImage, plan: Layout) -> Image:
    picture = np.ascontiguousarray(_three_channels(one.image))
    if plan.outline:
        borders, _ = cv2.findContours(one.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, borders, -1, (0, 255, 255), 1)
    return np.pad(picture, ((0, GAP_PX), (0, GAP_PX), (0, 0)), constant_values=PAPER)


def _three_channels(image: Image) -> Image:
    """Show other channel counts side by side in grey: a T2 and a FLAIR channel become two pictures."""
    if image.ndim == 3 and image.shape[2] == 3:
        return image
    planes = [image] if image.ndim == 2 else [image[..., k] for k in range(image.shape[2])]
    return np.repeat(np.concatenate(planes, axis=1)[..., None], 3, axis=2)


def _head(turned: Dial | Nuisance, levels: list[float], plan: Layout) -> Image:
    unit = f" [{turned.unit}]" if isinstance(turned, Dial) else ""
    head = np.full((HEAD_PX, SIDE_PX + plan.columns * (plan.size + GAP_PX), 3), PAPER, np.uint8)
    _write(head, f"{turned.name}"[:13], 6, 11)
    _write(head, unit, 0, 23)
    for number, level in enumerate(levels):
        _write(head, f"{level:.3g}", SIDE_PX + number * (plan.size + GAP_PX) + 4, 17)
    return head


def _write(canvas: Image, text: str, x: int, y: int) -> None:
    cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, INK, 1, cv2.LINE_AA)
