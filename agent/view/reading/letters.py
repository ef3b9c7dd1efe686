"""What was sent, in order: the journal's requests beside the calls of the trace, one page of them at a time.

A request and the call that it became are one where the journal's answer is the reply that the trace names.
"""

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from scafe.agent.egress.completion import GarbledError, read_completion
from scafe.agent.egress.journal import Attempt, RequestRecord
from scafe.agent.record.wire import mend_text
from scafe.agent.view.reading.happened import Call
from scafe.knowledge.contract.errors import IntegrityError, ScafeError
from scafe.knowledge.contract.inside import read_inside

MOST_REQUEST: Final = 16 << 20
MOST_ANSWER: Final = 64 << 20
SEARCH_S: Final = 0.06
"""A search reads so long and then says where it stopped; so does the matching of answers with calls."""


@dataclass(frozen=True)
class Letter:
    """One request, and every attempt to bring it."""

    call: int | None
    """Number of the call in the trace; None: no answer of it was recorded."""
    request: RequestRecord
    attempts: tuple[Attempt, ...]
    answer: str
    """Text of the answer; '' if none came."""

    @property
    def bodies(self) -> list[tuple[int, str]]:
        """(attempt, exactly what was sent) for every attempt that was sent."""
        sent = [one for one in self.attempts if one.event == "sent"]
        return [(one.attempt, one.body if one.body is not None else self.request.body) for one in sent]

    @property
    def size(self) -> int:
        """Bytes of everything that was sent."""
        return sum(len(body.encode("utf-8", "surrogatepass")) for _, body in self.bodies)

    @property
    def tokens(self) -> int:
        """As the endpoint counted, or estimated."""
        return sum(one.prompt_tokens + one.completion_tokens for one in self.attempts)

    @property
    def is_estimated(self) -> bool:
        """Whether some tokens were estimated."""
        return any(one.estimated for one in self.attempts)


@dataclass(frozen=True)
class Order:
    """Requests in order."""

    items: list[tuple[int | None, str]]
    """(number of the call, stem of its files)."""
    is_whole: bool
    """False while answers are still being matched with calls: ask again."""


@dataclass
class Letters:
    """The journal of one run. What a file is for is read once; bodies are read when they are shown."""

    folder: Path
    _reply_of: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Stem -> (time of change, SHA-256 of its answer's text)."""
    _kept: tuple[tuple[int, int], Order] = ((0, -1), Order([], is_whole=False))

    def order(self, calls: list[Call]) -> Order:
        """Return every request in the order of the calls; those without a recorded answer come last."""
        stamp = (_changed(self.folder), len(calls))
        if self._kept[1].is_whole and self._kept[0] == stamp:
            return self._kept[1]
        stems, end = self._stems(), time.monotonic() + SEARCH_S
        waiting: dict[str, list[str]] = {}
        is_whole = True
        for place, stem in enumerate(stems):
            if stem not in self._reply_of and time.monotonic() > end and place:
                is_whole = False
                continue
            waiting.setdefault(self._reply(stem), []).append(stem)
        self._kept = (stamp, Order(self._matched(calls, stems, waiting), is_whole))
        return self._kept[1]

    def _matched(
        self, calls: list[Call], stems: list[str], waiting: dict[str, list[str]]
    ) -> list[tuple[int | None, str]]:
        found: list[tuple[int | None, str]] = []
        for call in calls:
            mine = waiting.get(call.reply)
            if mine:
                found.append((call.number, mine.pop(0) if len(mine) == 1 else self._likeliest(mine, call)))
        matched = {stem for _, stem in found}
        return found + [(None, stem) for stem in stems if stem not in matched]

    def letter(self, call: int | None, stem: str) -> Letter:
        """Read one request whole.

        Raises
        ------
        IntegrityError
            A file of it is damaged.
        """
        request = self._request(stem)
        attempts = tuple(self._attempts(stem))
        return Letter(call, request, attempts, self._answer(stem))

    def search(
        self, order: Sequence[tuple[int | None, str]], text: str, start: int, most: int
    ) -> tuple[list[int], int]:
        """Find requests whose body holds a text, letter case aside.

        Returns
        -------
        list of int, int
            Places in `order`, and where the search stopped: `len(order)` at its end.
        """
        found, wanted, end = list[int](), text.casefold(), time.monotonic() + SEARCH_S
        for place in range(start, len(order)):
            if len(found) == most or (time.monotonic() > end and place > start):
                return found, place
            try:
                letter = self.letter(*order[place])
            except ScafeError:
                continue
            if any(wanted in body.casefold() for _, body in letter.bodies):
                found.append(place)
        return found, len(order)

    def _stems(self) -> list[str]:
        if not self.folder.is_dir() or self.folder.is_symlink():
            return []
        ending = ".request.json"
        return sorted(
            name.removesuffix(ending)
            for name in os.listdir(self.folder)
            if name.endswith(ending) and not name.startswith(".")
        )

    def _reply(self, stem: str) -> str:
        """Return the SHA-256 of an answer's text, as the trace names replies; '' if there is none."""
        path = self.folder / f"{stem}.response.json"
        try:
            changed = os.lstat(path).st_mtime_ns
        except OSError:
            return ""
        if self._reply_of.get(stem, (0, ""))[0] != changed:
            try:
                text = self._answer(stem)
            except ScafeError:
                text = ""
            digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if text else ""
            self._reply_of[stem] = (changed, digest)
        return self._reply_of[stem][1]

    def _likeliest(self, stems: list[str], call: Call) -> str:
        """Of requests that were answered alike, take one for the same criterion and operator."""
        for stem in stems:
            try:
                request = self._request(stem)
            except ScafeError:
                continue
            if (request.operator, request.criterion) == (call.operator, call.criterion):
                stems.remove(stem)
                return stem
        return stems.pop(0)

    def _request(self, stem: str) -> RequestRecord:
        name = f"{stem}.request.json"
        try:
            return RequestRecord.model_validate_json(read_inside(self.folder, name, MOST_REQUEST))
        except ValueError:
            raise IntegrityError(f"llm/{name} is not a record of the journal; the file was edited") from None

    def _attempts(self, stem: str) -> Iterator[Attempt]:
        name = f"{stem}.attempts.jsonl"
        if not os.path.lexists(self.folder / name):
            return
        for line in read_inside(self.folder, name, MOST_REQUEST).split(b"\n"):
            try:
                yield Attempt.model_validate_json(line)
            except ValueError:
                continue  # torn by a kill

    def _answer(self, stem: str) -> str:
        name = f"{stem}.response.json"
        if not os.path.lexists(self.folder / name):
            return ""
        try:
            return mend_text(read_completion(read_inside(self.folder, name, MOST_ANSWER)).text).text
        except GarbledError as error:
            raise IntegrityError(f"llm/{name} is no answer ({error})") from None


def _changed(folder: Path) -> int:
    """Return when a file of a folder was last put there or taken away; 0 if there is none."""
    try:
        return os.lstat(folder).st_mtime_ns
    except OSError:
        return 0
