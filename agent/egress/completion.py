"""What an OpenAI-compatible endpoint answered, read from its raw body.

Clients drop fields (reasoning, refusals, null contents) and raise on bodies they do not expect, so
the text, the usage and the reason to stop are taken from the bytes that came. Every text is made valid
Unicode here (see `wire`).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scafe.agent.record.wire import decode, mend_text, wire_lines

MOST_TOKENS = 10**9
"""A count above it is no count; it is estimated instead."""


@dataclass(frozen=True)
class Usage:
    """Tokens of one answered request, as the endpoint counted them."""

    prompt_tokens: int
    """Tokens of everything sent."""
    completion_tokens: int
    """Tokens of everything written, hidden reasoning included."""


@dataclass(frozen=True)
class Completion:
    """One answer."""

    text: str
    """What the model wrote; '' if there is none."""
    usage: Usage | None
    """None if the endpoint did not count."""
    finish_reason: str | None
    """'stop', 'length', 'content_filter', … or None."""
    model: str
    """As the endpoint names it; '' if it does not."""
    has_reasoning: bool
    """Whether the endpoint sent its reasoning in a field of its own."""
    refusal: str
    """Why the endpoint would not answer; '' if it did."""
    replaced: int = 0
    """Characters of the text that were no valid Unicode and stand as U+FFFD."""


class GarbledError(ValueError):
    """A body is not a completion."""


def read_completion(raw: bytes) -> Completion:
    """Read a chat completion, whole or streamed as events.

    Raises
    ------
    GarbledError
        If the body holds no choice; the message says what it is instead.
    """
    decoded = decode(raw)
    text = decoded.text.strip()
    if text.startswith(("data:", ":", "event:")):
        return _read_events(text, decoded.replaced)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):  # ValueError: also a number of more than 4300 digits
        raise GarbledError(f"not JSON but {_kind(text)}") from None
    return _read(data, decoded.replaced)


def _read(data: Any, replaced: int) -> Completion:
    if not isinstance(data, dict):
        raise GarbledError(f"JSON {type(data).__name__}, expected an object with choices")
    if data.get("error") and not data.get("choices"):
        raise GarbledError(f"an error in a body of status 200: {error_text(data)}")
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise GarbledError("no choices in the answer")
    message = choices[0].get("message")
    message = message if isinstance(message, dict) else {"content": choices[0].get("text")}
    content = mend_text(_content(message.get("content")))
    return Completion(
        text=content.text,
        usage=_usage(data.get("usage")),
        finish_reason=_text_or_none(choices[0].get("finish_reason")),
        model=_text_or_none(data.get("model")) or "",
        has_reasoning=bool(message.get("reasoning_content") or message.get("reasoning")),
        refusal=_text_or_none(message.get("refusal")) or "",
        replaced=content.replaced + replaced,
    )


def error_text(data: Any) -> str:
    """Return the sentence in an error body, whichever of the common shapes it has; at most 300 characters."""
    found = data
    for key in ("error", "message", "detail"):
        if isinstance(found, dict) and found.get(key):
            found = found[key]
    return " ".join(_plain(found).split())[:300]


def error_body(raw: bytes) -> Any:
    """Return an error body as JSON has it; None if it is none."""
    try:
        return json.loads(decode(raw).text)
    except (ValueError, RecursionError):
        return None


def _plain(found: Any) -> str:
    if isinstance(found, str):
        return mend_text(found).text
    try:
        return json.dumps(found)
    except (ValueError, RecursionError):
        return "an error that is nested too deep to be shown"


def _content(content: Any) -> str:
    """Content is text, null, or a list of parts of which the text ones count."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text") if isinstance(part, dict) else part for part in content)
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def _usage(usage: Any) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    if not all(type(count) is int and 0 <= count <= MOST_TOKENS for count in counts):
        return None
    return Usage(*counts)  # type: ignore[arg-type]


def _text_or_none(value: Any) -> str | None:
    return mend_text(value).text if isinstance(value, str) else None


def _kind(text: str) -> str:
    if not text:
        return "an empty body"
    if text[:200].lower().lstrip().startswith(("<!doctype", "<html")):
        return "a web page (a proxy or a wrong path of the base URL?)"
    return f"text of {len(text)} characters"


def _read_events(text: str, replaced: int) -> Completion:
    """Join the pieces of a stream, as if it had come whole."""
    content: list[str] = []
    whole: dict[str, Any] = {}
    finish: Any = None
    reasoning = False
    for piece in _events(text):
        whole.update({key: piece[key] for key in ("model", "usage", "error") if piece.get(key)})
        for choice in _dicts(piece.get("choices")):
            delta = choice.get("delta")
            delta = delta if isinstance(delta, dict) else {}
            content.append(_content(delta.get("content")))
            reasoning = reasoning or bool(delta.get("reasoning_content") or delta.get("reasoning"))
            finish = choice.get("finish_reason") or finish
    if finish is None and not content:
        raise GarbledError(f"a stream without choices: {error_text(whole) if whole else 'no events'}")
    message = {"content": "".join(content), "reasoning": reasoning}
    return _read(
        {**whole, "error": None, "choices": [{"message": message, "finish_reason": finish}]}, replaced
    )


def _dicts(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _events(text: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a stream; an empty line ends an event, which may have several `data:` lines."""
    lines: list[str] = []
    for line in [*wire_lines(text), ""]:
        if line.startswith("data:"):
            lines.append(line.removeprefix("data:").strip(" "))
        elif not line:
            yield from _objects(lines)
            lines = []


def _objects(lines: list[str]) -> Iterator[dict[str, Any]]:
    """Read the lines of one event, or each on its own where a server leaves the empty lines out."""
    whole = "\n".join(lines)
    pieces = [whole] if len(lines) > 1 and _is_json(whole) else lines
    for piece in pieces:
        if piece in ("", "[DONE]"):
            continue
        try:
            found = json.loads(piece)
        except (ValueError, RecursionError):
            raise GarbledError("a stream with an event that is not JSON") from None
        if isinstance(found, dict):
            yield found


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
