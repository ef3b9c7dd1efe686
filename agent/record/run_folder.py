"""The run folder: where everything that a run was asked, told and made lies as files.

::

    runs/20261121T231000Z-scar-vss-7f3a/     sortable, readable, unique
      run.json                              format, status, versions, seed, configuration; never a key
      pack.yaml                             the criteria pack, as given
      events.jsonl                          the trace (events.torn: what a kill cut off)
      briefs/<sha>.json  replies/<sha>.md   what every drafter was given and what it answered
      llm/                                  the egress journal: every byte that was sent
      revisions/<criterion>/r003.py         every revision, with r003.json beside it
      bench/                                private to the process that holds the images
      frozen/  report.html  report.md  report.json
      checkpoints.sqlite                    a cache: a run without it resumes from its trace
      SHA256SUMS  SEAL.json                 written last

Every file is written beside its place and renamed, so a reader never meets half a file.
"""

import fcntl
import hashlib
import json
import os
import platform
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.agent.record.wire import mend_text
from scafe.knowledge.contract.errors import InputError, IntegrityError
from scafe.knowledge.contract.inside import read_inside

FORMAT: Literal[1] = 1
RUN_FILE = "run.json"
LOCK_FILE = "run.lock"
CHECKPOINTS = "checkpoints.sqlite"
CACHES = ("bench", *(CHECKPOINTS + tail for tail in ("", "-wal", "-shm", "-journal")))
"""What is made again from the trace and the images; not sealed, so nothing says whose it is."""
LEARNT = ("llm/endpoint.json", "llm/prices.json")
"""What a run learnt of its endpoint, and the prices that it counts with."""
MOST_HEAD_BYTES: Final = 4 << 20
MOST_TEXT_BYTES: Final = 64 << 20
"""Of a brief or a reply; an endpoint's answer ends long before."""
Status = Literal["running", "waiting", "interrupted", "frozen", "no_acceptable_set"]
PACKAGES = ("scafe", "langgraph", "numpy", "opencv-python-headless", "scikit-image", "scikit-learn", "scipy")


class RunInfo(BaseModel):
    """The head of a run, kept in run.json."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = FORMAT
    id: str = Field(description="name of the folder")
    status: Status
    started: str = Field(description="UTC")
    changed: str = Field(description="UTC, last change of status")
    seed: int
    config: dict[str, Any] = Field(description="resolved configuration, without any secret")
    versions: dict[str, str]
    why: str = Field(default="", description="why it waits, stopped or found no set")


class RunFolder:
    """One run on disk; values go in and come out, decisions are made elsewhere."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    @property
    def bench(self) -> Path:
        """The private folder of the bench."""
        return self.path / "bench"

    @property
    def frozen(self) -> Path:
        """Where the bundle is written."""
        return self.path / "frozen"

    @property
    def checkpoints(self) -> Path:
        """The SQLite checkpoints."""
        return self.path / CHECKPOINTS

    def info(self) -> RunInfo:
        """Read the head of the run; InputError if it is not a run or one of a newer version."""
        return _read_info(self.path)

    def set_status(self, status: Status, why: str = "") -> None:
        """Change the status in run.json."""
        changed = {"status": status, "why": why, "changed": _now().isoformat(timespec="seconds")}
        self._write_info(self.info().model_copy(update=changed))

    def relative(self, path: str | Path) -> str:
        """Return a path inside the run folder as the trace holds it."""
        return Path(path).resolve().relative_to(self.path).as_posix()

    def keep_brief(self, text: str) -> str:
        """Keep the JSON of a brief; return its SHA-256."""
        return self._keep("briefs", ".json", text)

    def keep_reply(self, text: str) -> str:
        """Keep the raw text of a reply; return its SHA-256."""
        return self._keep("replies", ".md", text)

    def reply(self, sha256: str) -> str:
        """Return a kept reply; halves of surrogate pairs, as older versions kept them, become U+FFFD."""
        return mend_text(self._kept("replies", ".md", sha256)).text

    def brief(self, sha256: str) -> str:
        """Return the JSON of a kept brief."""
        return self._kept("briefs", ".json", sha256)

    def _keep(self, folder: str, suffix: str, text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        sha256 = hashlib.sha256(data).hexdigest()
        write_atomically(self.path / folder / f"{sha256}{suffix}", data)
        return sha256

    def _kept(self, folder: str, suffix: str, sha256: str) -> str:
        name = f"{folder}/{sha256}{suffix}"
        path, data = self.path / name, read_inside(self.path, name, MOST_TEXT_BYTES)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise IntegrityError(f"{path}: the bytes are not those that the trace names; the file was edited")
        return data.decode("utf-8", "surrogatepass")

    def _write_info(self, info: RunInfo) -> None:
        text = json.dumps(info.model_dump(mode="json"), indent=1, ensure_ascii=False)
        write_atomically(self.path / RUN_FILE, (text + "\n").encode())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run alone; a second process is refused. The kernel lets go when a process dies."""
        with (self.path / LOCK_FILE).open("a+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(
                    f"run {self.path.name} is being written by another process; wait for it, or stop it first"
                ) from None
            yield


def create_run(root: Path, slug: str, seed: int, config: dict[str, Any], pack_text: str) -> RunFolder:
    """Create the folder of a new run under `root`.

    The name carries the clock and chance so that two runs never meet; nothing is decided by it.
    """
    started = _now()
    name = f"{started:%Y%m%dT%H%M%SZ}-{_slug(slug)}-{secrets.token_hex(2)}"
    path = root / name
    path.mkdir(parents=True)
    folder = RunFolder(path)
    stamp = started.isoformat(timespec="seconds")
    write_atomically(path / "pack.yaml", pack_text.encode())
    folder._write_info(
        RunInfo(
            id=name,
            status="running",
            started=stamp,
            changed=stamp,
            seed=seed,
            config=config,
            versions=installed_versions(),
        )
    )
    return folder


def load_run(path: Path | str) -> RunFolder:
    """Open an existing run folder.

    Raises
    ------
    InputError
        No such folder, not a run, or a run of a newer version of ScaFE.
    """
    folder = RunFolder(Path(path))
    folder.info()
    return folder


def list_runs(root: Path) -> tuple[RunInfo, ...]:
    """Return the heads of all runs under a folder, oldest first; what is not a run is passed over.

    A run goes by its folder's name: a copy may lie under another than the one it was made under.
    """
    if not root.is_dir():
        return ()
    paths = [path for path in root.iterdir() if (path / RUN_FILE).is_file()]
    heads = [_read_info(path).model_copy(update={"id": path.name}) for path in paths]
    return tuple(sorted(heads, key=lambda info: (info.started, info.id)))


def find_run(root: Path, name: str) -> RunFolder:
    """Open a run by path, by name under `root`, by an unambiguous part of its name, or the `last` one."""
    if name == "last" and (heads := list_runs(root)):
        return load_run(root / heads[-1].id)
    for path in (Path(name), root / name):
        if (path / RUN_FILE).is_file():
            return load_run(path)
    found = [info.id for info in list_runs(root) if name in info.id]
    if len(found) == 1:
        return load_run(root / found[0])
    hint = f"it could be {', '.join(found)}" if found else "see `scafe runs list`"
    raise InputError(f"no run {name!r} under {root}; {hint}")


@contextmanager
def left_clean(root: Path) -> Iterator[None]:
    """Take the folders that were made for a run away again if a fault left them empty."""
    made = [one for one in (root, *root.parents) if not one.exists()]
    try:
        yield
    except BaseException:
        for one in made:
            if one.is_dir() and not any(one.iterdir()):
                one.rmdir()
        raise


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it is whole or absent, also after a kill; same bytes are not written again."""
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(2)}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def installed_versions() -> dict[str, str]:
    """Return the versions that a run depends on."""
    packages = {name: version(name) for name in PACKAGES}
    return {"python": sys.version.split()[0], **packages, "processor": processor()}


def processor() -> str:
    """Return what numpy's and OpenBLAS's choice of code hangs on: the last digits of values follow it."""
    import numpy as np
    from threadpoolctl import threadpool_info

    simd = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    blas = sorted(
        {str(library["architecture"]) for library in threadpool_info() if "architecture" in library}
    )
    return " ".join([platform.machine(), *simd, *blas])


def _read_info(path: Path) -> RunInfo:
    file = path / RUN_FILE
    if not file.is_file():
        raise InputError(f"{path}: not a run folder (no {RUN_FILE}); see `scafe runs list`")
    try:
        data = json.loads(read_inside(path, RUN_FILE, MOST_HEAD_BYTES))
        newer = isinstance(data, dict) and int(data.get("format", 0)) > FORMAT
        if newer:
            raise InputError(
                f"{path}: written by a newer ScaFE (run format {data['format']}, this one reads {FORMAT}); "
                "upgrade ScaFE to open it"
            )
        return RunInfo.model_validate(data)
    except (ValueError, TypeError, RecursionError) as error:
        raise IntegrityError(
            f"{file}: not the head of a run ({type(error).__name__}); the file was edited"
        ) from None


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40] or "run"


def _now() -> datetime:
    return datetime.now(UTC)
