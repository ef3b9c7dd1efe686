"""Which runs this user's configuration started on this machine, and which were taken over knowingly.

A run folder names what a resumed run would use: an endpoint, which gets the environment's key; prompt files,
data, caches, which are read or written; a weaker sandbox. In a folder that came from somebody else
these are somebody else's wishes. So a run goes on only if it was started here, or adopted after its names
were shown. What is known stands outside of every run folder, under `$XDG_STATE_HOME/scafe/runs`, one
file for each run, named by a hash over the run's id, configuration and criteria pack: a folder whose
configuration was edited is not known any more.

What the folder holds beside its trace is not believed either: answers of a bench, which could be scores that
nobody measured, checkpoints, prices and what was learnt of an endpoint are dropped and made again.
"""

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from scafe.agent.record.run_folder import (
    CACHES,
    LEARNT,
    MOST_HEAD_BYTES,
    RunFolder,
    RunInfo,
    write_atomically,
)
from scafe.knowledge.contract.errors import InputError
from scafe.knowledge.contract.inside import MOST_PARTS, read_inside

Trust = Literal["known", "endpoint", "all"]
"""known: only a run that was started or adopted here goes on · endpoint: also one that names nothing but its
endpoint, which the caller has looked at · all: the caller has looked at everything that it names."""
MOST_ENTRIES = 200_000
"""Entries of a run folder that are looked at for links."""
_SHOWN: Mapping[str, str] = {
    "data": "images and labels are read from",
    "cache": "values of images are read from and written to",
    "cluster": "images are measured, and code is run, by the workers at",
    "prompts": "prompt files are read from, and sent to the model",
    "prices": "prices are read from",
    "checkpoints": "the state of the run is kept at",
    "pack": "criteria pack",
}


@dataclass(frozen=True)
class Named:
    """One thing that a run names and that would be used if it went on."""

    what: str
    """In words, e.g. 'prompts and the key go to'."""
    value: str
    """As the run's configuration has it; not escaped."""
    is_endpoint: bool = False
    """Whether it is the endpoint, which a question may allow alone."""
    is_harmless: bool = False
    """Whether it reaches nothing outside the run folder."""


def state_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return where ScaFE keeps what it knows of its runs: in XDG's state folder, `~/.local/state`."""
    environment = os.environ if environ is None else environ
    named = environment.get("XDG_STATE_HOME", "")
    base = Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "state"
    return base / "scafe"


def identity(folder: RunFolder) -> str:
    """Return the hash by which a run is known: over its id, its configuration and its criteria pack."""
    info = folder.info()
    pack = folder.path / "pack.yaml"
    held = read_inside(folder.path, pack.name, MOST_HEAD_BYTES) if os.path.lexists(pack) else b""
    pack_sha256 = hashlib.sha256(held).hexdigest()
    said = json.dumps([info.id, info.config, pack_sha256], sort_keys=True)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def is_known(folder: RunFolder) -> bool:
    """Return whether a run was started or adopted here, with the configuration that it has now."""
    return _record(folder).is_file()


def remember(folder: RunFolder, how: Literal["started", "adopted"]) -> Path:
    """Record that a run is this user's; return where.

    Raises
    ------
    OSError
        If the state folder cannot be written.
    """
    path = _record(folder)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    told = {"run": folder.info().id, "path": str(folder.path), "how": how}
    write_atomically(path, json.dumps(told, indent=1).encode() + b"\n")
    return path


def adopt(folder: RunFolder) -> Path:
    """Take over somebody else's run: what nothing vouches for is dropped, then it is this user's.

    Returns
    -------
    Path
        Where that is kept.

    Raises
    ------
    InputError
        Another process writes the run, or it holds a link, a device or a pipe.
    OSError
        If the state folder cannot be written.
    """
    drop_caches(folder)
    return remember(folder, "adopted")


def discard(folder: RunFolder) -> None:
    """Remove a run of which nothing is worth keeping, and that it was ours."""
    _record(folder).unlink(missing_ok=True)
    shutil.rmtree(folder.path, ignore_errors=True)


def drop_caches(folder: RunFolder) -> None:
    """Remove what a run holds beside its trace and its replies; InputError as in `adopt`."""
    require_plain_files(folder)
    with folder.locked():
        for path in (folder.path / name for name in (*CACHES, *LEARNT)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def names_of(info: RunInfo) -> tuple[Named, ...]:
    """Return what a run would use if it went on: its endpoint, files, drafter and sandbox."""
    config = info.config
    return tuple(
        [
            *_drafter(config),
            *(
                Named(words, str(config[key]), is_harmless=key == "pack" and "/" not in str(config[key]))
                for key, words in _SHOWN.items()
                if config.get(key)
            ),
            *_companion(config),
            *_sandbox(config),
            *_spending(config),
        ]
    )


def require_ours(folder: RunFolder, trust: Trust = "known") -> None:
    """Refuse to go on with a run that is not this user's.

    Raises
    ------
    InputError
        What the run names is in the message; nothing was sent, read or written.
    """
    if is_known(folder):
        return
    require_plain_files(folder)
    if trust == "all":
        return
    names = names_of(folder.info())
    if trust == "endpoint" and all(one.is_endpoint or one.is_harmless for one in names):
        return
    told = "; ".join(f"{one.what} {one.value!r}"[:300] for one in names)
    raise InputError(
        f"run {folder.path.name} was not started on this machine by this user, or its configuration changed "
        f"since; it can be read, not continued. It names: {told}. If that is what you want, adopt it with "
        f"`scafe runs adopt {folder.path.name}`"
    )


def require_plain_files(folder: RunFolder) -> None:
    """Refuse a run folder that holds links, devices or pipes: each could stand for a file elsewhere.

    Raises
    ------
    InputError
        The message names the entry.
    """
    for number, path in enumerate(_entries(folder.path)):
        mode = path.lstat().st_mode
        if number >= MOST_ENTRIES:
            raise InputError(f"{folder.path}: more than {MOST_ENTRIES} entries; this is no run of ScaFE")
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            name = path.relative_to(folder.path)
            raise InputError(f"{folder.path.name}: {str(name)!r} is a link, a device or a pipe, not a file")


def _entries(folder: Path) -> Iterator[Path]:
    waiting = [folder]
    while waiting:
        for path in waiting.pop().iterdir():
            yield path
            if path.is_dir() and not path.is_symlink():
                waiting.append(path)
            if len(path.parts) - len(folder.parts) > MOST_PARTS:
                raise InputError(
                    f"{folder.name}: over {MOST_PARTS} folders in one another; this is no run of ScaFE"
                )


def _record(folder: RunFolder) -> Path:
    return state_folder() / "runs" / f"{identity(folder)}.json"


def _drafter(config: Mapping[str, Any]) -> Iterator[Named]:
    kind, _, rest = str(config.get("model") or "builtin").partition(":")
    if kind == "openai":
        url = config.get("base_url") or "https://api.openai.com/v1"
        yield Named("prompts and the key go to", str(url), is_endpoint=True)
    elif kind == "replay":
        yield Named("replies are read from", rest)
    elif kind not in ("builtin", "manual"):
        yield Named("the drafter is the plug-in", f"{kind}:{rest}")


def _sandbox(config: Mapping[str, Any]) -> Iterator[Named]:
    if config.get("allow_weaker_sandbox"):
        yield Named("extractors may run in", "a weaker sandbox")
    if config.get("sandbox") not in (None, "local"):
        yield Named("extractors run in the sandbox", str(config["sandbox"]))


def _companion(config: Mapping[str, Any]) -> Iterator[Named]:
    kind, _, file = str(config.get("companion") or "").partition(":")
    if kind == "onnx":
        yield Named("a network is read from and run", file)


def _spending(config: Mapping[str, Any]) -> Iterator[Named]:
    if str(config.get("model") or "").startswith("openai:"):
        caps = [(key.partition("_")[2], config.get(key)) for key in ("max_calls", "max_tokens", "max_cost")]
        told = ", ".join(f"{what} {'without a cap' if cap is None else cap}" for what, cap in caps)
        yield Named("it may spend", told, is_harmless=True)
