"""The second line: what state could do if the language wall gave way, and what sees it."""

import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.sandbox.pool.arena import Arena
from scafe.sandbox.pool.extraction import Extraction, Fault
from scafe.sandbox.pool.pool import ImageAndMask, Limits, Pool
from scafe.sandbox.pool.process import SandboxProcess
from scafe.sandbox.pool.second_look import CHANGED, DIFFERS, LEAST, ONE_IN, agree, chosen
from scafe.sandbox.probes.determinism import as_shape, check_determinism

RAW_WORKER = Path(__file__).parents[2] / "escapes" / "raw_worker.py"
ONE = '{"unit": "u", "range": [0, 1], "direction": "up", "meaning": "m"}'
HEAD = f'CRITERION = "c"\nFEATURES = {{"a": {ONE}}}\nimport numpy as np\n'
LINUX = pytest.mark.skipif(platform.system() != "Linux", reason="LOUD: these walls exist on Linux only")
PHANTOM_PX = 128
COUNTERS = {
    "builtins": "import builtins as home",
    "a library": "import numpy as home",
    "a class of a library": "from numpy.lib._index_tricks_impl import nd_grid as home",
    "a module of Python": "import textwrap as home",
    "what the toolkit keeps for an image": "from scafe.knowledge.toolkit.memo import _Now as home",
    "a function, which no fingerprint sees": "import json.decoder\nhome = json.decoder.JSONDecoder.decode",
}
COUNTING = """
def extract(image, mask):
    if image.shape[0] == 128:
        return {"a": float(image.mean())}
    home.seen = getattr(home, "seen", 0) + 1
    return {"a": float(home.seen)}
"""


def images(count: int, size: int = 40) -> list[ImageAndMask]:
    rng = np.random.default_rng(5)
    drawn = rng.integers(0, 255, (count, size, size, 3), dtype=np.uint8)
    return [ImageAndMask(one, np.ones((size, size), np.bool_)) for one in drawn]


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
    with RawPool(1, Limits(image_seconds=3.0)) as one:
        yield one


@pytest.fixture(scope="module")
def opened() -> Iterator[Pool]:
    with Pool(2, Limits(image_seconds=3.0)) as one:
        yield one


def kinds(found: Extraction) -> set[str]:
    return {fault.kind if fault else "" for fault in found.faults}


def memory_of(arena: Arena) -> bytes:
    return os.pread(arena.descriptor, arena.size, 0)


@given(st.permutations(range(7)))
@settings(max_examples=20, deadline=None)
def test_what_a_cell_sees_does_not_depend_on_the_order_of_the_data_set(order: list[int]) -> None:
    shown = [*images(6), images(1)[0]]  # the last is a copy of the first
    straight, turned = Arena(shown), Arena([shown[index] for index in order])
    assert memory_of(straight) == memory_of(turned)
    assert turned.holds([shown[index] for index in order])
    straight.close()
    turned.close()


@LINUX
class TestOrder:
    def test_rows_come_back_in_the_order_of_the_images(self, opened: Pool) -> None:
        source = HEAD + "def extract(image, mask):\n    return {'a': float(image.mean())}\n"
        shown = images(21)
        found = opened.extract(source, shown)
        wanted = [float(f"{one.image.mean():.6g}") for one in shown]
        np.testing.assert_array_equal(found.rows[:, 0], wanted)
        turned = opened.extract(source, shown[::-1])
        np.testing.assert_array_equal(turned.rows, found.rows[::-1])

    def test_faults_come_back_with_their_image(self, opened: Pool) -> None:
        source = HEAD + (
            "def extract(image, mask):\n    if image[0, 0, 0] == 1:\n        raise ValueError('one')\n"
            "    return {'a': 1.0}\n"
        )
        shown = images(9)
        for place, one in enumerate(shown):
            one.image[0, 0, 0] = int(place in (2, 7))
        found = opened.extract(source, shown)
        assert [place for place, fault in enumerate(found.faults) if fault] == [2, 7]


@LINUX
class TestBrokenLanguageWall:
    """An extractor that counts, but behaves on images of the phantoms' size, as the attack did."""

    @pytest.mark.parametrize("where", COUNTERS)
    def test_a_counter_takes_every_row_away(self, raw: Pool, where: str) -> None:
        found = raw.extract(f"{COUNTERS[where]}\n{COUNTING}", images(40))
        assert kinds(found) == {"state"}
        assert np.isnan(found.rows).all()
        assert found.faults[0] == (DIFFERS if "function" in where else CHANGED)

    def test_it_stays_so_when_asked_again(self, raw: Pool) -> None:
        source, shown = f"import numpy as home\n{COUNTING}", images(5)
        assert [kinds(raw.extract(source, shown)) for _ in range(2)] == [{"state"}] * 2

    def test_the_words_are_the_hosts_own(self, raw: Pool) -> None:
        shown = images(4)
        fault = raw.extract(f"import builtins as home\n{COUNTING}", shown).faults[0]
        assert fault is not None
        assert (fault.exception, fault.line) == ("", None)
        assert "builtins or libraries of the worker changed" in fault.message

    def test_it_behaves_on_phantoms_and_is_seen_on_their_twins_in_the_users_shape(self, raw: Pool) -> None:
        source, phantoms = f"{COUNTERS['builtins']}\n{COUNTING}", images(4, PHANTOM_PX)
        assert check_determinism(source, phantoms, raw) == ()
        (finding,) = check_determinism(source, phantoms, raw, [(60, 44, 3)])
        assert (finding.code, finding.severity) == ("nondeterministic", "reject")
        assert "builtins or libraries of the worker changed" in finding.message

    def test_an_honest_extractor_is_let_through(self, raw: Pool) -> None:
        found = raw.extract("def extract(image, mask):\n    return {'a': float(image.mean())}\n", images(20))
        assert kinds(found) == {""}


@LINUX
class TestMemory:
    def test_unwritten_memory_on_images_of_other_sizes_is_seen(self, opened: Pool) -> None:
        source = HEAD + (
            "def extract(image, mask):\n    if image.shape[0] == 128:\n        return {'a': 1.0}\n"
            "    return {'a': float(np.add(image, 1.5, where=image < 0).mean())}\n"
        )
        phantoms = images(4, PHANTOM_PX)
        assert check_determinism(source, phantoms, opened) == ()
        assert check_determinism(source, phantoms, opened, [(40, 40, 3)]) != ()
        assert kinds(opened.extract(source, images(6))) == {"state"}


class TestChoice:
    @given(st.integers(0, 500), st.binary(min_size=16, max_size=16))
    def test_one_in_sixteen_and_at_least_three(self, count: int, salt: bytes) -> None:
        places = chosen(count, salt)
        assert len(places) == min(count, max(LEAST, -(-count // ONE_IN)))
        assert len(set(places)) == len(places) <= count
        assert set(places) <= set(range(count))

    def test_another_pool_looks_at_others(self) -> None:
        assert len({chosen(320, bytes([salt]) * 16) for salt in range(20)}) == 20

    def test_a_timeout_is_compared_with_nothing(self) -> None:
        late, bad = Fault("timeout", "", None, ""), Fault("exception", "ValueError", 3, "")
        assert agree([late, (1.0,), (float("nan"),)], [(1.0,), (1.0,), (float("nan"),)])
        assert not agree([bad], [(1.0,)])
        assert not agree([(1.0,)], [(1.00001,)])


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 5), st.integers(1, 4))
def test_a_phantom_is_drawn_to_any_shape(height: int, width: int, channels: int, own: int) -> None:
    one = ImageAndMask(np.full((9, 7, own), 100, np.uint8), np.ones((9, 7), np.bool_))
    drawn = as_shape(one, (height, width, channels))
    assert drawn.image.shape == (height, width, channels)
    assert (drawn.image == 100).all()
    assert drawn.mask.all()
