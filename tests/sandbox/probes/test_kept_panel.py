"""A panel from the cache is the panel that is rendered, and a damaged one is rendered anew."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from scafe.sandbox.probes import kept_panel
from scafe.sandbox.probes.kept_panel import panel_in
from scafe.sandbox.probes.panel import Panel, build_panel


@pytest.fixture(autouse=True)
def _forget() -> None:
    panel_in.cache_clear()


def again(folder: Path) -> Panel:
    panel_in.cache_clear()
    return panel_in(folder, "scar", 3)


def kept(folder: Path) -> Path:
    (path,) = (folder / "panels").iterdir()
    return path


def require_same(one: Panel, other: Panel) -> None:
    for mine, theirs in zip(one.images, other.images, strict=True):
        assert np.array_equal(mine.image, theirs.image)
        assert np.array_equal(mine.mask, theirs.mask)
        assert not mine.image.flags.writeable
        assert mine.image.base is None, "the sandbox would compare it with its copy every time"
    assert np.array_equal(one.looks, other.looks)
    assert one.edges == other.edges
    for mine, theirs in zip((*one.dials, *one.nuisances), (*other.dials, *other.nuisances), strict=True):
        assert (mine.name, mine.meaning) == (theirs.name, theirs.meaning)
        assert mine.levels.tobytes() == theirs.levels.tobytes()
        assert np.array_equal(mine.where, theirs.where)


def test_what_is_read_is_what_is_rendered(tmp_path: Path) -> None:
    first = panel_in(tmp_path, "scar", 3)
    inode = kept(tmp_path).stat().st_ino
    require_same(again(tmp_path), build_panel("scar", 3))
    require_same(first, build_panel("scar", 3))
    assert kept(tmp_path).stat().st_ino == inode, "it was not written again"


@pytest.mark.parametrize("cut", [0, 20, 5_000, 1_000_000])
def test_half_a_file_is_rendered_anew(tmp_path: Path, cut: int) -> None:
    panel_in(tmp_path, "scar", 3)
    whole = kept(tmp_path).read_bytes()
    kept(tmp_path).write_bytes(whole[:cut])
    require_same(again(tmp_path), build_panel("scar", 3))
    assert kept(tmp_path).read_bytes() == whole


def test_a_pixel_that_was_changed_is_seen(tmp_path: Path) -> None:
    panel_in(tmp_path, "scar", 3)
    data = bytearray(kept(tmp_path).read_bytes())
    data[-100] ^= 1
    kept(tmp_path).write_bytes(data)
    require_same(again(tmp_path), build_panel("scar", 3))


def test_another_version_looks_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panel_in(tmp_path, "scar", 3)
    monkeypatch.setattr(kept_panel, "version", lambda _: "0.0")
    again(tmp_path)
    assert len(list((tmp_path / "panels").iterdir())) == 2


def test_many_writers_leave_one_whole_file(tmp_path: Path) -> None:
    panel = build_panel("scar", 3)
    path = tmp_path / "panels" / "x.panel"
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: kept_panel._write(path, panel), range(8)))
    assert [one.name for one in path.parent.iterdir()] == ["x.panel"]
    found = kept_panel._read(path)
    assert found is not None
    require_same(found, panel)


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    assert panel_in(None, "scar", 3) is build_panel("scar", 3)
