"""The rows of a manifest as files that are there; the same for a run, a data check and a prediction."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scafe.evals.data.folders import require_file
from scafe.evals.data.formats import channels_of, pixels_of
from scafe.evals.data.sources import Pixels
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.evals.data.tables.table import Record, Table, read_table
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.contract.inert import inert

RGB = ("R", "G", "B")


@dataclass(frozen=True, slots=True)
class Listed:
    """One row and its files."""

    where: str
    """File, row and first path, for errors."""
    name: str
    """The first path, as the manifest has it."""
    files: tuple[str, ...]
    """One, or one per channel; text, as a manifest may list 20,000 (see `FilePath`)."""
    followed: tuple[str, ...]
    """The same with every link followed: two names of one file are one image."""
    mask: str | None
    pixels: Pixels
    record: Record


def manifest_table(path: Path, channels: Sequence[str] = RGB, columns: ColumnChoice | None = None) -> Table:
    """Read a manifest and hold it to a column `path`, or one per channel; see `read_table`."""
    split = () if tuple(channels) == RGB else tuple(channels)
    table = read_table(path, split, columns)
    table.require(_path_columns(table, split))
    return table


def listed_rows(path: Path, table: Table) -> tuple[Listed, ...]:
    """Return the rows of a manifest at `path`; DatasetError with the row if a file is not there."""
    columns = [name for name in table.columns if name.startswith("path")]
    links = Links()
    return tuple(_listed(path.parent, record, columns, links) for record in table.records)


class Links:
    """Follows links, and asks about each folder once: on a network's disk every question takes its time."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def followed(self, path: str) -> str:
        """Return the path of a file without links, `.` or `..`."""
        folder, name = os.path.split(path)
        if os.path.islink(path):
            return os.path.realpath(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return os.path.join(self._folders[folder], name)


def hidden_words(count: int) -> tuple[str, ...]:
    """Say how many hidden files were passed over, if any."""
    return (f"{count} hidden files, or files that a file manager left",) if count else ()


def unknown_words(files: Sequence[Path]) -> tuple[str, ...]:
    """Name the files that are no image, if any."""
    return (f"not images: {', '.join(inert(one.name) for one in files)}",) if files else ()


def column_words(names: Sequence[str]) -> tuple[str, ...]:
    """Name the columns that were passed over, if any."""
    return (f"columns: {', '.join(map(inert, names))}",) if names else ()


def _path_columns(table: Table, channels: Sequence[str]) -> list[str]:
    split = [f"path_{channel}" for channel in channels]
    return split if set(split) & set(table.columns) else ["path"]


def _listed(folder: Path, record: Record, columns: Sequence[str], links: Links) -> Listed:
    named = [record.required(column) for column in columns]
    where = f"{record.where} ({inert(named[0])})"
    files = tuple(_existing(folder, name, where) for name in named)
    followed = tuple(map(links.followed, files))
    mask = _mask(folder, record, where)
    if mask is not None and links.followed(mask) in followed:
        raise DatasetError(f"{where}: the mask is the image itself; name the file of the mask")
    channels = [column.removeprefix("path_") for column in columns]
    is_one = columns == ["path"]
    pixels = pixels_of(files[0], mask) if is_one else channels_of(channels, files, mask)
    return Listed(where, inert(named[0]), files, followed, mask, pixels, record)


def _mask(folder: Path, record: Record, where: str) -> str | None:
    name = record.text("mask")
    return _existing(folder, name, f"{where}, mask {inert(os.path.basename(name))}") if name else None


def _existing(folder: Path, name: str, where: str) -> str:
    path = os.path.join(folder, name)
    try:
        require_file(path, where)
    except FileNotFoundError:
        slashes = "write / instead of \\, or " if "\\" in name else ""
        raise DatasetError(
            f"{where}: there is no such file; {slashes}correct the path or leave the row out"
        ) from None
    except (OSError, RuntimeError, ValueError):
        raise DatasetError(f"{where}: a link in a circle, or a path that cannot exist; mend it") from None
    return path
