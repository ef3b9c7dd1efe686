"""What the sandbox costs, with an A/A control: `python -m benchmarks.sandbox [--rounds N] [--smolagents]`.

Variants are interleaved in random order; medians are printed. "again" is the in-process variant
measured a second time: a ratio inside its spread reads as 1.0. CPU time counts both sides (host and
cell). Nothing here is asserted in tests; a loaded machine moves wall times, not CPU ratios.

A core of a rented machine runs at half its speed while its neighbour is busy. So a plain Python loop is
timed right before and right after each turn: a turn is *undisturbed* if the loop ran within 20 % of its
fastest both times. The median of all turns and of the undisturbed ones are printed side by side.
"""

import argparse
import math
import multiprocessing
import multiprocessing.pool
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from scafe.sandbox.pool.crew import Crew
from scafe.sandbox.pool.pool import ImageAndMask, Pool

SIZES = (256, 1024)
IMAGES = 8
TURN_SECONDS = 0.002
CPU_ROUNDS, CPU_SECONDS = 40, 0.03
FEATURE = '{"unit": "u", "range": [0, 1], "direction": "up", "meaning": "m"}'
HEAD = f'CRITERION = "b"\nFEATURES = {{"a": {FEATURE}}}\n'
BODIES = {
    "null": "def extract(image, mask):\n    return {'a': 1.0}\n",
    "colour": """import cv2
import numpy as np
def extract(image, mask):
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    return {'a': float(sum(np.percentile(lab[..., c][mask], 90) + lab[..., c][mask].std() for c in range(3)))}
""",
    "shape": """import cv2
import numpy as np
def extract(image, mask):
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    c = max(contours, key=cv2.contourArea)
    g = cv2.GaussianBlur(image, (0, 0), 2.0)
    return {'a': float(cv2.arcLength(c, True) ** 2 / cv2.contourArea(c)) + float(g.mean())}
""",
    "texture": """import numpy as np
from skimage.color import rgb2gray
from skimage.feature import graycomatrix, graycoprops
def extract(image, mask):
    q = (rgb2gray(image) * 31).astype(np.uint8)
    m = graycomatrix(q, [1, 3], [0, np.pi / 2], levels=32, symmetric=True, normed=True)
    return {'a': float(graycoprops(m, 'contrast').mean())}
""",
}
LOOP = """def extract(image, mask):
    g = image[..., 0]
    s = 0
    for y in range(1, 63):
        for x in range(1, 63):
            if int(g[y, x + 1]) - int(g[y, x - 1]) > 0:
                s += 1
    return {'a': float(s)}
"""


def source_of(name: str) -> str:
    """One benchmark extractor with its head."""
    return BODIES[name] + HEAD


def images(size: int) -> list[ImageAndMask]:
    """Eight noise images with a disc as mask."""
    rows, columns = np.mgrid[:size, :size]
    mask = (rows - size / 2) ** 2 + (columns - size / 2.2) ** 2 < (size / 3) ** 2
    made = []
    for seed in range(IMAGES):
        pixels = np.random.default_rng(seed).integers(0, 255, (size, size, 3), dtype=np.uint8)
        made.append(ImageAndMask(pixels, mask))
    for one in made:
        one.image.setflags(write=False)
        one.mask.setflags(write=False)
    return made


def plain(source: str) -> Callable[..., dict[str, float]]:
    """Compile an extractor as ordinary Python."""
    namespace: dict[str, object] = {}
    exec(compile(source, "plain", "exec"), namespace)
    return namespace["extract"]  # type: ignore[return-value]


_known: dict[str, Callable[..., dict[str, float]]] = {}


def in_pool(job: tuple[str, ImageAndMask]) -> dict[str, float]:
    """Run in `multiprocessing.Pool`: the images arrive pickled."""
    source, one = job
    if source not in _known:
        _known[source] = plain(source)
    return _known[source](one.image, one.mask)


def cpu_of(crew: Crew) -> float:
    """CPU seconds of this process and of the crew's only cell, to the nanosecond."""
    (cell,) = crew._cells
    return time.process_time() + int(Path(f"/proc/{cell.pid}/schedstat").read_text().split()[0]) / 1e9


@dataclass(frozen=True)
class Turn:
    """One timing of one variant."""

    microseconds: float
    """Wall time of one image."""
    loop_seconds: float
    """The slower of the two loops around it."""


@dataclass(frozen=True)
class Cost:
    """What a variant costs an image, microseconds of wall time."""

    median: float
    undisturbed: float
    """Median of the undisturbed turns; NaN if there are none."""
    turns: int
    """How many were undisturbed."""


def loop_seconds() -> float:
    """Time a loop that touches no memory; some 0.1 ms."""
    start = time.perf_counter()
    for _ in range(4000):
        pass
    return time.perf_counter() - start


def timed(variant: Callable[[int], int], turn: int) -> Turn:
    """Repeat a variant for at least `TURN_SECONDS`, as `timeit` does."""
    variant(turn)  # once untimed: the caches of the variant before must not decide
    before, done, now = loop_seconds(), 0, 0.0
    start = time.perf_counter()
    while now < TURN_SECONDS:
        done += variant(turn)
        now = time.perf_counter() - start
    return Turn(now / done * 1e6, max(before, loop_seconds()))


def measure(variants: dict[str, Callable[[int], int]], rounds: int) -> dict[str, Cost]:
    """Run every variant in random order, `rounds` times; a variant says how many images it did."""
    turns: dict[str, list[Turn]] = {name: [] for name in variants}
    order = list(variants)
    chooser = random.Random(1)
    for turn in range(rounds):
        chooser.shuffle(order)
        for name in order:
            turns[name].append(timed(variants[name], turn))
    fastest = min(one.loop_seconds for many in turns.values() for one in many)
    return {name: cost_of(many, fastest * 1.2) for name, many in turns.items()}


def cost_of(turns: Sequence[Turn], limit: float) -> Cost:
    """Medians of all turns and of those whose loops took at most `limit` seconds."""
    quiet = [one.microseconds for one in turns if one.loop_seconds <= limit]
    return Cost(
        statistics.median(one.microseconds for one in turns),
        statistics.median(quiet) if quiet else math.nan,
        len(quiet),
    )


def cpu_ratios(
    one: Callable[[int], int], others: dict[str, Callable[[int], int]], cpu: Callable[[], float]
) -> dict[str, float]:
    """CPU time an image of each of `others` divided by that of `one` in the same round; medians.

    Rounds whose loops ran undisturbed, if there are five; else all.
    """
    rounds: list[tuple[float, dict[str, float]]] = []
    for turn in range(CPU_ROUNDS):
        loops = [loop_seconds()]
        spent = {}
        for name, variant in {"": one, **others}.items():
            spent[name] = cpu_spent(variant, cpu, turn)
            loops.append(loop_seconds())
        rounds.append((max(loops), {name: spent[name] / spent[""] for name in others}))
    limit = 1.2 * min(loop for loop, _ in rounds)
    quiet = [ratios for loop, ratios in rounds if loop <= limit]
    kept = quiet if len(quiet) >= 5 else [ratios for _, ratios in rounds]
    return {name: statistics.median(ratios[name] for ratios in kept) for name in others}


def cpu_spent(variant: Callable[[int], int], cpu: Callable[[], float], turn: int) -> float:
    """CPU seconds an image, over at least `CPU_SECONDS` of work."""
    variant(turn)
    start, done, now = cpu(), 0, 0.0
    while now < CPU_SECONDS:
        for _ in range(4):
            done += variant(turn)
        now = cpu() - start
    return now / done


def call(crew: Crew, index: int, count: int) -> int:
    """Measure `count` images from `index` on in the warm cell."""
    crew.measure_batch(index, count)
    return count


def report_case(name: str, size: int, pool: Pool, workers: multiprocessing.pool.Pool, rounds: int) -> None:
    """Print one extractor at one size."""
    source, shown = source_of(name), images(size)
    function = plain(source)
    crew = pool.crew_for(source, shown, talkative=False)

    def in_process(turn: int) -> int:
        one = shown[turn % IMAGES]
        function(one.image, one.mask)
        return 1

    variants: dict[str, Callable[[int], int]] = {
        "in process": in_process,
        "again (A/A)": in_process,
        "cell, one call": lambda turn: call(crew, turn % IMAGES, 1),
        "cell, batch of 8": lambda turn: call(crew, 0, IMAGES),
        "multiprocessing.Pool": lambda turn: len([workers.apply(in_pool, ((source, shown[turn % IMAGES]),))]),
    }

    costs = measure(variants, rounds)
    base = costs["in process"]
    print(f"{name} {size}x{size}: in process {base.median:.1f} us")
    for label, cost in costs.items():
        print(
            f"    {label:22s} {cost.median:10.1f} us {cost.median / base.median:9.2f}x   undisturbed"
            f" {cost.undisturbed:10.1f} us {cost.undisturbed / base.undisturbed:9.2f}x   ({cost.turns} turns)"
        )
    if name == "null":
        pickled = costs["multiprocessing.Pool"].median / costs["cell, one call"].median
        print(f"    pickled images / cell  {pickled:.0f}x")
        return
    labels = ("cell, one call", "cell, batch of 8", "again (A/A)")
    ratios = cpu_ratios(in_process, {label: variants[label] for label in labels}, lambda: cpu_of(crew))
    for label, ratio in ratios.items():
        print(f"    CPU ratio {label:18s} {ratio:.2f}")


def report_smolagents(pool: Pool) -> None:
    """Print the ratio to smolagents' interpreter on a pixel loop; the package is for this line alone."""
    try:
        from smolagents.local_python_executor import LocalPythonExecutor
    except ImportError:
        print("smolagents is not installed; pip install smolagents for this line")
        return
    shown = images(64)
    crew = pool.crew_for(LOOP + HEAD, shown, talkative=False)
    executor = LocalPythonExecutor([])
    executor.send_tools({})
    executor.send_variables({"image": shown[0].image, "mask": shown[0].mask})
    executor(LOOP)
    function = plain(LOOP)

    def once(run: Callable[[], object]) -> float:
        start = time.process_time()
        run()
        return time.process_time() - start

    native = min(once(lambda: function(shown[0].image, shown[0].mask)) for _ in range(15))
    theirs = min(once(lambda: executor("extract(image, mask)")) for _ in range(3))
    wall = []
    for _ in range(15):
        start = time.perf_counter()
        call(crew, 0, 1)
        wall.append(time.perf_counter() - start)
    print(
        f"pixel loop 64x64: in process {native * 1e3:.2f} ms CPU, smolagents {theirs / native:.0f}x,", end=" "
    )
    print(f"cell {min(wall) / native:.2f}x wall (the best of 15, 3 and 15)")


def main() -> None:
    """Print every figure."""
    cv2.setNumThreads(1)  # as in a cell; two threads against one would be no control
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=60)
    options.add_argument("--only", nargs="*", choices=BODIES, default=list(BODIES))
    options.add_argument("--smolagents", action="store_true")
    chosen = options.parse_args()
    with multiprocessing.get_context("spawn").Pool(1) as workers, Pool(1) as pool:
        for name in chosen.only:
            for size in SIZES:
                report_case(name, size, pool, workers, chosen.rounds * (5 if name == "null" else 1))
        if chosen.smolagents:
            report_smolagents(pool)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
