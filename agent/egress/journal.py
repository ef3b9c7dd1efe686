"""What was asked and what came back, on disk before anything is made of it.

One request has up to three files in `llm/`, named by the first 16 digits of its hash::

    <sha16>.request.json      what was sent, to whom, under which level; written before the first byte leaves
    <sha16>.attempts.jsonl    one line before and one after each attempt: status, tokens, seconds
    <sha16>.response.json     the answer's HTTP body, byte for byte (the key blotted out, should it echo one)

The ledger of calls and tokens is read from these files alone, so a run that was killed and resumed
counts as the endpoint counts.
"""

import json
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scafe.agent.egress.completion import Usage, read_completion
from scafe.agent.record.wire import Mended, decode
from scafe.knowledge.contract.errors import IntegrityError
from scafe.knowledge.contract.inside import read_inside

DIGITS = 16
"""Digits of the request's hash in a file name; the whole hash is in the file and is compared."""

MOST_KEPT_BYTES: Final = 256 << 20
"""Of one file; above what an endpoint may answer, with every escape that JSON makes of it."""

Outcome = Literal["answered", "empty", "garbled", "http", "timeout", "dropped", "unreachable", "lost"]
"""answered: a usable body · empty: 200 without text · garbled: 200 that is no completion · http: another
status · timeout, dropped: sent, no answer · unreachable: never sent · lost: under way when the run was
killed, so nobody knows."""


class Record(BaseModel):
    """Frozen, closed record."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RequestRecord(Record):
    """What was sent first under one request hash."""

    format: Literal[1] = 1
    sha256: str = Field(description="identity of the request: words, variant and seed")
    operator: str
    criterion: str = ""
    variant: int = 0
    seed: int = 0
    level: str = Field(description="egress level of the payload")
    endpoint: str = Field(description="URL, 'person' or 'replay'")
    model: str
    body: str = Field(description="the HTTP body as sent, or the words given to a person")


class Attempt(Record):
    """One line of an attempts file."""

    attempt: int = Field(ge=1)
    event: Literal["sent", "done"]
    reserved_tokens: int = Field(default=0, ge=0, description="most that this attempt can cost")
    body: str | None = Field(
        default=None, description="what was sent, where it differs from the request file"
    )
    outcome: Outcome | None = None
    status: int | None = None
    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)
    estimated: bool = Field(default=False, description="the endpoint reported no usage: counted from bytes")
    seconds: float = Field(default=0.0, ge=0)
    note: str = Field(default="", description="what the endpoint said, without secrets")


class Entry(Record):
    """One request as the journal holds it."""

    request: RequestRecord
    attempts: tuple[Attempt, ...]
    answered: bool


class Journal:
    """The folder `llm/` of a run. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, sha256: str, what: str) -> Path:
        """Return where one file of a request lies, e.g. `what='response.json'`."""
        return self.folder / f"{sha256[:DIGITS]}.{what}"

    def answer(self, sha256: str) -> bytes | None:
        """Return the recorded body of an answered request, or None.

        Raises
        ------
        IntegrityError
            If another request lies under the same file name.
        """
        path = self.path(sha256, "response.json")
        if not path.is_file():
            return None
        self._require_same(sha256)
        return read_kept(path)

    def begin(self, record: RequestRecord) -> None:
        """Write what is about to be sent; a second attempt leaves the first record as it is."""
        path = self.path(record.sha256, "request.json")
        if path.exists():
            self._require_same(record.sha256)
        else:
            write_durably(path, record.model_dump_json(indent=1).encode() + b"\n")

    def note(self, sha256: str, attempt: Attempt) -> None:
        """Append one line about an attempt; it is on disk when this returns."""
        line = attempt.model_dump_json(exclude_defaults=True) + "\n"
        with self._lock, self.path(sha256, "attempts.jsonl").open("a", encoding="utf-8") as file:
            if file.tell() and not self._ends_in_newline(file.name):
                file.write("\n")  # a kill tore the line before; it stays, and is skipped on reading
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def finish(self, sha256: str, raw: bytes) -> None:
        """Write the answer; from here on it is replayed and never asked for again."""
        write_durably(self.path(sha256, "response.json"), raw)

    def attempts(self, sha256: str) -> tuple[Attempt, ...]:
        """Return the attempts of one request, in order."""
        path = self.path(sha256, "attempts.jsonl")
        return tuple(_read_attempts(path)) if path.is_file() else ()

    def request(self, sha256: str) -> RequestRecord:
        """Return what was sent first."""
        return _read_request(self.path(sha256, "request.json"))

    def entries(self) -> tuple[Entry, ...]:
        """Return every request of the run, sorted by hash."""
        found = []
        for path in sorted(self.folder.glob("*.request.json")):
            request = _read_request(path)
            found.append(
                Entry(
                    request=request,
                    attempts=self.attempts(request.sha256),
                    answered=self.path(request.sha256, "response.json").is_file(),
                )
            )
        return tuple(found)

    def settled(self, entry: Entry) -> tuple[Attempt, ...]:
        """Return the 'done' lines of a request, with what a kill kept from being written.

        A kill after the answer was written and before its line loses the line: it is made up from the
        answer. A kill while the endpoint worked leaves a 'sent' line alone: it may have been paid, and
        is returned as lost with the tokens that were reserved.
        """
        done = {one.attempt: one for one in entry.attempts if one.event == "done"}
        for sent in entry.attempts:
            if sent.event == "sent" and sent.attempt not in done:
                done[sent.attempt] = self._lost(entry, sent, done)
        return tuple(done[number] for number in sorted(done))

    def _lost(self, entry: Entry, sent: Attempt, done: dict[int, Attempt]) -> Attempt:
        counted = any(one.outcome == "answered" for one in done.values())
        is_last = sent.attempt == max(one.attempt for one in entry.attempts)
        if entry.answered and is_last and not counted:
            raw = read_kept(self.path(entry.request.sha256, "response.json"))
            return answered(sent.attempt, raw, _said_bytes(entry.request.body), 0.0)
        return Attempt(
            attempt=sent.attempt, event="done", outcome="lost", reserved_tokens=sent.reserved_tokens
        )

    def _require_same(self, sha256: str) -> None:
        there = self.request(sha256).sha256
        if there != sha256:
            raise IntegrityError(
                f"{self.path(sha256, 'request.json')} holds request {there}, expected {sha256}: "
                "the file was changed; restore it or start a new run"
            )

    @staticmethod
    def _ends_in_newline(name: str) -> bool:
        with open(name, "rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"


def answered(attempt: int, raw: bytes, sent_bytes: int, seconds: float) -> Attempt:
    """Return the 'done' line of an answered attempt, with tokens as reported or, failing that, estimated."""
    completion = read_completion(raw)
    usage = completion.usage or estimated_usage(sent_bytes, len(completion.text.encode()))
    return Attempt(
        attempt=attempt,
        event="done",
        outcome="answered",
        status=200,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        estimated=completion.usage is None,
        seconds=round(seconds, 3),
        note=Mended(completion.text, completion.replaced).note,
    )


def estimated_usage(sent_bytes: int, received_bytes: int) -> Usage:
    """Estimate tokens where an endpoint reports none: one token for three bytes, rounded up.

    English and code run at three to five bytes a token in common vocabularies, so this errs upwards.
    """
    return Usage(prompt_tokens=-(-sent_bytes // 3), completion_tokens=-(-received_bytes // 3))


def write_durably(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_kept(path: Path) -> bytes:
    """Read a file of the journal; IntegrityError if it is a link, a pipe, or longer than any of ours."""
    return read_inside(path.parent, path.name, MOST_KEPT_BYTES)


def _said_bytes(body: str) -> int:
    try:
        said = json.loads(body)
        return sum(len(message["content"].encode()) for message in said["messages"])
    except (json.JSONDecodeError, KeyError, TypeError):
        return len(body.encode())


def _read_request(path: Path) -> RequestRecord:
    try:
        return RequestRecord.model_validate_json(read_kept(path))
    except ValidationError as error:
        raise IntegrityError(_not_ours(path, error)) from None


def _read_attempts(path: Path) -> Iterator[Attempt]:
    for line in read_kept(path).split(b"\n"):
        try:
            data = json.loads(decode(line).text)
        except ValueError:
            continue  # torn by a kill: what it would have said is made up for in `settled`
        try:
            yield Attempt.model_validate(data)
        except ValidationError as error:
            raise IntegrityError(_not_ours(path, error)) from None


def _not_ours(path: Path, error: ValidationError) -> str:
    fault = error.errors()[0]
    field = ".".join(str(part) for part in fault["loc"]) or "the whole"
    return f"{path}: not a record of the journal (field {field[:100]!a}: {fault['msg']}); the file was edited"
