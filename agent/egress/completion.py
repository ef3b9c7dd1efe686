"""What an OpenAI-compatible endpoint answered, read from its raw body.

Clients drop fields (reasoning, refusals, null contents) and raise on bodies they do not expect, so
the text, the usage and the reason to stop are taken from the bytes that came.
"""

import json
from dataclasses import dataclass
from typing import Any


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


class GarbledError(ValueError):
    """A body is not a completion."""


def read_completion(raw: bytes) -> Completion:
    """Read a chat completion, whole or streamed as events.

    Raises
    ------
    GarbledError
        If the body holds no choice; the message says what it is instead.
    """
    text = raw.decode("utf-8", "replace").strip()
    if text.startswith(("data:", ":", "event:")):
        return _read_events(text)
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise GarbledError(f"not JSON but {_kind(text)}") from None
    return _read(data)


def _read(data: Any) -> Completion:
    if not isinstance(data, dict):
        raise GarbledError(f"JSON {type(data).__name__}, expected an object with choices")
    if data.get("error") and not data.get("choices"):
        raise GarbledError(f"an error in a body of status 200: {error_text(data)}")
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise GarbledError("no choices in the answer")
    message = choices[0].get("message")
    message = message if isinstance(message, dict) else {"content": choices[0].get("text")}
    return Completion(
        text=_content(message.get("content")),
        usage=_usage(data.get("usage")),
        finish_reason=_text_or_none(choices[0].get("finish_reason")),
        model=_text_or_none(data.get("model")) or "",
        has_reasoning=bool(message.get("reasoning_content") or message.get("reasoning")),
        refusal=_text_or_none(message.get("refusal")) or "",
    )


def error_text(data: Any) -> str:
    """Return the sentence in an error body, whichever of the common shapes it has; at most 300 characters."""
    found = data
    for key in ("error", "message", "detail"):
        if isinstance(found, dict) and found.get(key):
            found = found[key]
    text = found if isinstance(found, str) else json.dumps(found)
    return " ".join(text.split())[:300]


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
    if not all(isinstance(count, int) and count >= 0 for count in counts):
        return None
    return Usage(*counts)  # type: ignore[arg-type]


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _kind(text: str) -> str:
    if not text:
        return "an empty body"
    if text[:200].lower().lstrip().startswith(("<!doctype", "<html")):
        return "a web page (a proxy or a wrong path of the base URL?)"
    return f"text of {len(text)} characters"


def _read_events(text: str) -> Completion:
    """Join the pieces of a stream, as if it had come whole."""
    content: list[str] = []
    whole: dict[str, Any] = {}
    finish: str | None = None
    reasoning = False
    for line in text.splitlines():
        piece = _event(line)
        if piece is None:
            continue
        whole.update({key: piece[key] for key in ("model", "usage", "error") if piece.get(key)})
        for choice in piece.get("choices") or ():
            delta = choice.get("delta") or {}
            content.append(_content(delta.get("content")))
            reasoning = reasoning or bool(delta.get("reasoning_content") or delta.get("reasoning"))
            finish = choice.get("finish_reason") or finish
    if finish is None and not content:
        raise GarbledError(f"a stream without choices: {error_text(whole) if whole else 'no events'}")
    message = {"content": "".join(content), "reasoning": reasoning}
    return _read({**whole, "error": None, "choices": [{"message": message, "finish_reason": finish}]})


def _event(line: str) -> dict[str, Any] | None:
    data = line.removeprefix("data:").strip()
    if not line.startswith("data:") or data == "[DONE]":
        return None
    try:
        piece = json.loads(data)
    except json.JSONDecodeError:
        raise GarbledError("a stream with an event that is not JSON") from None
    return piece if isinstance(piece, dict) else None
