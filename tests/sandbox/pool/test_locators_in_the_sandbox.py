"""A locator behind the walls: exact sizes, its faults are data, and it keeps nothing between images."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scafe.knowledge.contract.errors import SandboxError
from scafe.sandbox.pool.extraction import Fault
from scafe.sandbox.pool.pool import Limits, Pool
from scafe.sandbox.pool.process import SandboxProcess
from scafe.sandbox.pool.regions.finding import locate
from scafe.sandbox.pool.regions.located import Region

RAW_WORKER = Path(__file__).parents[2] / "escapes" / "raw_worker.py"
HEAD = 'LOCATOR = "mass"\nimport numpy as np\n\n\ndef locate(image):\n'
BRIGHT = f"{HEAD}    return image[:, :, 0] > 127, float(image.mean()) / 255\n"
SHAPES = [(7, 9), (8, 8), (1, 1), (33, 5), (64, 48)]


def images(shapes: Sequence[tuple[int, int]] = SHAPES, channels: int = 3) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(5)
    return [rng.integers(0, 255, (*shape, channels), dtype=np.uint8) for shape in shapes]


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2, Limits(image_seconds=1.0)) as opened:
        yield opened


def region(found: Region | Fault) -> Region:
    assert isinstance(found, Region), found
    return found


def fault(pool: Pool, body: str, *, talkative: bool = True) -> Fault:
    found = locate(pool, f"{HEAD}{body}", images(), talkative=talkative).found[0]
    assert isinstance(found, Fault)
    return found


class TestMask:
    def test_comes_back_bit_by_bit_for_every_size_in_the_order_of_the_images(self, pool: Pool) -> None:
        shown = images()
        got = locate(pool, BRIGHT, shown)
        assert got.name == "mass"
        for found, image in zip(got.found, shown, strict=True):
            assert np.array_equal(region(found).mask, image[:, :, 0] > 127)
            assert region(found).confidence == round(float(image.mean()) / 255, 3)

    def test_may_be_empty_where_nothing_is_found(self, pool: Pool) -> None:
        got = locate(pool, f"{HEAD}    return np.zeros(image.shape[:2], bool), 0.0\n", images())
        assert all(region(one).is_empty for one in got.found)

    def test_is_found_on_any_number_of_channels(self, pool: Pool) -> None:
        got = locate(pool, BRIGHT, images(channels=2))
        assert not any(got.faults)

    def test_cannot_be_written_to(self, pool: Pool) -> None:
        with pytest.raises(ValueError, match="read-only"):
            region(locate(pool, BRIGHT, images()).found[0]).mask[0, 0] = True

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(shape=st.tuples(st.integers(1, 40), st.integers(1, 40)), seed=st.integers(0, 2**31 - 1))
    def test_is_what_the_locator_returned(self, pool: Pool, shape: tuple[int, int], seed: int) -> None:
        image = np.random.default_rng(seed).integers(0, 255, (*shape, 3), dtype=np.uint8)
        found = locate(pool, BRIGHT, [image], talkative=True).found[0]
        assert np.array_equal(region(found).mask, image[:, :, 0] > 127)


class TestFault:
    @pytest.mark.parametrize(
        ("returned", "told"),
        [
            ("image[:, :, 0], 0.5", "an array of uint8"),
            ("(image[:, :, 0] > 1).tolist(), 0.5", "a list"),
            ("image[1:, :, 0] > 1, 0.5", "the image has"),
            ("image[:, :, :1] > 1, 0.5", "the image has"),
            ("image[:, :, 0] > 1, float('nan')", "not from 0 to 1"),
            ("image[:, :, 0] > 1, 1.5", "not from 0 to 1"),
            ("image[:, :, 0] > 1, True", "a bool"),
            ("image[:, :, 0] > 1, 'high'", "a str"),
            ("image[:, :, 0] > 1", "return mask, confidence"),
            ("None", "return mask, confidence"),
        ],
    )
    def test_of_the_answer_is_told_with_the_way_out(self, pool: Pool, returned: str, told: str) -> None:
        found = fault(pool, f"    return {returned}\n")
        assert found.kind == "contract"
        assert told in found.message

    def test_that_is_raised_has_its_class_and_line_and_on_patients_no_word(self, pool: Pool) -> None:
        body = "    raise ValueError('pixel ' + str(image[0, 0, 0]))\n"
        assert "pixel" in fault(pool, body).message
        quiet = fault(pool, body, talkative=False)
        assert (quiet.exception, quiet.line, quiet.message) == ("ValueError", 6, "")

    def test_never_to_come_back_is_a_timeout_and_the_other_images_are_located(self, pool: Pool) -> None:
        body = "    while image.shape[0] == 7:\n        pass\n    return image[:, :, 0] > 127, 0.5\n"
        got = locate(pool, f"{HEAD}{body}", images())
        assert [one.kind for one in got.found if isinstance(one, Fault)] == ["timeout"]
        assert isinstance(got.found[0], Fault)

    @pytest.mark.parametrize(
        "source",
        [
            'LOCATOR = "mass"\nimport os\ndef locate(image):\n    return None\n',
            'LOCATOR = "mass"\ndef extract(image, mask):\n    return {}\n',
            "not python",
        ],
    )
    def test_of_the_text_is_a_refusal_before_the_first_image(self, pool: Pool, source: str) -> None:
        got = locate(pool, source, images())
        assert {one.kind for one in got.found if isinstance(one, Fault)} == {"refused"}
        assert len(got.found) == len(SHAPES)

    def test_gives_an_empty_mask(self, pool: Pool) -> None:
        got = locate(pool, f"{HEAD}    return 1\n", images())
        assert not any(mask.any() for mask in got.masks([one.shape for one in images()]))


def test_a_locator_never_sees_the_mask_of_an_image(pool: Pool) -> None:
    got = locate(pool, 'LOCATOR = "mass"\ndef locate(image, mask):\n    return mask, 0.5\n', images())
    assert all(isinstance(one, Fault) and one.kind == "refused" for one in got.found)


class RawPool(Pool):
    """A pool whose language wall has been taken out."""

    def _started(self, hash_seed: int) -> SandboxProcess:
        process = SandboxProcess(
            (sys.executable, "-P", "-s", str(RAW_WORKER), "numbers"), hash_seed=hash_seed
        )
        process.wait_ready()
        return process


@pytest.fixture(scope="module")
def raw() -> Iterator[Pool]:
    with RawPool(1, Limits(image_seconds=2.0)) as opened:
        yield opened


COUNTS = """LOCATOR = "mass"
import textwrap as home
def locate(image):
    home.seen = getattr(home, "seen", 0) + 1
    return image[:, :, 0] > home.seen, 0.5
"""
SHOUTS = """LOCATOR = "mass"
import os
def locate(image):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"x" * 4096)
        except OSError:
            continue
    return image[:, :, 0] > 127, 0.5
"""
ENDS = "LOCATOR = 'mass'\nimport os\ndef locate(image):\n    os._exit(0)\n"


class TestWithoutTheLanguageWall:
    def test_state_between_images_is_a_fault_on_every_image(self, raw: Pool) -> None:
        got = locate(raw, COUNTS, images())
        assert {one.kind for one in got.found if isinstance(one, Fault)} == {"state"}
        assert len([one for one in got.found if isinstance(one, Fault)]) == len(SHAPES)

    def test_bytes_that_are_no_answer_end_the_cell_and_are_never_a_mask(self, raw: Pool) -> None:
        got = locate(raw, SHOUTS, images())
        assert {one.kind for one in got.found if isinstance(one, Fault)} <= {"killed", "timeout"}
        assert all(isinstance(one, Fault) for one in got.found)

    def test_a_cell_that_ends_itself_is_a_fault_on_its_image(self, raw: Pool) -> None:
        got = locate(raw, ENDS, images())
        assert {one.kind for one in got.found if isinstance(one, Fault)} == {"killed"}

    def test_the_pool_still_serves_afterwards(self, raw: Pool) -> None:
        assert not any(locate(raw, BRIGHT, images()).faults)


def test_a_closed_pool_says_how_to_open_it() -> None:
    with pytest.raises(SandboxError, match="use it as a context manager"):
        locate(Pool(1), BRIGHT, images())
