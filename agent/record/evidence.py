"""What a trace names must lie beside it: the files that events point to, by the hashes that they carry."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from scafe.agent.record.events import AnyEvent, Replied, Revised, RunFinished, SetFrozen, read_event
from scafe.agent.record.trace import Line
from scafe.knowledge.contract.errors import IntegrityError
from scafe.knowledge.contract.inside import hash_inside

MOST_FILE_BYTES: Final = 1 << 30
"""Of one file of a run; replies have kilobytes, the phantoms of a bundle a tenth of a megabyte."""


def sound_lines(data: Iterable[Line], where: Path) -> Iterator[Line]:
    """Yield lines of a trace whose fields are those of an event; what shows a run relies on them.

    Raises
    ------
    IntegrityError
        A line is no event of this version (named).
    """
    for line in data:
        try:
            read_event(line)
        except ValueError as error:
            told = str(error).splitlines()[0]
            raise IntegrityError(
                f"{where}: an event has a wrong field ({told}); the file was edited"
            ) from None
        yield line


def evidence_faults(folder: Path, events: list[AnyEvent]) -> Iterator[str]:
    """Yield one sentence for each file that an event names and that is missing or another.

    Parameters
    ----------
    folder : Path
        The run folder.
    events : list of AnyEvent
        Of its trace, in order.
    """
    for event in events:
        for name, sha256 in _named(event):
            try:
                found = hash_inside(folder, name, MOST_FILE_BYTES)
            except IntegrityError as error:
                yield f"an event of kind {event.kind} names {name!a}: {error}"
                continue
            if found != sha256:
                yield f"{name} is not what an event of kind {event.kind} names (its SHA-256 is {found[:12]})"


def is_finished(events: list[AnyEvent]) -> bool:
    """Whether the run ended, so that it must have a seal."""
    return bool(events) and isinstance(events[-1], RunFinished)


def _named(event: AnyEvent) -> Iterator[tuple[str, str]]:
    """Yield path in the run folder and SHA-256."""
    if isinstance(event, Replied):
        yield f"briefs/{event.brief}.json", event.brief
        yield f"replies/{event.reply}.md", event.reply
    elif isinstance(event, Revised):
        yield f"revisions/{event.criterion}/r{event.number:03d}.py", event.sha256
    elif isinstance(event, SetFrozen):
        yield f"{event.bundle}/manifest.json", event.sha256
