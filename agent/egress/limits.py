"""Limits that a server names when it refuses a request, in the words of the servers that are known.

OpenAI, Azure and OpenRouter write "maximum context length is 4096 tokens … 1500 in the messages", vLLM
"your request has 1500 input tokens", llama.cpp gives `n_ctx` and `n_prompt_tokens`, text-generation-inference
"must be <= 4096. Given: 1500", LM Studio "context length of only 4096 tokens", Mistral "4096 maximum context
length", Anthropic "188240 + 21333 > 200000". A longest reply is named in too many ways to list: it is the
largest number below what was asked, in a complaint that is about the length of replies.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

LEAST_NAMED = 16
"""Smaller numbers in a complaint are no limits: they number lines, fields or versions."""
MOST_READ = 2000
"""Characters of a complaint that are read."""
_N = r"(\d[\d,]*)"
_TO = r"(?:\s*(?:is|are|of|only|at most|limited to|:|=|\()){0,4}\s*"
_CONTEXT = (
    re.compile(rf"context (?:length|size|window|limit)s?{_TO}{_N}", re.IGNORECASE),
    re.compile(rf"{_N} (?:tokens? )?(?:maximum |max )?context (?:length|size|window)", re.IGNORECASE),
    re.compile(r'"n_ctx": ?(\d+)'),
)
_PROMPT = (
    re.compile(
        rf"{_N} (?:in the messages|in the prompt|of text input|input tokens|`?inputs`? tokens|prompt tokens"
        r"|tokens from the (?:input|messages|prompt)|tokens in (?:the |your )?(?:messages|prompt|input))",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:messages|prompt|input)s? (?:resulted in|contains?|has|have|is|are) {_N} tokens", re.IGNORECASE
    ),
    re.compile(rf"request \({_N} tokens\)|keep the first {_N} tokens", re.IGNORECASE),
    re.compile(r'"n_prompt_tokens": ?(\d+)'),
)
_SUM = re.compile(rf"context limit: {_N} \+ {_N} > {_N}|must be <= {_N}\. Given: {_N}", re.IGNORECASE)
_ABOUT_REPLY = re.compile(
    r"max_(?:completion_|output_|new_)?tokens|maxOutputTokens|(?:completion|output|generated|new) tokens",
    re.IGNORECASE,
)
_ABOUT_CONTEXT = re.compile(
    r"context|too long|maximum length|n_ctx|tokens to keep|prompt is longer", re.IGNORECASE
)
_FREE_NUMBER = re.compile(r"(?<![\w.\-/])(\d{1,3}(?:,\d{3})+|\d{1,9})(?!\w|[.,\-]\d)(\s*\(exclusive\))?")
_STATUS = frozenset((400, 413, 422))


@dataclass(frozen=True)
class NamedLimits:
    """What a refusal says about lengths; None where it says nothing."""

    context: int | None = None
    """Tokens of prompt and reply together."""
    prompt: int | None = None
    """Tokens of the prompt that was refused, as the server counts them."""
    reply: int | None = None
    """Longest reply that may be asked for."""
    about_context: bool = False
    """Whether the complaint is about the length of prompt and reply together."""


def named_limits(raw: bytes, asked: int) -> NamedLimits:
    """Read the limits in the body of a refused request.

    Parameters
    ----------
    raw : bytes
        The body of the answer.
    asked : int
        Longest reply that the request asked for, in tokens.

    Examples
    --------
    >>> named_limits(b"This model supports at most 4096 completion tokens, you provided 8192", 8192).reply
    4096
    """
    said = complaint(raw)
    summed = _SUM.search(said)
    if summed:
        prompt, context = (summed[1], summed[3]) if summed[3] else (summed[5], summed[4])
        return NamedLimits(_number(context), _number(prompt), about_context=True)
    if _ABOUT_CONTEXT.search(said):
        return NamedLimits(_first(_CONTEXT, said), _first(_PROMPT, said), about_context=True)
    if _ABOUT_REPLY.search(said):
        return NamedLimits(reply=_largest_below(said, asked))
    return NamedLimits()


def complaint(raw: bytes) -> str:
    """Return a refusal as one text to search: JSON without its escapes, else as it came."""
    text = raw[: 4 * MOST_READ].decode("utf-8", "replace")
    try:
        found: Any = json.loads(raw) if len(raw) <= 4 * MOST_READ else text
        return json.dumps(found, ensure_ascii=False)[:MOST_READ] if not isinstance(found, str) else text
    except (ValueError, RecursionError):
        return text[:MOST_READ]


def _first(patterns: tuple[re.Pattern[str], ...], said: str) -> int | None:
    for pattern in patterns:
        if found := pattern.search(said):
            return _number(next(group for group in found.groups() if group))
    return None


def _number(text: str) -> int:
    return int(text.replace(",", "")[:12])


def _largest_below(said: str, asked: int) -> int | None:
    numbers = [int(one[1].replace(",", "")) - bool(one[2]) for one in _FREE_NUMBER.finditer(said)]
    return max((one for one in numbers if LEAST_NAMED <= one < asked and one not in _STATUS), default=None)
