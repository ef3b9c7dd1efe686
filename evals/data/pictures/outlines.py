"""From stored samples to a mask: which samples are its levels, be they grey, indices, a colour or alpha."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.pictures.stored import CHANNELS, Stored
from scafe.evals.data.rules.masks import marked, marked_lossy
from scafe.knowledge.contract.errors import DatasetError


def outline_of(stored: Stored, where: str, label: int | None = None) -> NDArray[np.bool_]:
    """Tell which pixels of a mask picture mark the lesion.

    Grey samples and the indices of a palette are levels. Colour must be grey in colour's clothes, or one
    colour on black. Alpha counts where the colour is the same everywhere; where both draw, they must draw
    the same.

    Raises
    ------
    DatasetError
        Colours or alpha that are not understood, and what `marked` refuses.
    """
    if stored.alpha == "none":
        return _coloured(stored, where, label)
    alpha = stored.samples[..., CHANNELS[stored.model]]
    if alpha.min() == alpha.max() == stored.largest:
        return _coloured(stored, where, label)
    by_alpha = marked(alpha, f"{where} (alpha channel)")
    colours = stored.samples[..., : CHANNELS[stored.model]][by_alpha]
    if (colours == colours[0]).all() and (label is None or label == int(colours[0].max())):
        return by_alpha
    seen = stored.samples[..., : CHANNELS[stored.model]] * by_alpha[..., None].astype(stored.samples.dtype)
    drawn = _levels_of(seen, where, label)
    if label is None and not np.array_equal(drawn, by_alpha):
        raise DatasetError(
            f"{where}: colour and alpha channel of the mask draw different shapes; save it in black and white"
        )
    return drawn


def _coloured(stored: Stored, where: str, label: int | None) -> NDArray[np.bool_]:
    if stored.palette is not None:
        return _indexed(stored, where, label)
    if stored.model not in ("grey", "rgb"):
        raise DatasetError(f"{where}: a mask in {stored.model.upper()}; save it in black and white, as PNG")
    colours = stored.samples[..., : CHANNELS[stored.model]]
    if stored.is_lossy:
        if label is not None:
            raise DatasetError(f"{where}: --mask-label needs a mask without loss; save it as PNG")
        return marked_lossy(np.asarray(colours.max(axis=2), np.uint8), where)
    return _levels_of(colours, where, label)


def _levels_of(colours: NDArray[Any], where: str, label: int | None) -> NDArray[np.bool_]:
    if colours.shape[2] == 1 or (colours == colours[..., :1]).all():
        return marked(colours[..., 0], where, label)
    drawn = colours.any(axis=2)
    if label is None and (colours[drawn] == colours[drawn][0]).all():
        return np.asarray(drawn)
    raise DatasetError(
        f"{where}: the mask holds several colours; save it with one grey level or index per label, and say "
        "which with --mask-label"
    )


def _indexed(stored: Stored, where: str, label: int | None) -> NDArray[np.bool_]:
    """Take indices for levels; two of them in the order of their lightness."""
    indices = stored.samples[..., 0].astype(np.int64)
    used = np.unique(indices)
    palette = np.asarray(stored.palette)
    if used[-1] >= len(palette):
        raise DatasetError(f"{where}: an index lies outside the palette; save the mask in black and white")
    seen = palette[used].astype(np.int64)
    seen = seen[:, :3] * (seen[:, 3:] > 0)
    dark = used[~seen.any(axis=1)]
    if label is None and len(used) == 2 and len(dark) == 1:
        return np.asarray(indices != dark[0])
    if label is None and len(used) == 1:
        return marked(seen[:, 0].max() * np.ones_like(indices), where)
    if label is None and 0 not in dark:
        raise DatasetError(
            f"{where}: index 0 of the palette is not black, so the background cannot be told; say with "
            "--mask-label which index marks the lesion, or save the mask in black and white"
        )
    return marked(indices, where, label)
