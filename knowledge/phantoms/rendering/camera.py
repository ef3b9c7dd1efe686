"""The camera of the colour phantoms: light, colour balance, blur, noise, hair, ruler and JPEG.

Everything here is a nuisance: it changes how a scene is recorded, never what a lesion is. Scenes
come in as linear light, so that exposure and colour balance multiply as they do in a real camera.
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.base import Dial, Nuisance

Floats = NDArray[np.float32]

CAMERA = (
    Nuisance("light", 0.7, 1.3, 1.0, "exposure, factor on linear light"),
    Nuisance("light_gradient", 0.0, 1.0, 0.0, "light falls off across the frame; 1 is ±25 %"),
    Nuisance("white_balance", -0.2, 0.2, 0.0, "gain of red up and of blue down by this share"),
    Nuisance("blur", 0.0, 2.0, 0.0, "defocus, Gaussian sigma in pixels of a 256-pixel frame"),
    Nuisance("noise", 0.0, 1.0, 0.0, "sensor noise; 1 is a standard deviation of 4 grey levels"),
    Nuisance("hair", 0.0, 1.0, 0.0, "dark hairs across the frame; 1 is 12 of them"),
    Nuisance("ruler", 0.0, 1.0, 0.0, "tick marks along one edge of the frame, opacity"),
    Nuisance("jpeg", 0.0, 1.0, 0.0, "compression; 0 is none, 1 is quality 55"),
    Nuisance("vignette", 0.0, 1.0, 0.0, "dark corners; 1 loses 60 % of the light there"),
)

ENCODE = np.round(
    255
    * np.where(
        np.linspace(0, 1, 4096) <= 0.0031308,
        12.92 * np.linspace(0, 1, 4096),
        1.055 * np.linspace(0, 1, 4096) ** (1 / 2.4) - 0.055,
    )
).astype(np.uint8)
"""sRGB transfer function of IEC 61966-2-1 as a table over 4096 steps of linear light."""


def settle(
    known: Sequence[Dial | Nuisance], given: Mapping[str, float] | None, kind: str
) -> dict[str, float]:
    """Fill in neutral values; an unknown name raises KeyError that names the known ones."""
    values = {one.name: one.neutral for one in known}
    for name, value in (given or {}).items():
        if name not in values:
            raise KeyError(f"phantom {kind} has no {name!r}; it has {', '.join(values)}")
        values[name] = float(value)
    return values


def stream(seed: int, part: int) -> np.random.Generator:
    """Return the random stream of one part of a scene, so that a dial disturbs no other part."""
    return np.random.default_rng([seed, part])


def linear(rgb: Sequence[int]) -> Floats:
    """Decode an sRGB triplet (0-255) to linear light (0-1)."""
    value = np.asarray(rgb, dtype=np.float64) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def smooth_noise(rng: np.random.Generator, size: int, cells: int) -> Floats:
    """Draw smooth noise of about `cells` bumps per side, mean about 0 and standard deviation about 1."""
    coarse = rng.standard_normal((cells + 3, cells + 3)).astype(np.float32)
    # Cubic interpolation shrinks the spread of white noise to about .87 of the coarse grid's.
    coarse = (coarse - coarse.mean()) / (0.87 * coarse.std() + 1e-6)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def photograph(scene: Floats, nuisances: Mapping[str, float], seed: int) -> NDArray[np.uint8]:
    """Record a scene.

    Parameters
    ----------
    scene : (S, S, 3) float32 array
        Linear light, 0-1; not changed.
    nuisances : mapping
        Every name of `CAMERA`.
    seed : int
        Draws the places of hairs and ruler, the direction of light, and the noise.

    Returns
    -------
    (S, S, 3) uint8 array
        sRGB.
    """
    scene = _with_objects(scene, nuisances, seed)
    scene = scene * _light(scene.shape[0], nuisances, seed)
    blur = nuisances["blur"] * scene.shape[0] / 256
    if blur > 0.05:
        scene = np.asarray(cv2.GaussianBlur(scene, (0, 0), blur), dtype=np.float32)
    image: NDArray[np.uint8] = ENCODE[np.clip(scene * 4095, 0, 4095).astype(np.int32)]
    if nuisances["noise"] > 0:
        grain = stream(seed, 901).standard_normal(image.shape, dtype=np.float32)
        image = np.clip(image + 4 * nuisances["noise"] * grain + 0.5, 0, 255).astype(np.uint8)
    return _compressed(image, nuisances["jpeg"])


def _light(size: int, nuisances: Mapping[str, float], seed: int) -> Floats:
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    angle = stream(seed, 902).uniform(0, 2 * np.pi)
    slope = axis[None, :] * np.cos(angle) + axis[:, None] * np.sin(angle)
    field = nuisances["light"] * (1 + 0.25 * nuisances["light_gradient"] * slope)
    if nuisances["vignette"] > 0:
        radius = np.sqrt(axis[None, :] ** 2 + axis[:, None] ** 2)
        field = field * (1 - 0.6 * nuisances["vignette"] * np.clip(radius - 0.85, 0, 0.55) / 0.55)
    gain = np.array([1 + nuisances["white_balance"], 1, 1 - nuisances["white_balance"]], dtype=np.float32)
    return np.asarray(field[:, :, None] * gain, dtype=np.float32)


def _with_objects(scene: Floats, nuisances: Mapping[str, float], seed: int) -> Floats:
    if nuisances["hair"] > 0:
        scene = _blend(scene, _hairs(scene.shape[0], nuisances["hair"], seed), linear((52, 38, 30)), 0.85)
    if nuisances["ruler"] > 0:
        scene = _blend(scene, _ticks(scene.shape[0], seed), linear((28, 28, 30)), nuisances["ruler"])
    return scene


def _blend(scene: Floats, cover: Floats, colour: Floats, opacity: float) -> Floats:
    alpha = (opacity * cover)[:, :, None]
    return np.asarray(scene * (1 - alpha) + alpha * colour, dtype=np.float32)


def _hairs(size: int, amount: float, seed: int) -> Floats:
    rng, canvas = stream(seed, 903), np.zeros((size, size), dtype=np.uint8)
    steps = np.linspace(0, 1, 12)[:, None]
    for _ in range(round(12 * amount)):
        start, bend, end = rng.uniform(-0.1, 1.1, (3, 2)) * size
        curve = (1 - steps) ** 2 * start + 2 * steps * (1 - steps) * bend + steps**2 * end
        thick = 1 if size < 320 else 2
        cv2.polylines(canvas, [np.round(curve * 16).astype(np.int32)], False, 255, thick, cv2.LINE_AA, 4)
    return np.asarray(canvas, dtype=np.float32) / np.float32(255)


def _ticks(size: int, seed: int) -> Floats:
    canvas = np.zeros((size, size), dtype=np.uint8)
    for number, at in enumerate(np.linspace(0.06, 0.94, 23)):
        length = round(size * (0.075 if number % 5 == 0 else 0.045))
        row = round(at * size)
        cv2.rectangle(canvas, (0, row), (length, row + max(0, size // 220)), 255, -1)
    canvas = np.rot90(canvas, int(stream(seed, 904).integers(4)))
    return np.ascontiguousarray(canvas, dtype=np.float32) / np.float32(255)


def _compressed(image: NDArray[np.uint8], amount: float) -> NDArray[np.uint8]:
    if amount <= 0:
        return image
    quality = round(95 - 40 * amount)
    ok, packed = cv2.imencode(
        ".jpg", np.ascontiguousarray(image[:, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not ok:
        raise RuntimeError("OpenCV cannot encode JPEG on this machine")
    read = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)
    return np.ascontiguousarray(read[:, :, ::-1])
