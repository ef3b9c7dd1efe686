"""The drafter that is a person: prompts as files to copy, replies as files to drop, days apart if need be.

Made for places without an endpoint. Each request is written once, as `outbox/001-3fa9c1d2.prompt.md`; the
run waits (exit code 3) until `inbox/001-3fa9c1d2.reply.md` is there, and goes on in a new process. What is
handed out passes the same checks as what is sent.
"""

import json
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scafe.agent.brief.brief import Brief
from scafe.agent.drafters.chat import open_egress
from scafe.agent.drafters.drafter import DrafterSettings, Reply
from scafe.agent.egress.completion import read_completion
from scafe.agent.egress.door import record_of
from scafe.agent.egress.journal import Attempt, write_durably
from scafe.agent.egress.payload import Payload
from scafe.knowledge.contract.errors import InputError, SettingsError, WaitingError

OUTBOX, INBOX = "outbox", "inbox"
MAX_REPLY_BYTES = 2_000_000
_NAME = re.compile(r"(\d{3,})-([0-9a-f]{8})\.prompt\.md")
_CUT_HERE = "-" * 20 + " copy everything below this line " + "-" * 20


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


class ManualDrafter:
    """Hands every brief to a person. Safe to use from several threads."""

    name = "manual"
    egress_level: Literal["none", "aggregates"] = "aggregates"

    def __init__(self, settings: DrafterSettings) -> None:
        if settings.run is None:
            raise SettingsError("the manual drafter needs a run folder for its outbox and inbox")
        self._run = settings.run
        self._prompts = settings.prompts
        self._person = settings.person
        self._egress = open_egress(settings)
        self._lock = threading.Lock()

    def draft(self, brief: Brief) -> Reply:
        """Answer one brief from the inbox; see `scafe.agent.drafters.drafter.Drafter`.

        Raises
        ------
        WaitingError
            If the reply file is not there yet; the message says where it belongs.
        """
        payload = Payload(brief, self._prompts, self.egress_level)
        with self._egress.one_at_a_time(payload.sha256):
            recorded = self._egress.journal.answer(payload.sha256)
            if recorded is not None:
                told = read_completion(recorded)
                return Reply(told.text, payload.sha256, None, True, "stop", told.replaced)
            waiting = self._hand_out(payload)
            if not waiting.reply.is_file():
                raise WaitingError(
                    f"request {waiting.number} waits for a person: answer {_shown(waiting.prompt)} and save "
                    f"the answer as {_shown(waiting.reply)}, or run `scafe reply {self._run.name} FILE`; "
                    f"others may wait beside it: `scafe reply {self._run.name}` lists them all"
                )
            text = read_text(waiting.reply)
            self._book(payload, text)
            return Reply(text, payload.sha256, None, False, "stop")

    def _hand_out(self, payload: Payload) -> Waiting:
        self._egress.require_clean(payload)
        with self._lock:
            waiting = _find(self._run, payload.sha256[:8])
            if waiting is None:
                number = 1 + max((int(one.number) for one in _requests(self._run)), default=0)
                waiting = _named(self._run, f"{number:03d}", payload.sha256[:8])
                for folder in (OUTBOX, INBOX):
                    (self._run / folder).mkdir(mode=0o700, exist_ok=True)
                words = spoken(payload)
                self._egress.journal.begin(record_of(payload, "person", "manual", words))
                self._egress.journal.note(payload.sha256, Attempt(attempt=1, event="sent"))
                write_durably(waiting.prompt, _sheet(waiting, payload, words).encode())
            return waiting

    def _book(self, payload: Payload, text: str) -> None:
        message = {"role": "assistant", "content": text}
        answer = {
            "object": "chat.completion",
            "model": "manual",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "scafe": {"source": "manual", "person": self._person},
        }
        self._egress.journal.finish(payload.sha256, json.dumps(answer, ensure_ascii=False).encode())
        done = Attempt(attempt=1, event="done", outcome="answered")
        self._egress.journal.note(payload.sha256, done)
        self._egress.budget.book(done, None)


def spoken(payload: Payload) -> str:
    """Return the words of a request as one text, to paste into any chat window."""
    return "\n".join(message.content for message in payload.messages)


def waiting_requests(run: Path) -> tuple[Waiting, ...]:
    """Return the requests of a run that have no reply file yet, in order."""
    return tuple(one for one in _requests(run) if not one.reply.is_file())


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


def read_text(file: Path) -> str:
    """Read a reply as editors save it: UTF-8, UTF-16 with a mark, or the Windows code page.

    Raises
    ------
    InputError
        If it is missing, empty or too long.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from None
    if len(data) > MAX_REPLY_BYTES:
        raise InputError(f"{file}: {len(data)} bytes; a reply has at most {MAX_REPLY_BYTES}")
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


def _sheet(waiting: Waiting, payload: Payload, words: str) -> str:
    brief = payload.brief
    about = f"{brief.operator} {brief.criterion.id}" if brief.criterion else brief.operator
    return (
        f"Request {waiting.number} ({about}), {waiting.short}\n\n"
        "Give the text below the line to a model or a colleague, without adding anything to it. Save the\n"
        f"whole answer, unchanged, as {INBOX}/{waiting.reply.name} and resume the run.\n\n"
        f"{_CUT_HERE}\n\n{words}"
    )


def _shown(path: Path) -> str:
    return "/".join(path.parts[-2:])


def _requests(run: Path) -> tuple[Waiting, ...]:
    names = (_NAME.fullmatch(path.name) for path in sorted((run / OUTBOX).glob("*.prompt.md")))
    return tuple(_named(run, found[1], found[2]) for found in names if found)


def _find(run: Path, short: str) -> Waiting | None:
    return next((one for one in _requests(run) if one.short == short), None)


def _named(run: Path, number: str, short: str) -> Waiting:
    stem = f"{number}-{short}"
    return Waiting(number, short, run / OUTBOX / f"{stem}.prompt.md", run / INBOX / f"{stem}.reply.md")
