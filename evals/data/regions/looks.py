"""What masks that a locator found look like over a data set, and one sentence where they cannot be right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scafe.evals.data.regions.store import KeptRegion
from scafe.knowledge.contract.errors import DatasetError

MOST_LOST = 0.5
"""Share of images without a found region from which nothing can be measured."""
WHOLE = 0.95
"""Share of the frame from which a mask says nothing."""
SMALL_PX = 64
"""Shorter side of an image below which a locator may have nothing to go by."""
WAY_OUT = (
    "give the images masks (column 'mask' of a manifest), draw them with `scafe locate` and correct them, "
    "or measure whole images with --locator none"
)


@dataclass(frozen=True)
class Found:
    """What was found on one image."""

    where: str
    """Row and file, for messages."""
    region: KeptRegion

    @property
    def surrounds(self) -> bool:
        """Whether the mask holds nearly all of the frame's border and not its middle: an inverted one."""
        mask = self.region.mask
        height, width = mask.shape
        rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
        middle = mask[height // 3 : height - height // 3, width // 3 : width - width // 3]
        return bool(rim.mean() > 0.9 and middle.size and middle.mean() < 0.5)

    @property
    def is_whole(self) -> bool:
        """Whether the mask is the frame."""
        return float(self.region.mask.mean()) >= WHOLE


def require_plausible(found: Sequence[Found], region: str) -> None:
    """Check that the masks of a locator can be used.

    Parameters
    ----------
    found : sequence of Found
        Every image that the locator was asked about.
    region : str
        Its region, for the message.

    Raises
    ------
    DatasetError
        It finds nothing on most images, marks whole frames, or marks what is around; the first row is named.
    """
    lost = [one for one in found if one.region.origin != "found"]
    if len(lost) > MOST_LOST * len(found):
        raise DatasetError(
            f"{lost[0].where}: the locator finds no {region} here and on {len(lost)} of {len(found)} images"
            f"{_why(lost)}; {WAY_OUT}"
        )
    ways = {
        "the whole frame": [one for one in found if one.is_whole],
        "what lies around the middle": [one for one in found if one.surrounds],
    }
    for what, wrong in ways.items():
        if len(wrong) > MOST_LOST * len(found):
            raise DatasetError(
                f"{wrong[0].where}: the locator marks {what} as {region}, and on {len(wrong)} of "
                f"{len(found)} images; such masks say nothing: {WAY_OUT}"
            )


def _why(lost: Sequence[Found]) -> str:
    failed = sum(one.region.failed for one in lost)
    small = sum(min(one.region.mask.shape) < SMALL_PX for one in lost)
    told = f", {failed} of them because it fails" if failed else ""
    return f"{told}, {small} of them smaller than {SMALL_PX} pixels" if small else told
