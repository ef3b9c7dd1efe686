"""What the sandbox costs, with an A/A control: `python -m benchmarks.sandbox [--rounds N] [--smolagents]`.

Variants are interleaved in random order; medians are printed. "again" is the in-process variant
measured a second time: a ratio inside its spread reads as 1.0. CPU time counts both sides (host and
cell). Nothing here is asserted in tests; a loaded machine moves wall times, not CPU ratios.
"""

import argparse
import multiprocessing
import multiprocessing.pool
import os
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from scafe.sandbox.crew import Crew
from scafe.sandbox.pool import ImageAndMask, Pool

SIZES = (256, 1024)
IMAGES = 8
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


def cpu_of(pid: int) -> float:
    """CPU seconds of another process, to the clock tick."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descendants_cpu(pid: int) -> float:
    """CPU seconds of a process and everything below it."""
    below = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in _children(task)]
    return cpu_of(pid) + sum(map(descendants_cpu, below))


def _children(task: Path) -> list[int]:
    try:
        return [int(word) for word in (task / "children").read_text().split()]
    except OSError:
        return []


def measure(variants: dict[str, Callable[[int], int]], rounds: int) -> dict[str, tuple[float, float]]:
    """Run every variant in random order, `rounds` times; a variant says how many images it did."""
    walls: dict[str, list[float]] = {name: [] for name in variants}
    order = list(variants)
    chooser = random.Random(1)
    for turn in range(rounds):
        chooser.shuffle(order)
        for name in order:
            variants[name](turn)  # once untimed: the caches of the variant before must not decide
            start = time.perf_counter()
            done = variants[name](turn)
            walls[name].append((time.perf_counter() - start) / done * 1e6)
    return {name: (statistics.median(walls[name]), min(walls[name])) for name in variants}


def cpu_ratio(
    one: Callable[[int], int], other: Callable[[int], int], cell_cpu: Callable[[], float]
) -> tuple[float, float]:
    """CPU of `other` and of `one` again, each divided by the CPU of `one`; about two seconds each."""

    def spent(run: Callable[[int], int], seconds: float) -> float:
        start, inner, done, turn = time.process_time(), cell_cpu(), 0, 0
        while time.process_time() - start + cell_cpu() - inner < seconds:
            for _ in range(4):
                done += run(turn)
                turn += 1
        return (time.process_time() - start + cell_cpu() - inner) / done

    ratios, control = [], []
    for _ in range(3):
        base, jailed, again = spent(one, 0.5), spent(other, 0.5), spent(one, 0.5)
        ratios.append(2 * jailed / (base + again))
        control.append(again / base)
    return statistics.median(ratios), statistics.median(control)


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

    def cell_cpu() -> float:
        return descendants_cpu(pool.process_id)

    costs = measure(variants, rounds)
    base = costs["in process"][0]
    print(f"{name} {size}x{size}: in process {base:.1f} us")
    for label, (cost, best) in costs.items():
        print(f"    {label:22s} {cost:12.1f} us   {cost / base:8.2f}x   best {best:.1f} us")
    if name == "null":
        pickled = costs["multiprocessing.Pool"][0] / costs["cell, one call"][0]
        print(f"    pickled images / cell  {pickled:.0f}x")
        return
    for label in ("cell, one call", "cell, batch of 8"):
        ratio, control = cpu_ratio(in_process, variants[label], cell_cpu)
        print(f"    CPU ratio {label:18s} {ratio:.2f}   (A/A {control:.2f})")


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

    native = statistics.median(once(lambda: function(shown[0].image, shown[0].mask)) for _ in range(15))
    theirs = statistics.median(once(lambda: executor("extract(image, mask)")) for _ in range(3))
    wall = []
    for _ in range(15):
        start = time.perf_counter()
        call(crew, 0, 1)
        wall.append(time.perf_counter() - start)
    print(
        f"pixel loop 64x64: in process {native * 1e3:.2f} ms CPU, smolagents {theirs / native:.0f}x,", end=" "
    )
    print(f"cell {min(wall) / native:.2f}x (best wall)")


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
