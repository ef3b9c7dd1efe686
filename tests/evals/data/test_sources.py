"""Only regular files are opened, and none beyond its bound."""

import os
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scafe.evals.data.formats import first_bytes, is_dicom, is_known, pixels_of
from scafe.evals.data.sources import read_bytes
from scafe.knowledge.contract.errors import DatasetError


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "device.png").symlink_to("/dev/zero")
    (tmp_path / "terminal.png").symlink_to("/dev/null")
    (tmp_path / "folder.png").mkdir()
    monkeypatch.chdir(tmp_path)  # a socket's name has a bound of about 100 bytes
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket.png")
    return {path.name: path for path in tmp_path.iterdir()}


@pytest.mark.parametrize("name", ["pipe.png", "device.png", "terminal.png", "socket.png"])
def test_what_is_no_file_is_refused_and_nothing_waits(odd: dict[str, Path], name: str) -> None:
    with pytest.raises(DatasetError, match=r"row 3.*pipe, socket or device.*leave it out"):
        read_bytes(odd[name], "row 3")
    assert not is_dicom(odd[name])
    with pytest.raises(DatasetError, match="row 3"):
        pixels_of(odd[name]).read("row 3")


def test_a_pipe_as_a_mask_is_refused(odd: dict[str, Path], tmp_path: Path) -> None:
    Image.fromarray(np.zeros((16, 16), np.uint8)).save(tmp_path / "image.png")
    with pytest.raises(DatasetError, match=r"mask pipe\.png.*pipe"):
        pixels_of(tmp_path / "image.png", odd["pipe.png"]).read("row 3")


def test_a_folder_and_a_missing_file_have_their_own_sentence(odd: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="a folder, not an image"):
        read_bytes(odd["folder.png"], "x")
    with pytest.raises(DatasetError, match="no such file"):
        read_bytes(tmp_path / "gone", "x")


def test_a_file_above_its_bound_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "sparse.png").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(DatasetError, match="1000000000000 bytes, more than"):
        read_bytes(tmp_path / "sparse.png", "x")
    assert first_bytes(tmp_path / "sparse.png", 4) == b"\0\0\0\0"
    assert is_known(tmp_path / "sparse.png")


def test_a_regular_file_behind_a_link_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert read_bytes(tmp_path / "b", "x") == b"abc"
