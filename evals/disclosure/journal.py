"""What the bench has answered, line by line, so that a resumed run asks the labels nothing twice."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from scafe.knowledge.contract.errors import IntegrityError

Answer = dict[str, Any]
FORMAT = 1


class Journal:
    """`journal.jsonl` in the private folder of a bench.

    Raises
    ------
    IntegrityError
        If a line other than the last is not JSON, or was written by a newer version.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / "journal.jsonl"
        self.opening: Answer | None = None
        """Facts and scorer of the first opening."""
        self.ledger: Answer | None = None
        """The ledger after the last answer."""
        self._replies: dict[str, Answer] = {}
        for line in self._lines():
            self._take(line)

    def reply(self, method: str, arguments: Answer) -> Answer | None:
        """Return what was answered to the same request before, if anything."""
        return self._replies.get(request_sha256(method, arguments))

    def write(self, method: str, arguments: Answer, reply: Answer, ledger: Answer) -> None:
        """Append one answer and wait until it is on disk."""
        request = request_sha256(method, arguments)
        self._append(
            {"format": FORMAT, "request": request, "method": method, "reply": reply, "ledger": ledger}
        )

    def write_opening(self, opening: Answer) -> None:
        """Append what the study was when it was first opened."""
        self._append({"format": FORMAT, "opening": opening})

    def _append(self, line: Answer) -> None:
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
            file.write(json.dumps(line, sort_keys=True).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._take(line)

    def _take(self, line: Answer) -> None:
        if line.get("format") != FORMAT:
            raise IntegrityError(
                f"{self.path.name} was written by another version of ScaFE; use that version"
            )
        if "opening" in line:
            self.opening = line["opening"]
        else:
            self._replies[line["request"]] = line["reply"]
            self.ledger = line["ledger"]

    def _lines(self) -> list[Answer]:
        if not self.path.exists():
            return []
        data = self.path.read_bytes()
        whole, _, torn = data.rpartition(b"\n")
        if torn:
            # A kill while a line was being written: its answer was never sent, so it is forgotten.
            os.truncate(self.path, len(data) - len(torn))
        return [self._parsed(number, line) for number, line in enumerate(whole.split(b"\n"), 1) if line]

    def _parsed(self, number: int, line: bytes) -> Answer:
        try:
            found: Answer = json.loads(line)
        except ValueError:
            raise IntegrityError(
                f"{self.path.name}, line {number}: damaged; restore it from a copy"
            ) from None
        return found


def request_sha256(method: str, arguments: Answer) -> str:
    """Return the identity of a request."""
    return hashlib.sha256(json.dumps([method, arguments], sort_keys=True).encode()).hexdigest()
