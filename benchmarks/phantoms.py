"""How many phantoms of each kind one core draws in a second: `python -m benchmarks.phantoms`.

Seconds are of this process's CPU, the median of rounds; a blurred noise image of the same size, drawn in the
same rounds, is the control.
"""

import argparse
import json
import time
from collections.abc import Callable
from statistics import median

import cv2
import numpy as np

from scafe.knowledge.phantoms import load_phantom, phantom_kinds

ROUNDS = 5
DRAWN = 8


def main() -> None:
    """Print one row per kind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=256)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    for kind in phantom_kinds():
        phantom = load_phantom(kind)
        drawing, control = _seconds(
            lambda seed, one=phantom: one.render(seed, None, None, options.size), options.size
        )
        row = {
            "kind": kind,
            "images_per_s": round(1 / drawing, 1),
            "times_the_control": round(drawing / control, 1),
        }
        print(json.dumps(row), flush=True)


def _seconds(draw: Callable[[int], object], size: int) -> tuple[float, float]:
    draw(0)
    rounds = [(_timed(draw, turn), _timed(lambda seed: _control(seed, size), turn)) for turn in range(ROUNDS)]
    return median(one for one, _ in rounds), median(one for _, one in rounds)


def _timed(draw: Callable[[int], object], turn: int) -> float:
    begun = time.process_time()
    for seed in range(turn * DRAWN, (turn + 1) * DRAWN):
        draw(seed)
    return (time.process_time() - begun) / DRAWN


def _control(seed: int, size: int) -> object:
    noise = np.random.default_rng(seed).normal(size=(size, size, 3)).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), 2.0)


if __name__ == "__main__":
    main()
