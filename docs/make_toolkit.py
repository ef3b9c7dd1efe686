"""Write docs/toolkit.md, with a picture of each primitive on a phantom: `python docs/make_toolkit.py`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from scafe.knowledge import toolkit as tk
from scafe.knowledge.phantoms import load_phantom
from scafe.sandbox.language.primitives import Primitive, primitives

PAGE = Path(__file__).with_name("toolkit.md")
PICTURES = Path(__file__).with_name("pictures") / "toolkit"
SIDE = 120
COLOURS = 64
"""Of a picture's palette, which keeps it at some 10 kB."""
HEAD = """# The toolkit

*This page and its pictures are made from the toolkit's docstrings and phantoms: `python
docs/make_toolkit.py`.*

Extractors and locators write `import toolkit as tk`. Each primitive is tested by relations (turn,
flip, brighten, scale, permute) and takes under 5 ms on one core for a 512 × 384 image, most
under 3. Behind the language wall it is a facade like numpy's; what it finds in
an image is kept while that image is looked at, so ten questions for CIELAB cost one. In plain
Python put the folder that holds `toolkit/` on the path (`knowledge/`, or a bundle whose extractors
import it); it needs numpy and OpenCV.

- `image` is (H, W, 3) uint8 RGB, `plane` any (H, W) finite numbers, `mask`, `region` and `seed` (H,
  W) bool.
- Lengths are fractions, never pixels: of the root of the region's area, or of the frame's shorter
  side, as told.
- What cannot be measured is NaN, empty or -inf, as told; what is no image, plane or mask is a
  TypeError or ValueError that says what was met and what was expected.
- Arrays that are handed out are read-only; `.copy()` gives one to write to.

Research only: no primitive has been validated for a clinical use.

"""


def page() -> str:
    """Return the page."""
    return HEAD + "\n".join(map(_section, primitives()))


def _section(one: Primitive) -> str:
    return (
        f"## {one.name}\n\n![{one.name}](pictures/toolkit/{one.name}.png)\n\n`tk.{one.signature}`\n\n"
        f"{one.summary}\n\n{_listed('Takes', one.takes)}\n\n{_listed('Gives', one.gives)}\n\n"
        f"Source: {' '.join(one.source.split())}\n"
    )


def _listed(title: str, section: str) -> str:
    return f"{title}:\n\n```text\n{section}\n```"


def scene(kind: str, seed: int, dials: dict[str, float], nuisance: tuple[str, float] | None = None) -> Any:
    """Draw a phantom; a nuisance is laid over it."""
    return load_phantom(kind).render(seed, dials, nuisance, SIDE)


def pictures() -> dict[str, np.ndarray]:
    """Draw the picture of each primitive: what it was given on the left, what it gave on the right."""
    return {one.name: _pair(*_shown(one.name)) for one in primitives()}


def _shown(name: str) -> tuple[np.ndarray, np.ndarray]:
    image, mask, call = EXAMPLES[name]()
    left = image if mask is None else _outlined(image, mask)
    return left, _drawn(call(image, mask), image)


def _pair(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.hstack([left, np.full((SIDE, 6, 3), 255, np.uint8), right])


def _outlined(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    found = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    return cv2.drawContours(image.copy(), found, -1, (255, 255, 0), 1)


def _drawn(value: Any, image: np.ndarray) -> np.ndarray:
    """Draw what a primitive gave: pixels, a mask, a map, a curve, or words."""
    if isinstance(value, tuple):
        value = value[0]
    if isinstance(value, dict):
        value = {key: one for key, one in value.items() if np.ndim(one) == 0} or value["centres"]
    if isinstance(value, dict) or np.ndim(value) == 0:
        return _words(value)
    if value.dtype == np.bool_:
        return np.where(value[:, :, None], np.uint8((255, 40, 40)), image // 2)
    if value.dtype == np.uint8 and value.ndim == 3:
        return value
    if value.dtype == np.int32:
        return _map(np.where(value > 0, 1 + value % 7, 0).astype(np.float32))
    if value.ndim == 3:
        channels = np.concatenate([value, value[:, :, :1]], axis=2)[:, :, :3]
        return np.dstack([_scaled(channels[:, :, axis]) for axis in range(3)])
    if value.ndim == 2 and value.shape[1] == 2:
        return _curve(value - value.min(axis=0), closed=True)
    if value.ndim == 2 and value.shape[1] == 3:
        return _swatches(value)
    if value.ndim == 1:
        return _curve(np.column_stack([np.linspace(0, np.ptp(value) or 1, len(value)), -value + value.max()]))
    return _map(value)


def _scaled(plane: np.ndarray) -> np.ndarray:
    finite = np.where(np.isfinite(plane), plane, np.nanmin(np.where(np.isfinite(plane), plane, np.nan)))
    low, high = np.percentile(finite, (1, 99))
    return np.clip((finite - low) / max(high - low, 1e-9) * 255, 0, 255).astype(np.uint8)


def _map(plane: np.ndarray) -> np.ndarray:
    grey = cv2.resize(_scaled(plane), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.cvtColor(cv2.applyColorMap(grey, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB))


def _curve(points: np.ndarray, closed: bool = False) -> np.ndarray:
    drawn = np.full((SIDE, SIDE, 3), 255, np.uint8)
    span = np.maximum(np.nanmax(points, axis=0), 1e-9)
    path = np.nan_to_num(points) / (span.max() if closed else span) * (SIDE - 17) + 8
    return cv2.polylines(drawn, [np.rint(path).astype(np.int32)], closed, (30, 80, 170), 2, cv2.LINE_AA)


def _swatches(centres: np.ndarray) -> np.ndarray:
    colours = cv2.cvtColor(centres[None].astype(np.float32), cv2.COLOR_LAB2RGB)
    stripes = np.clip(colours * 255, 0, 255).astype(np.uint8).repeat(SIDE // len(centres) + 1, axis=1)
    return np.repeat(stripes[:, :SIDE], SIDE, axis=0)


def _words(value: Any) -> np.ndarray:
    drawn = np.full((SIDE, SIDE, 3), 255, np.uint8)
    for place, (key, one) in enumerate((value if isinstance(value, dict) else {"": value}).items()):
        text = f"{key} {one:.3g}".strip()
        cv2.putText(
            drawn, text, (4, 20 + 19 * place), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (20, 20, 20), 1, cv2.LINE_AA
        )
    return drawn


Call = Callable[[np.ndarray, Any], Any]
Example = Callable[[], tuple[np.ndarray, Any, Call]]


def _lesion(call: Call, with_mask: bool = True, nuisance: tuple[str, float] | None = None) -> Example:
    dials = {"asymmetry": 0.5, "network": 0.7, "globules": 0.5, "colours": 0.6}

    def example() -> tuple[np.ndarray, Any, Call]:
        found = scene("dermoscopy", 4, dials, nuisance)
        return found.image, found.mask if with_mask else None, call

    return example


def _section_of(call: Call) -> Example:
    return lambda: (scene("histology", 2, {"nuclei": 0.6, "glands": 0.6, "fibres": 0.6}).image, None, call)


def _frame(call: Call) -> Example:
    return lambda: (scene("ultrasound", 3, {"irregularity": 0.4}).image, None, call)


def _film(call: Call) -> Example:
    return lambda: (scene("radiograph", 3, {"heart": 0.4}).image, None, call)


def _marked(draw: Callable[[np.ndarray], None], call: Call) -> Example:
    def example() -> tuple[np.ndarray, Any, Call]:
        image = scene("dermoscopy", 4, {"network": 0.3}).image.copy()
        draw(image)
        return image, None, call

    return example


def _ticks(image: np.ndarray) -> None:
    for column in range(12, SIDE - 8, 12):
        cv2.line(image, (column, SIDE - 14), (column, SIDE - 6), (25, 25, 25), 1)


def _glints(image: np.ndarray) -> None:
    for place in ((30, 25), (80, 40), (60, 95)):
        cv2.circle(image, place, 2, (253, 252, 250), -1)


def _vignette(image: np.ndarray) -> None:
    rows, columns = np.indices(image.shape[:2])
    image[np.hypot(rows - SIDE / 2, columns - SIDE / 2) > 0.55 * SIDE] = (6, 6, 8)


def _slope(image: np.ndarray) -> None:
    image[:] = (image * np.linspace(1.0, 0.45, SIDE)[None, :, None]).astype(np.uint8)


def _hairs(image: np.ndarray) -> None:
    for start, end in (((4, 16), (115, 58)), ((25, 117), (92, 4)), ((3, 79), (117, 93))):
        cv2.line(image, start, end, (45, 30, 25), 1, cv2.LINE_AA)


def _speckled(image: np.ndarray, mask: Any) -> np.ndarray:
    return tk.grown(tk.despeckled(tk.grey(image), 0.06), _seed(image), 0.16)


def _seed(image: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(image.shape[:2])
    return np.hypot(rows - SIDE / 2, columns - SIDE / 2) < 6


def _dark(image: np.ndarray) -> np.ndarray:
    return tk.grey(image) < tk.otsu(tk.grey(image))


EXAMPLES: dict[str, Example] = {
    "blobs": _section_of(lambda image, mask: tk.blobs(tk.stains(image)[:, :, 0], (0.012, 0.02), dark=False)),
    "border_contrast": _lesion(lambda image, mask: tk.border_contrast(tk.grey(image), mask)),
    "colour_clusters": _lesion(lambda image, mask: tk.colour_clusters(image, mask, 6)),
    "components": _section_of(lambda image, mask: tk.components(_dark(image))),
    "contour": _lesion(lambda image, mask: tk.contour(mask)),
    "dark_corners": _marked(_vignette, lambda image, mask: tk.dark_corners(image)),
    "density": _lesion(lambda image, mask: tk.density(image), False),
    "depth_normalised": _frame(lambda image, mask: tk.depth_normalised(tk.grey(image))),
    "despeckled": _frame(lambda image, mask: tk.despeckled(tk.grey(image), 0.06)),
    "filled": _section_of(lambda image, mask: tk.filled(_dark(image))),
    "fourier": _lesion(lambda image, mask: tk.fourier(mask)),
    "glcm": _lesion(lambda image, mask: tk.glcm(tk.grey(image), mask)),
    "grey": _lesion(lambda image, mask: tk.grey(image), False),
    "grown": _frame(_speckled),
    "hair_mask": _marked(_hairs, lambda image, mask: tk.hair_mask(image)),
    "inpainted": _marked(_glints, lambda image, mask: tk.inpainted(image, tk.specular_mask(image))),
    "lab": _lesion(lambda image, mask: tk.lab(image), False),
    "largest": _section_of(lambda image, mask: tk.largest(_dark(image), 3)),
    "lbp": _lesion(lambda image, mask: tk.lbp(tk.grey(image), mask)),
    "lch": _lesion(lambda image, mask: tk.lch(image)[:, :, 1], False),
    "linear_light": _lesion(lambda image, mask: tk.linear_light(image), False),
    "local_spread": _lesion(lambda image, mask: tk.local_spread(tk.grey(image), 0.05), False),
    "lung_field": _film(lambda image, mask: tk.lung_field(image)),
    "optical_density": _section_of(lambda image, mask: tk.optical_density(image)),
    "orientation": _section_of(lambda image, mask: tk.orientation(tk.stains(image)[:, :, 1], 0.04)[1]),
    "otsu": _lesion(lambda image, mask: tk.grey(image) < tk.otsu(tk.grey(image)), False),
    "outline": _lesion(lambda image, mask: tk.outline(mask)),
    "polar_map": _lesion(lambda image, mask: tk.polar_map(tk.grey(image), mask)),
    "radial_profile": _lesion(lambda image, mask: tk.radial_profile(mask)),
    "reduced": _lesion(lambda image, mask: tk.reduced(image, 30).repeat(4, 0).repeat(4, 1), False),
    "ridges": _lesion(lambda image, mask: tk.ridges(tk.grey(image), (0.008, 0.014)), False),
    "rim": _lesion(lambda image, mask: tk.rim(mask)),
    "robust": _lesion(lambda image, mask: tk.robust(tk.lab(image)[:, :, 0][mask])),
    "ruler_mask": _marked(_ticks, lambda image, mask: tk.ruler_mask(image)),
    "separation": _lesion(lambda image, mask: tk.separation(tk.grey(image), mask, tk.skin_ring(mask))),
    "shading_corrected": _marked(_slope, lambda image, mask: tk.shading_corrected(image)),
    "share": _lesion(lambda image, mask: tk.share(mask)),
    "signed_distance": _lesion(lambda image, mask: tk.signed_distance(mask)),
    "skin_ring": _lesion(lambda image, mask: tk.skin_ring(mask)),
    "smoothed": _lesion(lambda image, mask: tk.smoothed(mask, 0.12)),
    "snake": _lesion(
        lambda image, mask: tk.snake(tk.despeckled(tk.grey(image), 0.12), _seed(image), 80, 3.0), False
    ),
    "specular_mask": _marked(_glints, lambda image, mask: tk.specular_mask(image)),
    "stains": _section_of(lambda image, mask: tk.stains(image)[:, :, 0]),
    "symmetry": _lesion(lambda image, mask: tk.symmetry(tk.grey(image), mask)),
    "without_hair": _marked(_hairs, lambda image, mask: tk.without_hair(image)),
}


def write() -> None:
    """Write the page and the pictures."""
    PAGE.write_text(page(), encoding="utf-8")
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, drawn in pictures().items():
        small = Image.fromarray(np.ascontiguousarray(drawn)).quantize(
            COLOURS, kmeans=2, dither=Image.Dither.NONE
        )
        small.save(PICTURES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    write()
