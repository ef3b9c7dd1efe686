"""The skin and the lesion of the dermoscopy phantom, as linear light before any camera.

Pigment multiplies light (Beer-Lambert), so brown structures keep their look on every skin tone;
deep blue, white and grey scatter light and are mixed in. Lengths are in lesion radii.
"""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.rendering.camera import Floats, linear, smooth_noise, stream

RADIUS = 0.31
"""Mean lesion radius as a share of the frame."""

SKIN_SRGB = ("dbc4ad d7bea3 d0b190 c8a680 ba9267 b08559 a6794f 9a6c45 8c5f3f 80553c 734c3b 66463b").split()
SKIN_ITA = (64, 59, 49, 40, 25, 16, 8, -1, -12, -24, -39, -54)
"""Skin colours of a two-layer model (melanin over blood) and their individual typology angles."""

FINE = 2
"""Small round things are drawn on a canvas this many times finer."""
BEARINGS = 720
"""Steps of angle in which outline and border are drawn; step 0 points to -x."""

MELANIN = np.array([0.75, 1.35, 2.1], dtype=np.float32)
"""Absorbance of epidermal melanin in R, G, B (falls with wavelength as λ^-3.33, normalised to G≈1.35)."""
BLOOD = np.array([0.15, 1.35, 1.05], dtype=np.float32)
"""Absorbance of haemoglobin in R, G, B: little red, most green."""
BLUE_GREY = linear((92, 102, 124))
VEIL_BLUE = linear((124, 132, 154))
SCAR_WHITE = linear((234, 216, 200))


def skin_light(tone: float) -> Floats:
    """Return linear RGB of skin for a tone from 0 (very light) to 1 (dark)."""
    table = np.array([linear(tuple(bytes.fromhex(one))) for one in SKIN_SRGB])
    at = np.clip(tone, 0, 1) * (len(table) - 1)
    return np.array([np.interp(at, range(len(table)), table[:, c]) for c in range(3)], dtype=np.float32)


def skin_ita(tone: float) -> float:
    """Return the individual typology angle in degrees for a tone from 0 to 1."""
    return float(np.interp(np.clip(tone, 0, 1) * (len(SKIN_ITA) - 1), range(len(SKIN_ITA)), SKIN_ITA))


class Scene:
    """One lesion on skin; every part has its own random stream of the seed."""

    def __init__(self, seed: int, dials: Mapping[str, float], tone: float, size: int) -> None:
        self.seed, self.dials, self.tone, self.size = seed, dials, tone, size
        axis = (np.arange(size, dtype=np.float32) - (size - 1) / 2) / (RADIUS * size)
        self.x = np.broadcast_to(axis[None, :], (size, size))
        self.y = np.broadcast_to(axis[:, None], (size, size))
        self.radius = np.sqrt(self.x**2 + self.y**2)
        turn = np.arctan2(self.y, self.x) / np.float32(2 * np.pi) + np.float32(0.5)
        self.bearing = (turn * BEARINGS).astype(np.int32) % BEARINGS
        self.depth = self.radius / self._outline()[self.bearing]
        self.body = self._body()

    def mask(self) -> NDArray[np.bool_]:
        """Outline a person would draw: a little outside the pigment."""
        return np.asarray(self.depth < 1.06)

    def light(self) -> Floats:
        """Linear light of the lesion on even skin, (S, S, 3); outside it is `skin_light` exactly."""
        dials = self.dials
        absorbed = self._melanin()[:, :, None] * MELANIN
        red = dials["vessels"] * self._vessels() + 0.5 * self._patch(3)
        if red.any():
            absorbed += red[:, :, None] * BLOOD
        scene = skin_light(self.tone) * np.exp(-absorbed)
        shade = np.float32(np.sqrt(skin_light(self.tone)[1] / skin_light(0.1)[1]))
        _mix(scene, 0.85 * self._patch(4), BLUE_GREY * shade)
        _mix(scene, 0.8 * self._patch(5), SCAR_WHITE * shade)
        if dials["regression"] > 0:
            white = stream(self.seed, 21).uniform(0.55, 0.85)
            _mix(scene, white * dials["regression"] * self._regression(), SCAR_WHITE * shade)
            _mix(scene, (1.05 - white) * dials["regression"] * self._pepper(), BLUE_GREY * shade)
        if dials["blue_dots"] > 0:
            _mix(
                scene,
                0.85 * self._dots(16, round(40 * dials["blue_dots"]), (0.1, 0.85), 0.03),
                BLUE_GREY * shade,
            )
        if dials["veil"] > 0:
            _mix(scene, 0.85 * dials["veil"] * self._veil(), VEIL_BLUE * shade)
        return np.asarray(scene, dtype=np.float32)

    def skin_texture(self) -> Floats:
        """Factor on light from the fine relief of skin, (S, S), about 1."""
        rng = stream(self.seed, 5)
        texture = 0.02 * smooth_noise(rng, self.size, 6) + 0.018 * smooth_noise(rng, self.size, 40)
        return np.asarray(1 + texture, dtype=np.float32)

    def _outline(self) -> Floats:
        rng = stream(self.seed, 1)
        axis, stretch = rng.uniform(0, np.pi), rng.uniform(0.04, 0.14)
        angle = 2 * np.pi * np.arange(BEARINGS) / BEARINGS - np.pi
        outline = 1 + stretch * np.cos(2 * (angle - axis))
        phases, weights = (
            rng.uniform(0, 2 * np.pi, 5),
            rng.uniform(0.6, 1, 5) * (0.16, 0.13, 0.09, 0.06, 0.04),
        )
        for wave, phase, weight in zip((1, 3, 4, 5, 7), phases, weights, strict=True):
            outline = outline + self.dials["asymmetry"] * weight * np.cos(wave * angle + phase)
        return np.asarray(outline, dtype=np.float32)

    def _body(self) -> Floats:
        sharp = self._sharpness()
        width = 0.12 * (1 - sharp) + 0.012 * sharp
        fade = 1 / (1 + np.exp(np.clip((self.depth - 0.93) / width, -30, 30)))
        return np.asarray(fade * np.clip((1.5 - self.depth) / 0.4, 0, 1), dtype=np.float32)

    def _sharpness(self) -> Floats:
        """Share of abruptness at each angle: eighths turn abrupt one after the other."""
        order = stream(self.seed, 2).permutation(8)
        eighths = np.clip(self.dials["border"] - order, 0, 1).astype(np.float32)
        ring = np.tile(np.repeat(eighths, BEARINGS // 8), 3)
        ring = cv2.blur(ring[None, :], (31, 1))[0, BEARINGS : 2 * BEARINGS]
        return np.asarray(ring[self.bearing])

    def _melanin(self) -> Floats:
        dials, tilt = self.dials, stream(self.seed, 3).uniform(0, 2 * np.pi)
        lean = self.x * np.cos(tilt) + self.y * np.sin(tilt)
        base = 0.42 + 0.12 * np.clip(1 - self.depth, 0, 1)
        base = base * np.clip(1 + 1.1 * dials["asymmetry"] * lean, 0.15, 2.2)
        plain = 1 - self._plain_area()
        base = base * (1 + 0.2 * plain * smooth_noise(stream(self.seed, 4), self.size, 34))
        base = base + 0.55 * self._patch(1) + 1.3 * self._patch(2)
        base = base + plain * (
            0.75 * dials["network"] * self._network() * np.clip(1.3 - self._patch(2), 0, 1)
        )
        base = base + plain * 0.95 * self._globules()
        base = base + 1.5 * dials["blotches"] * self._blotch()
        density = self.body * base + self._streaks()
        if dials["peripheral_dots"] > 0:
            density = density + 1.6 * self._dots(15, round(24 * dials["peripheral_dots"]), (0.8, 0.94), 0.024)
        return np.asarray(dials["pigment"] * np.clip(density, 0, None), dtype=np.float32)

    def _plain_area(self) -> Floats:
        """Cover (0-1) whose share of the lesion is the dial `structureless`."""
        field = smooth_noise(stream(self.seed, 6), self.size, 5)
        inside = field[self.depth < 1]
        edge = np.quantile(inside[::7], 1 - self.dials["structureless"])
        return np.asarray(
            np.clip((field - edge) / 0.25 + 0.5, 0, 1) * (self.dials["structureless"] > 0), dtype=np.float32
        )

    def _patch(self, index: int) -> Floats:
        """Soft area of one colour beyond light brown; the dial `colours` fades them in by turn.

        Index 1 dark brown, 2 black, 3 red, 4 blue-grey, 5 white; the last four come in seeded order.
        """
        rng = stream(self.seed, 20)
        order = [1, *(2 + rng.permutation(4))]
        places = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(5) / 5 + rng.uniform(-0.3, 0.3, 5)
        turn = order.index(index)
        share = np.clip(self.dials["colours"] - 1 - turn, 0, 1)
        if share == 0:
            return np.zeros((self.size, self.size), dtype=np.float32)
        reach, size = (0.35, 0.42) if turn == 0 else (0.55, 0.24 if index == 2 else 0.32)
        return np.asarray(share * self._area(21 + index, reach, size, places[turn]), dtype=np.float32)

    def _network(self) -> Floats:
        """Lines around roundish meshes: three plane waves at 60°, of a width that the seed draws.

        As atypia grows, lines broaden and darken here and there, meshes widen and bend.
        """
        rng, atypia = stream(self.seed, 7), self.dials["network_atypia"]
        bend = 0.05 + 0.1 * atypia
        u = self.x + bend * smooth_noise(rng, self.size, 9)
        v = self.y + bend * smooth_noise(rng, self.size, 9)
        scale = 38 + 10 * stream(self.seed, 17).uniform()
        mesh, turn = np.float32(scale * (1 - 0.42 * atypia)), rng.uniform(0, np.pi)
        waves = np.zeros((self.size, self.size), dtype=np.float32)
        for step in range(3):
            angle = turn + step * np.pi / 3
            waves += np.cos(mesh * (u * np.float32(np.cos(angle)) + v * np.float32(np.sin(angle))))
        patchy = smooth_noise(rng, self.size, 4)
        broad = -0.4 + atypia * (0.6 + 0.3 * patchy)
        lines = np.clip((broad - waves) / 0.9, 0, 1) * np.clip(1 + atypia * (0.2 + 0.8 * patchy), 0.1, 2.5)
        return np.asarray(lines * np.clip((1.05 - self.depth) / 0.2, 0, 1), dtype=np.float32)

    def _globules(self) -> Floats:
        rng, canvas = stream(self.seed, 8), self._canvas()
        places, scale = rng.uniform(0, 1, (40, 3)), 0.75 + 0.5 * stream(self.seed, 18).uniform()
        for turn, reach, thick in places[: round(40 * self.dials["globules"])]:
            self._dot(canvas, 2 * np.pi * turn, 0.88 * np.sqrt(reach), scale * (0.034 + 0.026 * thick))
        return self._drawn(canvas)

    def _dots(self, part: int, count: int, depths: tuple[float, float], radius: float) -> Floats:
        rng, canvas = stream(self.seed, part), self._canvas()
        for turn, reach in rng.uniform(0, 1, (40, 2))[:count]:
            deep = depths[0] + (depths[1] - depths[0]) * np.sqrt(reach)
            self._dot(canvas, 2 * np.pi * turn, deep, radius)
        return self._drawn(canvas)

    def _streaks(self) -> Floats:
        if self.dials["streaks"] <= 0:
            return np.zeros((self.size, self.size), dtype=np.float32)
        rng, canvas = stream(self.seed, 9), self._canvas()
        first = rng.uniform(0, 2 * np.pi)
        drawn, scale = rng.uniform(0, 1, (18, 4)), 0.7 + 0.6 * stream(self.seed, 19).uniform()
        for number in range(round(18 * self.dials["streaks"])):
            jitter, length, width, lean = drawn[number]
            angle = first + 2 * np.pi * ((number * 7) % 18 + 0.6 * jitter) / 18
            stop = 0.9 + 0.12 * length
            thick = scale * (0.016 + 0.014 * width)
            self._line(canvas, angle, 0.62 + 0.2 * (1 - length), angle + 0.16 * (lean - 0.5), stop, thick)
            self._dot(canvas, angle + 0.16 * (lean - 0.5), stop, 1.4 * thick)
        fade = np.clip((self.depth - 0.6) / 0.25, 0, 1)
        return np.asarray(
            0.8 * fade * cv2.GaussianBlur(self._drawn(canvas), (0, 0), 0.004 * self.size), dtype=np.float32
        )

    def _vessels(self) -> Floats:
        rng, canvas = stream(self.seed, 10), self._canvas()
        places = rng.uniform(0, 1, (44, 4))
        for turn, reach, bend, kind in places[: round(44 * self.dials["vessels"])]:
            start = self._point(2 * np.pi * turn, 0.85 * np.sqrt(reach))
            if kind < 0.6:
                self._dot(canvas, 2 * np.pi * turn, 0.85 * np.sqrt(reach), 0.02)
                continue
            points = start + FINE * RADIUS * self.size * _wavy(2 * np.pi * bend, 1 + kind)
            points = np.round(points * 16).astype(np.int32)
            cv2.polylines(canvas, [points], False, 255, max(1, self.size // 80), cv2.LINE_AA, 4)
        return np.asarray(1.5 * self.body * self._drawn(canvas), dtype=np.float32)

    def _regression(self) -> Floats:
        return self._area(11, 0.45, 0.36)

    def _pepper(self) -> Floats:
        rng = stream(self.seed, 12)
        grain = smooth_noise(rng, self.size, 44)
        return np.asarray(np.clip((grain - 0.8) / 0.4, 0, 1) * self._regression(), dtype=np.float32)

    def _blotch(self) -> Floats:
        return self._area(13, 0.35, 0.34)

    def _veil(self) -> Floats:
        return self._area(14, 0.3, 0.46)

    def _area(self, part: int, reach: float, size: float, angle: float | None = None) -> Floats:
        """Soft ragged area `reach` from the centre, inside the body.

        Without asymmetry it is split into four mirror images about two axes; as asymmetry grows they
        give way to one area on one side.
        """
        rng, asymmetry = stream(self.seed, part), np.float32(self.dials["asymmetry"])
        drawn = rng.uniform(0, 2 * np.pi)
        angle = drawn if angle is None else angle
        x, y = np.float32(reach * np.cos(angle)), np.float32(reach * np.sin(angle))
        one = size - cv2.magnitude(self.x - x, self.y - y)
        four = 0.6 * size - cv2.magnitude(np.abs(self.x) - abs(x), np.abs(self.y) - abs(y))
        ragged = (0.2 + 0.8 * asymmetry) * 0.07 * smooth_noise(rng, self.size, 8)
        field = asymmetry * one + (1 - asymmetry) * four + ragged
        return np.asarray(np.clip(field / 0.12 + 0.5, 0, 1) * self.body, dtype=np.float32)

    def _canvas(self) -> NDArray[np.uint8]:
        return np.zeros((FINE * self.size, FINE * self.size), dtype=np.uint8)

    def _drawn(self, canvas: NDArray[np.uint8]) -> Floats:
        small = cv2.resize(canvas, (self.size, self.size), interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.float32) / np.float32(255)

    def _point(self, angle: float, depth: float) -> NDArray[np.float64]:
        """Position on the fine canvas at a depth (0 centre, 1 outline) along an angle."""
        middle, step = (self.size - 1) / 2, np.array([np.cos(angle), np.sin(angle)])
        at = np.clip(np.round(middle + 0.8 * RADIUS * self.size * step), 0, self.size - 1).astype(int)
        here = np.hypot(*(at - middle)) / max(float(self.depth[at[1], at[0]]), 1e-3)
        return np.asarray(FINE * (middle + step * here * depth + 0.5) - 0.5)

    def _dot(self, canvas: NDArray[np.uint8], angle: float, depth: float, radius: float) -> None:
        x, y = np.round(self._point(angle, depth) * 16).astype(int)
        pixels = max(1.0, radius * RADIUS * self.size * FINE)
        cv2.circle(canvas, (int(x), int(y)), round(pixels * 16), 255, -1, cv2.LINE_AA, 4)

    def _line(
        self, canvas: NDArray[np.uint8], angle: float, start: float, end: float, stop: float, width: float
    ) -> None:
        ends = np.stack([self._point(angle, start), self._point(end, stop)])
        thick = max(1, round(2 * width * RADIUS * self.size * FINE))
        cv2.polylines(canvas, [np.round(ends * 16).astype(np.int32)], False, 255, thick, cv2.LINE_AA, 4)


def _wavy(heading: float, waves: float) -> NDArray[np.float64]:
    """Path of a short winding vessel from the origin, (7, 2) in lesion radii."""
    along = np.arange(7) / 6
    aside = 0.035 * np.sin(along * 2 * np.pi * waves)
    along = 0.3 * along
    x = along * np.cos(heading) - aside * np.sin(heading)
    return np.stack([x, along * np.sin(heading) + aside * np.cos(heading)], axis=1)


def _mix(scene: Floats, cover: Floats, colour: Floats) -> None:
    """Lay a colour over the scene, in place."""
    if cover.any():
        scene += cover[:, :, None] * (colour - scene)
