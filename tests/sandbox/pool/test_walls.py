"""The pool as its callers see it, and each part of the two walls taken by itself."""

import fcntl
import mmap
import os
import platform
import re
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.knowledge.contract.errors import SandboxError
from scafe.sandbox.language import members
from scafe.sandbox.language.catalogue import page
from scafe.sandbox.language.facades import facades, missing_members
from scafe.sandbox.language.review import review
from scafe.sandbox.pool import cell, pool, rows, wire
from scafe.sandbox.pool.arena import F_ADD_SEALS, Arena
from scafe.sandbox.pool.pool import ImageAndMask, Limits, Pool
from scafe.sandbox.probes.determinism import check_determinism
from scafe.sandbox.system import doctor, seccomp, syscalls
from scafe.sandbox.system.backends import BACKENDS, program_of

ROOT = Path(__file__).parents[3]
ONE = '{"unit": "u", "range": [0, 1], "direction": "up", "meaning": "m"}'
HEAD = f'CRITERION = "c"\nFEATURES = {{"a": {ONE}, "b": {ONE}}}\nimport numpy as np\nimport cv2\n'
FINE = HEAD + "def extract(image, mask):\n    return {'b': float(image.shape[2]), 'a': float(image.mean())}\n"
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
TIERS = (
    ("seccomp rlimits landlock namespaces", "A"),
    ("seccomp rlimits landlock", "A-"),
    ("seccomp rlimits", "B"),
    ("rlimits landlock namespaces", "C"),
    ("", "C"),
)
LINUX = pytest.mark.skipif(platform.system() != "Linux", reason="LOUD: these walls exist on Linux only")


def body(text: str) -> str:
    return HEAD + "def extract(image, mask):\n    " + text + "\n"


def an_image(height: int = 12, width: int = 10, channels: int = 3, fill: int = 7) -> ImageAndMask:
    return ImageAndMask(
        np.full((height, width, channels), fill, np.uint8), np.ones((height, width), np.bool_)
    )


@pytest.fixture(scope="module")
def opened() -> Iterator[Pool]:
    with Pool(2, Limits(image_seconds=3.0)) as one:
        yield one


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
class TestOperatingSystemWall:
    def test_the_host_itself_cannot_write_to_sealed_images(self) -> None:
        arena = Arena([an_image()])
        with pytest.raises(PermissionError):
            mmap.mmap(arena.descriptor, arena.size)
        with pytest.raises(PermissionError):
            fcntl.fcntl(arena.descriptor, F_ADD_SEALS, 1)
        arena.close()

    def test_closing_leaves_no_process(self) -> None:
        with Pool(1) as one:
            one.extract(FINE, [an_image()])
            guardian = one.process_id
        assert not Path(f"/proc/{guardian}").exists()

    def test_a_host_below_tier_b_is_refused_with_the_way_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        weak = doctor.SandboxReport(backend="local", tier="C", layers=(), kernel="0")
        monkeypatch.setattr(pool, "inspect_host", lambda *_: weak)
        with pytest.raises(SandboxError, match="--allow-weaker-sandbox"), Pool():
            pass

    def test_allowing_a_weaker_host_is_recorded(self) -> None:
        report = Pool(allow_weaker=True).report
        assert report.allow_weaker
        assert "let through" in report.lines()[-1]

    @pytest.mark.parametrize(("active", "tier"), TIERS)
    def test_the_tier_follows_from_the_layers(self, active: str, tier: str) -> None:
        layers = [doctor.LayerReport(name=name, state="active", detail="") for name in active.split()]
        assert doctor.tier_of(layers) == tier

    def test_a_layer_that_fails_its_self_attack_means_tier_c(self) -> None:
        names = ("seccomp", "rlimits", "landlock", "namespaces")
        layers = [doctor.LayerReport(name=name, state="active", detail="") for name in names]
        layers[2] = layers[2].model_copy(update={"state": "failed"})
        assert doctor.tier_of(layers) == "C"

    @pytest.mark.parametrize("backend", [name for name in BACKENDS if name != "local"])
    def test_an_absent_backend_is_a_clear_error(self, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nonexistent")
        with pytest.raises(SandboxError, match="on PATH"):
            program_of(backend)

    def test_a_container_backend_gives_the_same_rows_and_as_few_words(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shim = tmp_path / "docker"  # stands in for the daemon: runs what follows the image's name
        shim.write_text('#!/bin/sh\nwhile [ "$1" != debian:12-slim ]; do shift; done\nshift\nexec "$@"\n')
        shim.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        shown = [an_image(5, 6, 1, 1), an_image(9, 4, 3, 2)]
        with Pool(1, backend="docker") as remote:
            assert remote.report.backend == "docker"
            np.testing.assert_array_equal(remote.extract(FINE, shown).rows, [[1, 1], [2, 3]])
            quiet = remote.extract(body("raise ValueError(str(image[0, 0, 0]))"), shown).faults[0]
            refused = remote.extract("import os", shown).faults[0]
            assert check_determinism(FINE, shown, remote) == ()
        assert quiet is not None
        assert (quiet.kind, quiet.exception, quiet.line, quiet.message) == ("exception", "ValueError", 6, "")
        assert refused is not None
        assert "import os" in refused.message

    def test_an_unknown_backend_names_the_known_ones(self) -> None:
        with pytest.raises(SandboxError, match="bwrap, docker, gvisor"):
            program_of("chroot")


class TestFilter:
    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    def test_every_path_through_the_filter_ends_in_an_answer(self, machine: str) -> None:
        code = seccomp.filter_program(machine)
        steps = [struct.unpack_from("HBBI", code, at) for at in range(0, len(code), 8)]
        for at, (operation, yes, no, _) in enumerate(steps):
            if operation in (seccomp.JUMP_EQUAL, seccomp.JUMP_AT_LEAST, seccomp.JUMP_BITS):
                assert at + 1 + max(yes, no) < len(steps)
        assert steps[-1] == (seccomp.RETURN, 0, 0, seccomp.RET_KILL_PROCESS)

    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    @pytest.mark.parametrize(
        "name", ["execve", "ptrace", "io_uring_setup", "mount", "unshare", "memfd_create"]
    )
    def test_the_dangerous_calls_are_not_on_the_list(self, machine: str, name: str) -> None:
        assert self.answer(machine, syscalls.BY_MACHINE[machine].get(name, 9999)) == seccomp.RET_KILL_PROCESS

    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    def test_executable_pages_and_foreign_abis_are_refused(self, machine: str) -> None:
        numbers = syscalls.BY_MACHINE[machine]
        assert self.answer(machine, numbers["mmap"], third=4) & 0xFFFF0000 == seccomp.RET_ERRNO
        assert self.answer(machine, numbers["mmap"], third=3) == seccomp.RET_ALLOW
        assert self.answer(machine, numbers["read"], arch=0x40000003) == seccomp.RET_KILL_PROCESS
        assert self.answer(machine, 0x40000000) == seccomp.RET_KILL_PROCESS

    @staticmethod
    def answer(machine: str, number: int, *, third: int = 0, arch: int | None = None) -> int:
        """Run the filter as the kernel would."""
        code = seccomp.filter_program(machine)
        steps = [struct.unpack_from("HBBI", code, at) for at in range(0, len(code), 8)]
        word = {0: number, 4: syscalls.AUDIT_ARCH[machine] if arch is None else arch, 32: third}
        at, held = 0, 0
        while True:
            operation, yes, no, constant = steps[at]
            if operation == seccomp.RETURN:
                return constant
            if operation == seccomp.LOAD:
                held, at = word[constant], at + 1
                continue
            true = {
                seccomp.JUMP_EQUAL: held == constant,
                seccomp.JUMP_AT_LEAST: held >= constant,
                seccomp.JUMP_BITS: bool(held & constant),
            }[operation]
            at += 1 + (yes if true else no)

    def test_the_numbers_are_those_of_the_headers(self) -> None:
        header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
        if not header.exists():
            pytest.skip("LOUD: no kernel headers here to compare with")
        said = dict(re.findall(r"#define __NR_(\w+)\s+(\d+)", header.read_text()))
        assert all(int(said[name]) == number for name, number in syscalls.X86_64.items())


ALL_VALUES = wire.row_layout(12, wire.ROW.size)


class TestHostileRecords:
    @given(st.binary(min_size=wire.ROW.size, max_size=wire.ROW.size))
    @settings(max_examples=25, deadline=None)
    def test_random_bytes_are_a_row_or_refused(self, record: bytes) -> None:
        try:
            (row,) = rows.read_rows(record, ALL_VALUES, 1, 0, talkative=False)
        except rows.BrokenRecord:
            return
        assert isinstance(row, tuple)

    @pytest.mark.parametrize("name", [b"A", b"a b", b"\xff", b"_x", b"a" * 48 + b"!"])
    def test_a_name_that_no_extractor_could_have_is_refused(self, name: bytes) -> None:
        record = wire.LOADED.pack(1, wire.PASSED, 0, 0, 1, name[:48], b"")
        if name[:48] == b"a" * 48:
            assert rows.read_head(record, 1).names == ("a" * 48,)
            return
        with pytest.raises(rows.BrokenRecord):
            rows.read_head(record, 1)

    def test_an_answer_to_another_question_is_refused(self) -> None:
        with pytest.raises(rows.BrokenRecord):
            rows.read_head(wire.LOADED.pack(2, wire.PASSED, 0, 0, 1, b"a", b""), 1)
        with pytest.raises(rows.BrokenRecord):
            list(rows.read_rows(wire.ROW.pack(1, 5, 0, 0, 0, *[0.0] * 12), ALL_VALUES, 1, 4, talkative=False))

    def test_good_rows_before_a_broken_one_are_kept(self) -> None:
        two = wire.ROW.pack(1, 4, 0, 0, 0, *[0.5] * 12) + wire.ROW.pack(1, 4, 0, 0, 0, *[0.5] * 12)
        read = rows.read_rows(two, wire.row_layout(2, wire.ROW.size), 1, 4, talkative=False)
        assert next(read) == (0.5, 0.5)
        with pytest.raises(rows.BrokenRecord):
            next(read)

    def test_an_infinite_value_from_a_cell_is_refused(self) -> None:
        with pytest.raises(rows.BrokenRecord):
            list(
                rows.read_rows(
                    wire.ROW.pack(1, 0, 0, 0, 0, *[float("inf")] * 12), ALL_VALUES, 1, 0, talkative=False
                )
            )

    def test_a_read_has_a_deadline(self) -> None:
        inner, outer = os.pipe()
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            wire.read_exactly(inner, 8, 0.05)
        assert time.monotonic() - began >= 0.05
        os.close(inner)
        os.close(outer)


class TestLanguageWall:
    def test_every_listed_member_exists_in_the_pinned_libraries(self) -> None:
        assert missing_members() == ()

    def test_no_facade_hands_out_a_module(self) -> None:
        module = type(os)
        for facade in facades().values():
            held = (getattr(facade, name) for name in dir(type(facade)) if not name.startswith("_"))
            assert not any(isinstance(value, module) for value in held)

    def test_a_facade_is_frozen(self) -> None:
        with pytest.raises(AttributeError, match="frozen"):
            facades()["numpy"].mean = 1  # type: ignore[attr-defined]

    def test_the_page_of_what_is_allowed_is_current(self) -> None:
        written = (ROOT / "docs" / "sandbox-allowed.md").read_text()
        assert written == page(), "run: python -m scafe.sandbox.language.catalogue > docs/sandbox-allowed.md"

    def test_policy_and_jail_say_first_what_they_do_not_cover(self) -> None:
        for name in ("language/policy.py", "system/jail.py"):
            first = (ROOT / "sandbox" / name).read_text().split("\n\n")[1]
            assert "*not* covered" in first

    @given(st.text(max_size=60))
    @settings(max_examples=25, deadline=None)
    def test_the_review_answers_any_text(self, text: str) -> None:
        seen = review(text)
        assert (seen.tree is None) == bool(seen.refusals)
        assert all(refusal.line >= 1 for refusal in seen.refusals)

    def test_no_member_is_both_allowed_and_refused_by_name(self) -> None:
        from scafe.sandbox.language import policy

        assert not policy.METHODS & set(policy.REFUSED_ATTRIBUTES)
        assert not set(policy.BUILTINS) & (set(policy.REFUSED_NAMES) - {"getattr", "hasattr"})
        assert not [
            name for module in members.MEMBERS for name in members.members_of(module) if name[0] == "_"
        ]

    def test_a_region_answers_no_other_name(self) -> None:
        source = HEAD + (
            "from skimage.measure import label, regionprops\n"
            "def extract(image, mask):\n    one = regionprops(label(mask))[0]\n"
            "    return {'a': 1.0, 'b': float(len(str(one['__class__'])))}\n"
        )
        fault = cell.measure(cell.load_extractor(source), an_image())
        assert fault.status == wire.EXCEPTION


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
