"""The wall of the operating system, each part taken by itself."""

import fcntl
import mmap
import os
import re
import struct
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from extractor_stand_ins import FINE, LINUX, an_image, body

from scafe.knowledge.contract.errors import SandboxError
from scafe.sandbox.pool import pool
from scafe.sandbox.pool.arena import F_ADD_SEALS, Arena
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.pool.process import environment
from scafe.sandbox.probes.determinism import check_determinism
from scafe.sandbox.system import doctor, seccomp, syscalls
from scafe.sandbox.system.backends import BACKENDS, program_of

TIERS = (
    ("seccomp rlimits landlock namespaces", "A"),
    ("seccomp rlimits landlock", "A-"),
    ("seccomp rlimits", "B"),
    ("rlimits landlock namespaces", "C"),
    ("", "C"),
)


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

    @pytest.mark.skipif(sys.dont_write_bytecode, reason="compiled files are not wanted here")
    def test_what_an_installer_left_uncompiled_the_first_sandbox_compiles(self) -> None:
        # uv compiles nothing: every sandbox compiled scipy.signal and its own modules again
        module = find_spec("scafe.sandbox.pool.warmup")
        assert module is not None
        compiled = Path(str(module.cached))
        compiled.unlink(missing_ok=True)
        with Pool(1) as one:
            one.extract(FINE, [an_image()])
        assert compiled.exists()

    def test_a_host_that_wants_no_compiled_files_gets_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        monkeypatch.setenv("SCAFE_API_KEY", "secret")
        held = environment(0)
        assert held["PYTHONDONTWRITEBYTECODE"] == "1"
        assert "secret" not in held.values()

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
