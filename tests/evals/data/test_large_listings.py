"""Listing 20,000 images costs what 20,000 times one does, in calls and in memory."""

import cProfile
import pstats
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from scafe.evals.data.folders import entries_of
from scafe.evals.data.listed import listed_rows, manifest_table

LASTING_TEXT = 4
"""Times the path of its folder that a row holds: image and mask, each as named and with links followed."""


def a_folder(root: Path, pictures: int) -> Path:
    root.mkdir()
    for place in range(pictures):
        (root / f"{place:05d}.jpg").touch()
        (root / f"{place:05d}_mask.png").touch()
        (root / f"{place:05d}.txt").touch()
    return root


def a_manifest(root: Path, rows: int) -> Path:
    a_folder(root / "images", rows)
    lines = [f"images/{place:05d}.jpg,images/{place:05d}_mask.png,mel,p{place:05d}" for place in range(rows)]
    (root / "table.csv").write_text("\n".join(["path,mask,label,patient_id", *lines]))
    return root / "table.csv"


def calls_of(work: Callable[[], object]) -> int:
    profile = cProfile.Profile()
    profile.runcall(work)
    return pstats.Stats(profile).total_calls  # type: ignore[attr-defined,no-any-return]


def most_bytes(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class TestFolders:
    def test_four_times_the_files_take_four_times_the_calls_and_not_sixteen_times(
        self, tmp_path: Path
    ) -> None:
        # each file was compared with all others: 2 x 10,000 images with masks took 133 s
        small, large = (a_folder(tmp_path / str(count), count) for count in (100, 400))
        entries_of(small)
        assert calls_of(lambda: entries_of(large)) < 4.4 * calls_of(lambda: entries_of(small))


class TestManifests:
    def test_a_row_that_is_looked_up_takes_about_a_kilobyte(self, tmp_path: Path) -> None:
        # paths as objects and a dict a row took twice that, and the memory stays with the process
        path = a_manifest(tmp_path, 2000)
        listed_rows(path, manifest_table(path))
        found = most_bytes(lambda: listed_rows(path, manifest_table(path))) / 2000
        assert found < 1100 + LASTING_TEXT * len(str(tmp_path))
