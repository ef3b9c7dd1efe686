"""Several extractors in one pass say what each says alone, and one of them can harm no other."""

import mmap
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from scafe.knowledge.measures import measure_source
from scafe.knowledge.phantoms import load_phantom
from scafe.knowledge.toolkit import memo
from scafe.sandbox.pool import wire
from scafe.sandbox.pool.cell import Orders
from scafe.sandbox.pool.crew import Crew, CrewSettings, Row
from scafe.sandbox.pool.extraction import Extraction
from scafe.sandbox.pool.pool import ImageAndMask, Limits, Pool
from scafe.sandbox.pool.process import SandboxProcess
from scafe.sandbox.pool.together.extracting import extract_together
from scafe.sandbox.pool.together.seat import SharedCell
from scafe.sandbox.system.fingerprint import Fingerprint

RAW_WORKER = Path(__file__).parents[2] / "escapes" / "raw_worker.py"
MEASURES = ("dermoscopy_asymmetry", "dermoscopy_network", "dermoscopy_colour", "dermoscopy_border")
ONE = '{"unit": "u", "range": [0, 9], "direction": "up", "meaning": "m"}'


def source(lines: str, names: str = "a") -> str:
    features = ", ".join(f'"{name}": {ONE}' for name in names)
    body = "\n".join(f"    {line}" for line in lines.splitlines())
    head = f'CRITERION = "c"\nFEATURES = {{{features}}}\nimport numpy as np\nimport toolkit as tk\n'
    return f"{head}def extract(image, mask):\n{body}\n"


MEAN = source('return {"a": float(tk.grey(image).mean()), "b": float(tk.lab(image)[:, :, 0].std())}', "ab")
WIDTH = source('return {"a": float(mask.mean())}')
RAISING = source('return {"a": float(tk.grey(image)[10_000, 0])}')
PICKY = source('if image[0, 0, 0] % 2:\n    raise ValueError("odd")\nreturn {"a": 1.0}')
LOOPING = source("while True:\n    pass")
REFUSED = source('return {"a": float(open("x").read())}')
COUNTING = (
    f'CRITERION = "c"\nFEATURES = {{"a": {ONE}}}\nimport numpy as home\n'
    'def extract(image, mask):\n    home.seen = getattr(home, "seen", 0) + 1\n'
    '    return {"a": float(home.seen)}\n'
)


def images(count: int = 9) -> list[ImageAndMask]:
    rng = np.random.default_rng(5)
    drawn = rng.integers(0, 255, (count, 40, 52, 3), dtype=np.uint8)
    return [ImageAndMask(one, one[:, :, 0] > 90) for one in drawn]


class RawPool(Pool):
    """A pool whose language wall has been taken out."""

    def _started(self, hash_seed: int) -> SandboxProcess:
        process = SandboxProcess(
            (sys.executable, "-P", "-s", str(RAW_WORKER), "numbers"), hash_seed=hash_seed
        )
        process.wait_ready()
        return process


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2, Limits(image_seconds=0.7)) as made:
        yield made


def same(one: Extraction, other: Extraction) -> bool:
    return (
        one.names == other.names and one.rows.tobytes() == other.rows.tobytes() and one.faults == other.faults
    )


def test_measures_give_the_same_bytes_in_one_pass_as_alone(pool):
    phantom = load_phantom("dermoscopy")
    shown = [ImageAndMask(one.image, one.mask) for one in (phantom.render(s, None, None) for s in range(5))]
    sources = [measure_source(name) for name in MEASURES]
    together = extract_together(pool, sources, shown)
    assert all(np.isfinite(one.rows).any() for one in together)
    assert all(same(one, pool.extract(text, shown)) for one, text in zip(together, sources, strict=True))


@pytest.mark.parametrize("other", [RAISING, PICKY, REFUSED], ids=["raises", "raises at times", "refused"])
def test_what_one_extractor_does_wrong_is_its_own(pool, other):
    shown = images()
    mean, wrong, width = extract_together(pool, [MEAN, other, WIDTH], shown)
    assert mean.faults == width.faults == (None,) * len(shown)
    assert any(wrong.faults)
    assert all(same(one, pool.extract(text, shown)) for one, text in ((mean, MEAN), (wrong, other)))


def test_one_that_hangs_is_ended_and_blamed_alone(pool):
    shown = images(2)
    mean, hung = extract_together(pool, [MEAN, LOOPING], shown)
    assert {fault.kind for fault in hung.faults} == {"timeout"}
    assert same(mean, pool.extract(MEAN, shown))


def test_more_extractors_than_a_request_has_rows_are_measured_in_groups(pool):
    sources = [source(f'return {{"a": float(image[{row}, 0, 0])}}') for row in range(19)]
    shown = images(5)
    found = extract_together(pool, sources, shown)
    expected = np.array([[float(one.image[row, 0, 0]) for one in shown] for row in range(19)])
    assert np.array_equal(np.array([one.rows[:, 0] for one in found]), expected)


def test_the_toolkit_keeps_an_image_from_one_extractor_to_the_next_and_no_longer():
    board = mmap.mmap(-1, wire.BOARD_BYTES)
    shown = images(2)
    for one in shown:
        one.image.setflags(write=False)
        one.mask.setflags(write=False)
    cell = SharedCell(Orders(0, 0, 0, 0, 0, False, 0, 0, 0, Fingerprint([])), shown, board, 0)
    cell.load(MEAN, 1)
    cell.load(source('return {"a": float(tk.lab(image)[0, 0, 0])}'), 2)
    kept = []
    for row in range(4):
        cell.write_row(wire.COUNTER.size + row * cell.record.size, row, 3)
        kept.append((memo._Now.memory, len(memo._Now.memory.results)))
    assert kept[0][0] is kept[1][0] is not kept[2][0]
    assert [count for _, count in kept] == [2, 2, 2, 2]  # grey and CIELAB; the second extractor adds nothing
    cell.run_batch(0, 2, 4)
    assert memo._Now.memory is None


def test_one_extractor_or_no_image_is_no_pass_of_its_own(pool):
    assert same(extract_together(pool, [WIDTH], images())[0], pool.extract(WIDTH, images()))
    assert [len(one.rows) for one in extract_together(pool, [WIDTH, MEAN], [])] == [0, 0]


def test_state_that_the_language_wall_let_through_is_seen_and_its_neighbour_is_clean():
    with RawPool(1, Limits(image_seconds=3.0)) as raw:
        shown = images()
        plain = WIDTH.replace("import toolkit as tk\n", "")  # that worker finds no toolkit
        counting, width = extract_together(raw, [COUNTING, plain], shown)
        assert {fault.kind for fault in counting.faults} == {"state"}
        assert width.faults == (None,) * len(shown)
        assert np.array_equal(width.rows[:, 0], [float(f"{one.mask.mean():.6g}") for one in shown])


def test_one_worker_and_two_give_the_same_bytes(pool):
    shown = images(23)
    sources = [MEAN, WIDTH, PICKY, *(measure_source(name) for name in MEASURES)]
    with Pool(1, pool.limits) as one:
        alone = extract_together(one, sources, shown)
    beside = extract_together(pool, sources, shown)
    assert all(same(a, b) for a, b in zip(alone, beside, strict=True))


def test_threads_that_fork_from_one_process_each_get_their_own_cell(pool):
    with pool.lent(images(3)) as lent:

        def measured(number: int) -> tuple[int | None, list[Row]]:
            text = source(f'return {{"a": {number}.0}}')
            crew = Crew(lent.process, text, lent.arena, CrewSettings(pool.limits))
            crew.load(("a",), strict=lent.strict)
            pid, rows = crew._cells[0].pid, crew.measure_in((2, 0))
            crew.dismiss()
            return pid, rows

        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(measured, range(12)))
    assert [rows for _, rows in found] == [[(float(number),)] * 2 for number in range(12)]
    assert len({pid for pid, _ in found}) == 12, "a process id of another's cell would hold the wrong one"
