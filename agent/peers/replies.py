"""What a model replied, as scores of the classes; one that cannot be read is the model's error, counted."""

import json
import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from scafe.agent.peers.question import SECTIONS, Question

_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_CITED = re.compile(r"\[([a-z][a-z0-9_.@]*)\s*=\s*([^\]]{1,60})\]")
NOT_MEASURED = "not measured"


class AnswerLine(BaseModel):
    """One line of answers.jsonl: what a question came to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    probabilities: tuple[float, ...] | None = Field(description="in the order of classes; none: unreadable")
    failure: str = Field(default="", description="what was wrong with the reply")
    completeness: float | None = Field(default=None, description="of a reading: share of sections present")
    agreement: float | None = Field(default=None, description="of a reading: share of true citations")
    bytes_sent: int = 0
    pixel_bytes: int = 0


def read_reply(question: Question, text: str) -> AnswerLine:
    """Turn a reply into scores.

    The answer gets `score`, never less than the even share: a class that was named was preferred. The other
    classes share the rest.
    """
    found = _object(text)
    if found is None:
        return AnswerLine(id=question.id, probabilities=None, failure="no JSON object")
    label = _class(str(found.get("answer", "")), question.classes)
    if label is None:
        return AnswerLine(id=question.id, probabilities=None, failure="the answer is none of the classes")
    score = _score(found.get("score"))
    if score is None:
        return AnswerLine(id=question.id, probabilities=None, failure="the score is no number from 0 to 1")
    even = 1 / len(question.classes)
    sure = max(score, even)
    rest = (1 - sure) / (len(question.classes) - 1)
    line = AnswerLine(
        id=question.id, probabilities=tuple(sure if one == label else rest for one in question.classes)
    )
    return line.model_copy(update=_reading(found, question)) if question.wording == "reading" else line


def _object(text: str) -> dict[str, Any] | None:
    matched = _OBJECT.search(text)
    if matched is None:
        return None
    try:
        found = json.loads(matched[0])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _class(answer: str, classes: tuple[str, ...]) -> str | None:
    named = [one for one in classes if one.casefold() == answer.strip().casefold()]
    return named[0] if named else None


def _score(value: Any) -> float | None:
    try:
        score = float(value)
    except (TypeError, ValueError):
        return None
    return score if 0 <= score <= 1 else None


def _reading(found: dict[str, Any], question: Question) -> dict[str, float]:
    """Judge a reading: which sections are there, and whether what they cite is what was measured."""
    sections = found.get("sections")
    texts = {name: str(sections.get(name, "")) for name in SECTIONS} if isinstance(sections, dict) else {}
    cited = [pair for text in texts.values() for pair in _CITED.findall(text)]
    present = [name for name, text in texts.items() if _CITED.search(text) or NOT_MEASURED in text.casefold()]
    true = [name for name, value in cited if _same(question.image.features.get(name, ""), value)]
    return {
        "completeness": len(present) / len(SECTIONS),
        "agreement": len(true) / len(cited) if cited else 0.0,
    }


def _same(measured: str, cited: str) -> bool:
    """Whether a cited value is the measured one, as a number to three digits or word for word."""
    first, second = measured.split(" ")[0], cited.strip().split(" ")[0]
    try:
        return abs(float(first) - float(second)) <= 5e-3 * max(abs(float(first)), 1e-12)
    except ValueError:
        return bool(measured) and measured.strip() == cited.strip()
