"""What was sent, to be read by a person: one message after the other, what repeats folded.

Most of a prompt stands in every prompt of a run. A part is what one heading stands over, or one fenced block;
a part that was printed before is folded into a line that says where. The bytes themselves are another view.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from scafe.agent.egress.sent import Sent

LEAST_LINES = 4
"""Lines from which a part that repeats is folded; a shorter one is read faster than the note for it."""
SETTINGS = ("messages", "input")
"""Keys of a body that hold words; the others are printed as settings."""


def readable(sent: Sequence[Sent]) -> Iterator[str]:
    """Give one text for each body that was sent, in the order of the journal.

    Parameters
    ----------
    sent : sequence of Sent
        Bodies of one run, as `scafe.agent.egress.sent.list_sent` gives them.

    Yields
    ------
    str
        Head, settings and messages; a part of an earlier text is folded.
    """
    known: dict[str, str] = {}
    for number, one in enumerate(sent, start=1):
        lines = [f"=== {number} of {len(sent)}: {one.head}"]
        for where, text in _messages(one.body):
            lines += [f"--- {where}", *_folded(text, f"{number} of {len(sent)}", known)]
        yield "\n".join(lines)


def _messages(body: str) -> Iterator[tuple[str, str]]:
    """Give role and words; a body that is no chat request is one message."""
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("messages"), list):
        yield "as it was given", body
        return
    settings = {key: value for key, value in said.items() if key not in SETTINGS}
    if settings:
        yield "settings", json.dumps(settings, ensure_ascii=False, sort_keys=True)
    for one in said["messages"]:
        message = one if isinstance(one, dict) else {"content": one}
        yield str(message.get("role", "message")), _words(message.get("content"))


def _words(content: Any) -> str:
    """Return the words of a message; a picture or another part is told by kind, size and hash."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "\n".join(
        str(part["text"]) if isinstance(part, dict) and "text" in part else _told(part) for part in parts
    )


def _told(part: Any) -> str:
    data = json.dumps(part, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
    kind = str(part.get("type", "part"))[:40] if isinstance(part, dict) else type(part).__name__
    return f"[{kind}: {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()[:12]}; --raw prints it]"


def _folded(text: str, here: str, known: dict[str, str]) -> Iterator[str]:
    """Give the parts of a text, one note in place of those that were printed before in one place."""
    parts = list(_parts(text))
    long = [part.count("\n") + 1 >= LEAST_LINES for part in parts]
    where = [
        known.setdefault(part, here) if is_long else here for part, is_long in zip(parts, long, strict=True)
    ]
    for first, group in groupby(zip(where, parts, strict=True), key=lambda one: one[0]):
        found = [part for _, part in group]
        yield "\n".join(found) if first == here else _note(found, first)


def _note(parts: Sequence[str], first: str) -> str:
    lines = sum(part.count("\n") + 1 for part in parts)
    titles = [part.split("\n")[0] for part in parts if part.startswith("#")]
    return f"    [{lines} lines as in {first}{': ' * bool(titles)}{' · '.join(titles)}]"


def _parts(text: str) -> Iterator[str]:
    """Cut a text at its headings, and around its fenced blocks."""
    lines: list[str] = []
    fence = ""
    for line in text.rstrip("\n").split("\n"):
        mark = re.match(r"`{3,}", line)
        opens = bool(mark) and not fence
        if lines and not fence and (opens or line.startswith("#")):
            yield "\n".join(lines)
            lines = []
        lines.append(line)
        if mark and opens:
            fence = mark[0]
        elif fence and line.strip() == fence:
            yield "\n".join(lines)
            fence, lines = "", []
    if lines:
        yield "\n".join(lines)
