"""Damage to a valid file, drawn from a number: the same number gives the same file."""

import random
from collections.abc import Callable, Mapping

HURTS = (0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
"""Numbers at the ends of what one, two or four bytes hold."""


def damaged(seeds: Mapping[str, bytes], seed: int, number: int) -> bytes:
    """Return damaged file `number`."""
    chance = random.Random(f"{seed}/{number}")
    names = sorted(seeds)
    data = bytearray(seeds[names[number % len(names)]])
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        chance.choice(DAMAGES)(data, chance, bytes(seeds[chance.choice(names)]))
    return bytes(data)


def _place(data: bytearray, chance: random.Random) -> int:
    # Headers are short and pixels are long: half of all damage goes to the first kilobyte.
    return chance.randrange(min(len(data), 1024) if chance.random() < 0.5 else len(data)) if data else 0


def _flip(data: bytearray, chance: random.Random, _other: bytes) -> None:
    for _ in range(chance.choice((1, 1, 4, 20))):
        if data:
            data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _number(data: bytearray, chance: random.Random, _other: bytes) -> None:
    place, width = _place(data, chance), chance.choice((1, 2, 4))
    value = chance.choice(HURTS) % (1 << 8 * width)
    data[place : place + width] = value.to_bytes(width, chance.choice(("little", "big")))


def _cut(data: bytearray, chance: random.Random, _other: bytes) -> None:
    del data[_place(data, chance) :]


def _remove(data: bytearray, chance: random.Random, _other: bytes) -> None:
    place = _place(data, chance)
    del data[place : place + chance.choice((1, 2, 4, 8, 64))]


def _double(data: bytearray, chance: random.Random, _other: bytes) -> None:
    place, length = _place(data, chance), chance.choice((2, 8, 64, 512))
    data[place:place] = data[place : place + length] * chance.choice((1, 1, 20))


def _join(data: bytearray, chance: random.Random, other: bytes) -> None:
    place, start = _place(data, chance), chance.randrange(len(other))
    data[place : place + 64] = other[start : start + chance.choice((8, 64, 1000))]


def _noise(data: bytearray, chance: random.Random, _other: bytes) -> None:
    place = _place(data, chance)
    data[place : place + 16] = chance.randbytes(16)


DAMAGES: tuple[Callable[[bytearray, random.Random, bytes], None], ...] = (
    _flip, _flip, _number, _number, _cut, _remove, _double, _join, _noise,
)  # fmt: skip
