"""The seal of a finished run, and the check that a run is what it was when it was sealed."""

import json
import os
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.agent.record.events import AnyEvent, read_event
from scafe.agent.record.evidence import MOST_FILE_BYTES, evidence_faults, is_finished
from scafe.agent.record.run_folder import (
    CACHES,
    LOCK_FILE,
    MOST_HEAD_BYTES,
    RUN_FILE,
    load_run,
    write_atomically,
)
from scafe.agent.record.trace import EVENTS, MOST_EVENT_BYTES, chained, head_in, head_of
from scafe.knowledge.contract.errors import IntegrityError
from scafe.knowledge.contract.inside import hash_inside, read_inside, walk_inside
from scafe.knowledge.contract.plain_json import read_json

SEAL = "SEAL.json"
SUMS = "SHA256SUMS"
SIGNATURE = "SEAL.json.sig"
NOT_SEALED = frozenset({SEAL, SUMS, SIGNATURE, LOCK_FILE, *CACHES})
"""Exact names. The bench's folder holds per-image caches and may be deleted; checkpoints are a cache."""
MOST_FILES: Final = 200_000
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Seal(BaseModel):
    """What a finished run was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    events: int = Field(ge=0, description="lines in events.jsonl")
    head: Sha256 = Field(description="SHA-256 of its last line")
    files: dict[str, Sha256] = Field(description="path in the run folder -> SHA-256")


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
    """Write SHA256SUMS and SEAL.json over everything in a finished run; the head is what one signs.

    Raises
    ------
    IntegrityError
        The folder holds a link, a device or a pipe, which no hash can stand for.
    """
    events, head = head_of(folder / EVENTS)
    names = sorted(walk_inside(folder, MOST_FILES, NOT_SEALED), key=lambda name: name.split("/"))
    hashes = {name: hash_inside(folder, name, MOST_FILE_BYTES) for name in names}
    seal = Seal(events=events, head=head, files=hashes)
    write_atomically(folder / SUMS, _sums(seal))
    text = json.dumps(seal.model_dump(mode="json"), indent=1, ensure_ascii=False)
    write_atomically(folder / SEAL, (text + "\n").encode())
    return seal


def verify_run(path: Path | str) -> RunCheck:
    """Check the chain of a run, the files that its events name, and every file against the seal.

    Returns
    -------
    RunCheck
        With one sentence per fault. A run that goes on has no seal: its chain and its evidence are checked.

    Raises
    ------
    InputError
        The path is not a run, or is one of a newer version.
    """
    folder = load_run(path).path
    broken, events, head = _chain(folder)
    seal, seal_faults = _read_seal(folder)
    faults = [*broken, *_head_faults(folder), *evidence_faults(folder, events), *seal_faults]
    if seal is not None:
        faults += [*([] if broken else _end_faults(seal, len(events), head)), *_seal_faults(folder, seal)]
    elif not seal_faults and is_finished(events):
        faults.append(f"{SEAL} is missing, and the trace says that the run ended; `scafe resume` seals it")
    return RunCheck(
        run=folder.name,
        sealed=seal is not None,
        events=len(events),
        head=head,
        files=len(seal.files) if seal else 0,
        faults=tuple(dict.fromkeys(faults)),
    )


def _chain(folder: Path) -> tuple[list[str], list[AnyEvent], str]:
    """Return faults of the chain, its events up to the first, and the hash of the last line."""
    events: list[AnyEvent] = []
    try:
        data = read_inside(folder, EVENTS, MOST_EVENT_BYTES)
        for line in chained(data, folder / EVENTS):
            events.append(read_event(line))
    except IntegrityError as error:
        return [str(error)], events, ""
    except ValueError as error:
        told = f"{EVENTS}, line {len(events) + 1}: an event has a wrong field ({str(error).splitlines()[0]})"
        return [told], events, ""
    return [], events, head_in(data)


def _head_faults(folder: Path) -> list[str]:
    try:
        read_json(read_inside(folder, RUN_FILE, MOST_HEAD_BYTES), str(folder / RUN_FILE))
    except IntegrityError as error:
        return [str(error)]
    return []


def _read_seal(folder: Path) -> tuple[Seal | None, list[str]]:
    if not os.path.lexists(folder / SEAL):
        return None, []
    try:
        data = read_inside(folder, SEAL, MOST_EVENT_BYTES)
        read_json(data, str(folder / SEAL))
        return Seal.model_validate_json(data), []
    except IntegrityError as error:
        return None, [str(error)]
    except ValueError:
        return None, [f"{SEAL}: not a seal; the file was edited"]


def _end_faults(seal: Seal, events: int, head: str) -> list[str]:
    if (events, head) == (seal.events, seal.head):
        return []
    return [
        f"{EVENTS} has {events} lines and head {head[:12]}; sealed were {seal.events} lines and head "
        f"{seal.head[:12]}: the end was cut off, edited or added to"
    ]


def _seal_faults(folder: Path, seal: Seal) -> list[str]:
    try:
        names = list(walk_inside(folder, MOST_FILES, NOT_SEALED))
        sums = read_inside(folder, SUMS, MOST_EVENT_BYTES)
        now = {name: hash_inside(folder, name, MOST_FILE_BYTES) for name in names}
    except IntegrityError as error:
        return [str(error)]
    faults = [] if sums == _sums(seal) else [f"{SUMS} does not say what {SEAL} says"]
    faults += [f"{name} is missing" for name in seal.files if name not in now]
    faults += [f"{name} was changed" for name in seal.files if name in now and now[name] != seal.files[name]]
    return faults + [f"{name} was added after the seal" for name in now if name not in seal.files]


def _sums(seal: Seal) -> bytes:
    return "".join(f"{sha256}  {name}\n" for name, sha256 in seal.files.items()).encode()
