"""The zip of a bundle, from a stranger: bounded before it is unpacked, and unpacked in memory alone."""

import io
import os
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scafe.evals.data.zipped import ZipBounds, read_zip, zip_bytes
from scafe.evals.frozen.bundle import open_bundle
from scafe.evals.frozen.freeze import freeze
from scafe.knowledge.contract.errors import IntegrityError

BOUNDS = ZipBounds(entries=100, unpacked_bytes=8 << 20)


@pytest.fixture(scope="module")
def packed(open_toy: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    session = open_toy(tmp_path_factory.mktemp("zip") / "bench", n_per_class=40)
    freeze(session, session.refs(), str(session.folder.parent / "frozen"), {})
    return session.folder.parent / "frozen.zip"


def archive(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in entries:
            file.writestr(name, content)
    return buffer.getvalue()


def special(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    return entry


def flagged(data: bytes, bit: int) -> bytes:
    """Set a flag of the first entry, in its header and in the directory."""
    at = data.rindex(b"PK\x01\x02")
    changed = bytearray(data)
    changed[6] |= bit
    changed[at + 8] |= bit
    return bytes(changed)


def renamed(name: bytes, to: bytes) -> bytes:
    return archive((name.decode(), b"x")).replace(name, to)


def twice() -> bytes:
    """Two entries of one name."""
    return archive(("same.txt", b"one"), ("some.txt", b"two")).replace(b"some.txt", b"same.txt")


HOSTILE: dict[str, Callable[[], bytes]] = {
    "is encrypted": lambda: flagged(archive(("a", b"x")), 1),
    "is a link or a device": lambda: archive((special("a", stat.S_IFLNK | 0o777), b"/etc/hostname")),
    "'fifo' is a link or a device": lambda: archive((special("fifo", stat.S_IFIFO | 0o644), b"")),
    "packed by method 14": lambda: archive(("a", b"x" * 99), method=zipfile.ZIP_LZMA),
    "packed by method 12": lambda: archive(("a", b"x" * 99), method=zipfile.ZIP_BZIP2),
    "'same.txt' and 'same.txt', which are one file": twice,
    "'a.txt' and 'A.TXT', which are one file": lambda: archive(("a.txt", b"x"), ("A.TXT", b"y")),
    "which are one file on some": lambda: archive(("caf\u00e9", b"x"), ("cafe\u0301", b"y")),
    "'../a', which leads out": lambda: archive(("../a", b"x")),
    "'/etc/a', which leads out": lambda: archive(("/etc/a", b"x")),
    r"a\\\\b', which is no plain name": lambda: renamed(b"a+b", b"a\\b"),
    r"a\\x00b', which is no plain name": lambda: renamed(b"a+b", b"a\0b"),
    r"a\\nb', which is no plain name": lambda: archive(("a\nb", b"x")),
    r"a\\u202eb', which is no plain name": lambda: archive(("a\u202eb", b"x")),
    "which is no plain name": lambda: archive(("a//b", b"x")),
    "'folder/', which is no plain name": lambda: archive(("folder/", b"not empty")),
    "lists 101 entries": lambda: archive(*((str(number), b"") for number in range(101))),
    "would unpack to 9 MiB; at most 8": lambda: archive(("a", bytes(9 << 20)), method=zipfile.ZIP_STORED),
    "times its size; at most 200": lambda: archive(("a", bytes(7 << 20))),
    "before or behind its directory": lambda: b"#!/bin/sh\n" + archive(("a", b"x")),
    "directory does not end it": lambda: archive(("a", b"x")) + b"more",
    "no zip that can be read": lambda: archive(("a", b"x" * 1000))[:-60],
    "it has 0 bytes": lambda: b"",
}


@pytest.mark.parametrize("told", HOSTILE)
def test_an_archive_that_could_mean_something_else_is_refused_with_the_reason(told: str) -> None:
    with pytest.raises(IntegrityError, match=told):
        read_zip(HOSTILE[told](), "x.zip", BOUNDS)


def test_tens_of_thousands_of_empty_files_are_refused_before_an_object_is_made_of_each() -> None:
    """Named fault: a zip of empty files ran for minutes."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *(0,) * 16) + b""
    directory = entry * 60_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 60_000, 60_000, len(directory), 0, 0)
    tracemalloc.start()
    with pytest.raises(IntegrityError, match="lists 60,000 entries"):
        read_zip(directory + end, "x.zip", BOUNDS)
    lying = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), 0, 0)
    with pytest.raises(IntegrityError, match="lists 1 entries in 2,760,000 bytes"):
        read_zip(directory + lying, "x.zip", BOUNDS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


def test_entries_that_share_their_bytes_count_each() -> None:
    """Many directory entries may point at one stretch of the file: the sum of what they say is bounded."""
    one = archive(("a", bytes(1 << 20)))
    start = one.rindex(b"PK\x01\x02")
    entry = one[start : one.rindex(b"PK\x05\x06")]
    many = b"".join(entry[:-1] + bytes([65 + number]) for number in range(20))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 20, 20, len(many), start, 0)
    with pytest.raises(IntegrityError, match="would unpack to 20 MiB"):
        read_zip(one[:start] + many + end, "x.zip", BOUNDS)


def test_a_size_that_is_not_the_content_is_refused() -> None:
    data = bytearray(archive(("a", b"x" * 1000)))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", 500)
    with pytest.raises(IntegrityError, match=r"x\.zip"):
        read_zip(bytes(data), "x.zip", BOUNDS)


class TestTheBundle:
    def test_the_zip_is_the_bundle(self, packed: Path) -> None:
        assert open_bundle(packed).sha256 == open_bundle(packed.with_suffix("")).sha256
        assert open_bundle(packed).classifier.columns == open_bundle(packed).manifest.columns

    def test_opening_one_leaves_nothing_in_the_folder_for_temporary_files(
        self, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        assert open_bundle(packed).classifier is not None
        assert not list(tmp_path.iterdir())

    def test_a_file_that_is_no_zip_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "frozen.zip"
        path.write_bytes(b"no zip")
        with pytest.raises(IntegrityError, match="neither a folder nor a zip"):
            open_bundle(path)

    def test_a_zip_that_would_fill_the_memory_is_refused_unread(self, tmp_path: Path) -> None:
        path = tmp_path / "bomb.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("a", "w") as entry:
            for _ in range(65):
                entry.write(bytes(1 << 20))
        with pytest.raises(IntegrityError, match="65 MiB"):
            open_bundle(path)

    def test_a_name_that_climbs_is_refused(self, packed: Path, tmp_path: Path) -> None:
        path = tmp_path / "climbs.zip"
        path.write_bytes(packed.read_bytes())
        with zipfile.ZipFile(path, "a") as file:
            file.writestr("../../outside.txt", "x")
        with pytest.raises(IntegrityError, match="outside"):
            open_bundle(path)

    def test_a_zip_in_a_zip_is_a_file_that_belongs_to_nothing(self, packed: Path, tmp_path: Path) -> None:
        bounds = ZipBounds(999, 64 << 20)
        files = read_zip(packed.read_bytes(), "x", bounds)
        (tmp_path / "nested.zip").write_bytes(zip_bytes({**files, "more.zip": packed.read_bytes()}))
        with pytest.raises(IntegrityError, match=r"more\.zip is not in the manifest"):
            open_bundle(tmp_path / "nested.zip")

    def test_folders_that_a_zip_program_lists_are_no_files(self, packed: Path, tmp_path: Path) -> None:
        files = read_zip(packed.read_bytes(), "x", ZipBounds(999, 64 << 20))
        told = archive(("cards/", b""), ("extractors/", b""), *files.items())
        (tmp_path / "told.zip").write_bytes(told)
        assert open_bundle(tmp_path / "told.zip").sha256 == open_bundle(packed).sha256

    def test_a_pipe_or_a_device_named_as_bundle_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.zip")
        for path in (tmp_path / "pipe.zip", Path("/dev/zero")):
            with pytest.raises(IntegrityError, match="is no regular file"):
                open_bundle(path)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_process_that_is_ended_leaves_no_folder(packed: Path, tmp_path: Path, how: signal.Signals) -> None:
    """Named fault: a zip was unpacked into a folder that stayed where the process was killed."""
    command = [sys.executable, "-m", "scafe.evals.processes.bundle", "verify", str(packed), "--workers", "1"]
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    time.sleep(4)
    process.send_signal(how)
    process.wait(timeout=20)
    assert not list(tmp_path.iterdir())
