"""What is odd about masks and grey levels, image by image: inverted, over the whole frame, hardly any level.

None of it is an error: a lesion can fill its frame. All of it is worth a look before a run.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.dataset import Dataset
from scafe.evals.data.rules.intensity import LEVELS, levels_inside
from scafe.sandbox.pool.pool import ImageAndMask

ENOUGH_PIXELS: Final = 1024
"""Fewest pixels in a mask whose grey levels are counted: fewer need not hold 32 of them."""
ON_BORDER: Final = 0.9
"""Share of the border that an inverted mask covers."""
IN_MIDDLE: Final = 0.1
"""Share of the middle third, each way, that it covers at most."""
WHOLE: Final = 0.98
"""Share of the frame from which a mask is called one of the whole frame."""
NAMED: Final = 3
FEW: Final = f"fewer than {LEVELS} grey levels are left inside the mask; look at the scale of"
INVERTED: Final = "the mask covers the border and not the middle, as an inverted one does; turn it over in"
FRAME: Final = "the mask marks the whole frame; draw the lesion, or leave all masks away, in"


def is_inverted(mask: NDArray[np.bool_]) -> bool:
    """Whether a mask covers the border of its image and not the middle."""
    height, width = mask.shape
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    middle = mask[height // 3 : height - height // 3, width // 3 : width - width // 3]
    return bool(border.mean() >= ON_BORDER and middle.mean() <= IN_MIDDLE)


def is_whole_frame(mask: NDArray[np.bool_]) -> bool:
    """Whether a mask marks next to everything."""
    return bool(mask.mean() >= WHOLE)


def has_few_levels(pair: ImageAndMask) -> bool:
    """Whether an image has fewer than 32 grey levels inside its mask."""
    return int(pair.mask.sum()) >= ENOUGH_PIXELS and levels_inside(pair.image, pair.mask) < LEVELS


ODD: Final[dict[str, Callable[[ImageAndMask], bool]]] = {
    FEW: has_few_levels,
    INVERTED: lambda one: is_inverted(one.mask),
    FRAME: lambda one: is_whole_frame(one.mask),
}
"""What may be odd, as the beginning of a sentence -> whether it is."""
OF_MASKS: Final = (INVERTED, FRAME)
"""Looked at only where masks were given."""


def outline_warnings(dataset: Dataset, odd: Mapping[str, Sequence[int]]) -> tuple[str, ...]:
    """Return one sentence for each thing that is odd, with the rows.

    Parameters
    ----------
    dataset : Dataset
    odd : mapping
        A key of `ODD` -> 1 or 0 for each image of the data set, in its order.
    """
    looked = {what: flags for what, flags in odd.items() if dataset.has_masks or what not in OF_MASKS}
    rows = {
        what: [item.where for item, is_odd in zip(dataset.items, flags, strict=True) if is_odd]
        for what, flags in looked.items()
    }
    return tuple(_sentence(where, what) for what, where in rows.items() if where)


def _sentence(where: Sequence[str], what: str) -> str:
    shown = ", ".join(where[:NAMED])
    more = f" and {len(where) - NAMED} more" if len(where) > NAMED else ""
    return f"{what} {len(where)} image(s): {shown}{more}"
