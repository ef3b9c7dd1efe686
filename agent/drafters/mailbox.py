"""The two folders of the manual drafter: prompts that wait for a person, and where the answers belong.

No client and no door: the command line and the viewer look here without either.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from scafe.agent.egress.journal import write_durably
from scafe.knowledge.contract.errors import InputError
from scafe.knowledge.contract.inside import read_inside

OUTBOX, INBOX = "outbox", "inbox"
MAX_REPLY_BYTES = 2_000_000
MAX_PROMPT_BYTES = 16_000_000
CUT_HERE = "-" * 20 + " copy everything below this line " + "-" * 20
_NAME = re.compile(r"(\d{3,})-([0-9a-f]{8})\.prompt\.md")


@dataclass(frozen=True)
class Waiting:
    """One request that waits for a person."""

    number: str
    """In the order they were written, e.g. '001'."""
    short: str
    """First 8 digits of the request's hash."""
    prompt: Path
    reply: Path
    """Where the answer belongs."""


def waiting_requests(run: Path) -> tuple[Waiting, ...]:
    """Return the requests of a run that have no reply file yet, in order."""
    return tuple(one for one in requests(run) if not one.reply.is_file())


def place_reply(run: Path, file: Path) -> Path:
    """Put a person's answer where the run looks for it: `scafe reply RUN FILE`.

    With several requests waiting, the file's name says which one it answers: it holds the request's
    number or the first digits of its hash, e.g. `002.md` or `answer-3fa9c1d2.txt`.

    Returns
    -------
    Path
        Where it was put.

    Raises
    ------
    InputError
        If the file is missing, empty or too long, nothing waits, or it is not clear what it answers.
    """
    text = read_text(file)
    waiting = waiting_requests(run)
    if not waiting:
        raise InputError(f"{run.name}: no request waits for a reply; resume the run to get the next one")
    named = [one for one in waiting if one.short in file.name or one.number in re.findall(r"\d+", file.name)]
    meant = waiting if len(waiting) == 1 else tuple(named)
    if len(meant) != 1:
        names = ", ".join(f"{one.number}-{one.short}" for one in waiting)
        raise InputError(f"{file.name}: which request does it answer? Name the file after one of: {names}")
    write_durably(meant[0].reply, text.encode())
    return meant[0].reply


def place_text(run: Path, number: str, text: str) -> Path:
    """Put an answer that was pasted where the run looks for it; returns where.

    Raises
    ------
    InputError
        It is empty or too long, or no request of this number waits.
    """
    meant = [one for one in waiting_requests(run) if one.number == number]
    if not meant:
        raise InputError(f"{run.name}: no request {number[:20]!a} waits for a reply; it may have one already")
    data = text.replace("\r\n", "\n").encode("utf-8", "replace")
    if not text.strip():
        raise InputError("the reply is empty; paste the whole answer")
    if len(data) > MAX_REPLY_BYTES:
        raise InputError(f"the reply has {len(data)} bytes; a reply has at most {MAX_REPLY_BYTES}")
    write_durably(meant[0].reply, data)
    return meant[0].reply


def prompt_of(run: Path, waiting: Waiting) -> str:
    """Return the words of a request that are to be copied, without the sheet's own head.

    Raises
    ------
    IntegrityError
        The sheet is missing, a link, or too long.
    """
    sheet = read_inside(run, f"{OUTBOX}/{waiting.prompt.name}", MAX_PROMPT_BYTES).decode("utf-8", "replace")
    _, found, words = sheet.partition(f"{CUT_HERE}\n\n")
    return words if found else sheet


def read_text(file: Path) -> str:
    """Read a reply as editors save it: UTF-8, UTF-16 with a mark, or the Windows code page.

    Raises
    ------
    InputError
        If it is missing, empty or too long.
    """
    try:
        with file.open("rb") as source:
            data = source.read(MAX_REPLY_BYTES + 1)
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from None
    if len(data) > MAX_REPLY_BYTES:
        raise InputError(f"{file}: a reply has at most {MAX_REPLY_BYTES:,} bytes; this is longer")
    text = _decoded(data)
    if not text.strip():
        raise InputError(f"{file}: empty; save the whole answer in it")
    return text


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def requests(run: Path) -> tuple[Waiting, ...]:
    """Return every request of a run, answered or not, in order."""
    names = (_NAME.fullmatch(path.name) for path in sorted((run / OUTBOX).glob("*.prompt.md")))
    return tuple(named(run, found[1], found[2]) for found in names if found)


def named(run: Path, number: str, short: str) -> Waiting:
    """Return where a request's files belong."""
    stem = f"{number}-{short}"
    return Waiting(number, short, run / OUTBOX / f"{stem}.prompt.md", run / INBOX / f"{stem}.reply.md")
