"""The pool as its callers see it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from extractor_stand_ins import FINE, HEAD, LINUX, an_image, body

from scafe.knowledge.contract.errors import SandboxError
from scafe.sandbox.pool.arena import Arena
from scafe.sandbox.pool.pool import ImageAndMask, Limits, Pool
from scafe.sandbox.pool.process import SandboxProcess
from scafe.sandbox.probes.determinism import check_determinism

BROKEN = (
    "{'a': 1.0}",
    "{'a': 1.0, 'c': 1.0}",
    "{'a': 1.0, 'b': True}",
    "{'a': 1.0, 'b': '1'}",
    "{'a': 1.0, 'b': float('inf')}",
    "{'a': 1.0, 'b': None}",
    "{'a': 1.0, 'b': 10 ** 400}",
    "[1.0, 2.0]",
)


@pytest.fixture(scope="module")
def opened() -> Iterator[Pool]:
    with Pool(2, Limits(image_seconds=3.0)) as one:
        yield one


def guardians() -> list[str]:
    """Return the processes that this one started."""
    found = [path.read_text().split() for path in Path("/proc/self/task").glob("*/children")]
    return [pid for pids in found for pid in pids]


@LINUX
class TestPool:
    def test_images_of_any_size_and_channel_count_go_together(self, opened: Pool) -> None:
        shown = [an_image(5, 6, 1, 1), an_image(9, 4, 3, 2), an_image(3, 3, 7, 3)]
        found = opened.extract(FINE, shown)
        assert found.names == ("a", "b")
        np.testing.assert_array_equal(found.rows, [[1, 1], [2, 3], [3, 7]])

    def test_no_image_still_gives_the_names(self, opened: Pool) -> None:
        found = opened.extract(FINE, [])
        assert found.names == ("a", "b")
        assert found.rows.shape == (0, 2)

    def test_an_image_changed_in_place_is_measured_anew(self, opened: Pool) -> None:
        one = an_image(fill=1)
        before = opened.extract(FINE, [one]).rows[0, 0]
        one.image[:] = 9
        assert (before, opened.extract(FINE, [one]).rows[0, 0]) == (1, 9)

    def test_a_pool_that_nobody_asked_is_gone_at_once_and_whole(self) -> None:
        before = guardians()
        with Pool(2) as one:
            (guardian,) = set(guardians()) - set(before)
            began = Path(f"/proc/{guardian}/task/{guardian}/children")
        assert one.process_id == 0
        assert not began.exists()
        assert guardians() == before

    def test_a_sandbox_process_that_cannot_start_says_why_when_it_is_first_asked(self) -> None:
        process = SandboxProcess(("sh", "-c", "echo no such wall >&2; exit 3", "sh"))
        with pytest.raises(SandboxError, match="no such wall"):
            process.share(1, Arena([an_image()]))
        process.close()

    def test_a_pool_that_rests_has_one_process_less_and_measures_the_same(self, opened: Pool) -> None:
        shown = [an_image(fill=one) for one in range(4)]
        before = opened.extract(FINE, shown).rows, opened.rerun(FINE, shown, (2, 0), twin=True)
        held = guardians()
        opened.rest()
        assert len(guardians()) == len(held) - 1
        after = opened.extract(FINE, shown).rows, opened.rerun(FINE, shown, (2, 0), twin=True)
        np.testing.assert_array_equal(before[0], after[0])
        assert before[1] == after[1]

    def test_patient_images_give_class_and_line_but_no_words(self, opened: Pool) -> None:
        source = body("raise ValueError('px ' + str(image[0, 0].tolist()))")
        quiet = opened.extract(source, [an_image()]).faults[0]
        loud = opened.extract(source, [an_image()], talkative=True).faults[0]
        assert quiet is not None
        assert (quiet.kind, quiet.exception, quiet.line, quiet.message) == ("exception", "ValueError", 6, "")
        assert loud is not None
        assert "px [7, 7, 7]" in loud.message

    def test_an_unknown_exception_class_has_no_name(self, opened: Pool) -> None:
        source = HEAD + "class Px17(Exception):\n    pass\ndef extract(image, mask):\n    raise Px17()\n"
        fault = opened.extract(source, [an_image()]).faults[0]
        assert fault is not None
        assert fault.exception == "Exception"

    def test_a_hanging_image_is_killed_and_the_next_is_measured(self, opened: Pool) -> None:
        source = HEAD + (
            "def extract(image, mask):\n    while image[0, 0, 0] == 66:\n        pass\n"
            "    return {'a': 1.0, 'b': 2.0}\n"
        )
        shown = [an_image(), an_image(fill=66), an_image(8), an_image(9)]
        opened.limits = Limits(image_seconds=1.0)
        found = opened.extract(source, shown)
        opened.limits = Limits(image_seconds=3.0)
        assert [fault.kind if fault else None for fault in found.faults] == [None, "timeout", None, None]
        assert np.isnan(found.rows[1]).all()
        assert found.rows[3, 0] == 1

    @pytest.mark.parametrize("returned", BROKEN)
    def test_a_broken_contract_is_a_fault(self, opened: Pool, returned: str) -> None:
        fault = opened.extract(body(f"return {returned}"), [an_image()]).faults[0]
        assert fault is not None
        assert fault.kind == "contract"

    @pytest.mark.parametrize(
        "text",
        [
            "return {name: float(len(CRITERION)) for name in FEATURES}",
            "FEATURES = ('a', 'b'); return dict.fromkeys(FEATURES, 1.0)",
        ],
    )
    def test_an_extractor_may_name_its_own_head(self, opened: Pool, text: str) -> None:
        assert opened.extract(body(text), [an_image(), an_image()]).rows.tolist() == [[1.0, 1.0]] * 2

    def test_values_are_rounded_and_carry_no_spare_bits(self, opened: Pool) -> None:
        found = opened.extract(body("return {'a': 1.23456789, 'b': -0.0}"), [an_image()])
        assert found.rows[0, 0] == 1.23457
        assert not np.signbit(found.rows[0, 1])

    def test_not_measurable_is_one_nan(self, opened: Pool) -> None:
        row = opened.extract(body("return {'a': -float('nan'), 'b': np.float32('nan')}"), [an_image()]).rows[
            0
        ]
        assert row.view(np.uint64)[0] == row.view(np.uint64)[1]

    def test_too_much_memory_is_a_fault_of_its_own(self, opened: Pool) -> None:
        fault = opened.extract(body("return {'a': np.ones(1 << 34).sum(), 'b': 1.0}"), [an_image()]).faults[0]
        assert fault is not None
        assert fault.kind == "memory"

    def test_a_refusal_names_line_construct_reason_and_way_out(self, opened: Pool) -> None:
        fault = opened.extract(body("return np.load('x')"), [an_image()]).faults[0]
        assert fault is not None
        assert (fault.kind, fault.line) == ("refused", 6)
        assert fault.message == "line 6: np.load: reads or writes files; compute from image and mask"

    def test_anything_at_all_may_stand_in_a_source(self, opened: Pool) -> None:
        for source in ("", "\0", "\ud800", "x" * 100_000, "é = 1", "def extract(", "(" * 300):
            fault = opened.extract(source, [an_image()]).faults[0]
            assert fault is not None
            assert fault.kind == "refused"

    def test_threads_share_a_pool(self, opened: Pool) -> None:
        seen: list[float] = []

        def work(fill: int) -> None:
            seen.append(float(opened.extract(FINE, [an_image(fill=fill)]).rows[0, 0]) - fill)

        threads = [threading.Thread(target=work, args=(fill,)) for fill in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [0.0] * 6

    def test_images_of_the_wrong_kind_are_the_callers_fault(self) -> None:
        wrong = ImageAndMask(np.zeros((4, 4), np.uint8), np.ones((4, 4), np.bool_))  # type: ignore[arg-type]
        with pytest.raises(SandboxError, match="image 0 is uint8"):
            Arena([wrong])

    def test_a_closed_pool_says_how_to_open_one(self) -> None:
        with pytest.raises(SandboxError, match="with Pool"):
            Pool().extract(FINE, [an_image()])


@LINUX
class TestDetectors:
    @pytest.mark.parametrize(
        ("text", "cause"),
        [
            ("return {'a': float(image.mean()), 'b': 1.0}", None),
            (
                "return {'a': float(np.nan_to_num(np.sqrt(image * 1.0, where=image > 99)).sum()), 'b': 1.0}",
                "memory",
            ),
            (
                "return {'a': float([*{'red', 'blue', 'green', 'grey', 'black'}].index('red')), 'b': 1.0}",
                "hash seeds",
            ),
        ],
    )
    def test_the_finding_names_the_cause(self, opened: Pool, text: str, cause: str | None) -> None:
        shown = [an_image(fill=fill) for fill in (3, 50, 120)]
        findings = check_determinism(body(text), shown, opened)
        assert bool(findings) == (cause is not None)
        assert cause is None or cause in findings[0].message


@LINUX
class TestMemory:
    def test_what_an_image_frees_is_there_for_the_next(self) -> None:
        """Named fault: every large array went back to the system, 1,100 page faults an image."""
        text = body(
            "x = [image.astype(np.float64) * k for k in range(6)]; return {'a': len(x) / 6, 'b': 1.0}"
        )
        images = [an_image(384, 384) for _ in range(40)]
        with Pool(1) as pool:
            crew = pool.crew_for(text, images, talkative=False)
            crew.measure_all(8)
            (cell_of_crew,) = crew._cells
            before = page_faults(cell_of_crew.pid)
            assert all(isinstance(row, tuple) for row in crew.measure_all(40))
            # six copies are 5,184 pages; those of the arena, 144 an image, are met once
            assert page_faults(cell_of_crew.pid) - before < 40 * 300


def page_faults(pid: int | None) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[7])
