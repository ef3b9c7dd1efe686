"""The seal of a finished run, and the check that a run is what it was when it was sealed."""

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.agent.record.events import read_event
from scafe.agent.record.run_folder import CHECKPOINTS, LOCK_FILE, load_run, write_atomically
from scafe.agent.record.trace import EVENTS, head_of, read_lines
from scafe.knowledge.contract.errors import IntegrityError

SEAL = "SEAL.json"
SUMS = "SHA256SUMS"
NOT_SEALED = (SEAL, SUMS, LOCK_FILE, "bench/", CHECKPOINTS)
"""The bench's folder holds per-image caches and may be deleted; checkpoints are a cache."""


class Seal(BaseModel):
    """What a finished run was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    events: int = Field(description="lines in events.jsonl")
    head: str = Field(description="SHA-256 of its last line")
    files: dict[str, str] = Field(description="path in the run folder -> SHA-256")


class RunCheck(BaseModel):
    """What `verify_run` found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    sealed: bool
    events: int
    head: str
    files: int = Field(description="files whose hash was compared")
    faults: tuple[str, ...] = Field(description="one sentence each; empty: nothing was changed")

    @property
    def ok(self) -> bool:
        """Whether nothing was changed."""
        return not self.faults


def seal_run(folder: Path) -> Seal:
    """Write SHA256SUMS and SEAL.json over everything in a finished run; the head is what one signs."""
    events, head = head_of(folder / EVENTS)
    seal = Seal(events=events, head=head, files=_hashes(folder))
    sums = "".join(f"{sha256}  {name}\n" for name, sha256 in seal.files.items())
    write_atomically(folder / SUMS, sums.encode())
    text = json.dumps(seal.model_dump(mode="json"), indent=1, ensure_ascii=False)
    write_atomically(folder / SEAL, (text + "\n").encode())
    return seal


def verify_run(path: Path | str) -> RunCheck:
    """Check the chain of a run, and every file against the seal if there is one.

    Returns
    -------
    RunCheck
        With one sentence per fault; a run that was never sealed has its chain checked alone.

    Raises
    ------
    InputError
        The path is not a run, or is one of a newer version.
    """
    folder = load_run(path).path
    faults = _chain_faults(folder)
    events, head = head_of(folder / EVENTS) if (folder / EVENTS).exists() else (0, "")
    seal, seal_faults = _read_seal(folder)
    faults += seal_faults
    if seal is not None:
        faults += _seal_faults(folder, seal, events, head)
    return RunCheck(
        run=folder.name,
        sealed=seal is not None,
        events=events,
        head=head,
        files=len(seal.files) if seal else 0,
        faults=tuple(faults),
    )


def _chain_faults(folder: Path) -> list[str]:
    if not (folder / EVENTS).exists():
        return [f"{EVENTS} is missing"]
    try:
        for line in read_lines(folder / EVENTS):
            read_event(line)
    except IntegrityError as error:
        return [str(error)]
    except ValueError as error:
        return [f"{EVENTS}: an event has a wrong field ({str(error).splitlines()[0]})"]
    return []


def _read_seal(folder: Path) -> tuple[Seal | None, list[str]]:
    if not (folder / SEAL).exists():
        return None, []
    try:
        return Seal.model_validate_json((folder / SEAL).read_bytes()), []
    except ValueError:
        return None, [f"{SEAL}: not a seal; the file was edited"]


def _seal_faults(folder: Path, seal: Seal, events: int, head: str) -> list[str]:
    faults = []
    if (events, head) != (seal.events, seal.head):
        faults.append(
            f"{EVENTS} has {events} lines and head {head[:12]}; sealed were {seal.events} lines and head "
            f"{seal.head[:12]}: the end was cut off, edited or added to"
        )
    now = _hashes(folder)
    faults += [f"{name} is missing" for name in seal.files if name not in now]
    faults += [f"{name} was changed" for name in seal.files if name in now and now[name] != seal.files[name]]
    return faults + [f"{name} was added after the seal" for name in now if name not in seal.files]


def _hashes(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = hashlib.sha256(b"link:" + str(path.readlink()).encode()).hexdigest()
        elif path.is_file() and not name.startswith(NOT_SEALED):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
