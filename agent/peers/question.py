"""A question about one image, as `scafe.evals.compare.questions` wrote it, and the words it is asked in."""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.agent.brief.prompt import Message
from scafe.agent.egress.payload import EgressLevel

Wording = Literal["names", "criteria", "features", "verbal", "reading"]
SECTIONS = ("quality", "airway", "lungs", "mediastinum", "heart", "thorax", "summary")
"""Of a structured reading, in the order of the page."""
SYSTEM = (
    "You classify one medical image for a research comparison. It is not for diagnosis. Answer with one "
    'JSON object and nothing else: {"thoughts": "at most two sentences", "answer": "one of the classes, as '
    'written", "score": how sure you are of the answer, from 0 to 1}.'
)
READING = (
    "You write a structured reading of one chest film for a research comparison. It is not for diagnosis. "
    'You see no image, only measured values. Answer with one JSON object and nothing else: {"sections": {'
    + ", ".join(f'"{name}": "one sentence"' for name in SECTIONS)
    + '}, "answer": "one of the classes, as written", "score": how sure you are, from 0 to 1}. Each sentence '
    "cites every value it rests on as [name=value], with name and value as given; a section of which nothing "
    'was measured says "not measured".'
)


class Shown(BaseModel):
    """What is told of one image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(default="", description="of an example; '' for the image that is asked about")
    features: dict[str, str] = Field(default_factory=dict, description="name -> value with its unit")
    picture: str = Field(default="", description="PNG, base64; '' without consent to pixels")


class Question(BaseModel):
    """One request of a row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[0-9a-f]{32}$", description="opaque: says nothing of file or patient")
    row: str
    level: Literal["features", "pixels"]
    wording: Wording
    classes: tuple[str, ...] = Field(min_length=2)
    criteria: tuple[str, ...] = Field(default=(), description="definitions of the pack, in words")
    image: Shown
    examples: tuple[Shown, ...] = ()


@dataclass(frozen=True)
class QuestionPayload:
    """A question on its way out."""

    question: Question

    @property
    def level(self) -> EgressLevel:
        """What of a patient it holds."""
        return self.question.level

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """Its words, without pictures."""
        system = READING if self.question.wording == "reading" else SYSTEM
        return (Message("system", system), Message("user", "\n".join(_words(self.question))))

    @property
    def said(self) -> list[tuple[str, Any]]:
        """Role and content; pictures stand where the words name them."""
        question = self.question
        system, user = self.messages
        if question.level != "pixels":
            return [(one.role, one.content) for one in (system, user)]
        shown = [*question.examples, question.image]
        parts: list[dict[str, Any]] = [{"type": "text", "text": user.content}]
        return [(system.role, system.content), (user.role, [*parts, *(_picture(one) for one in shown)])]

    @property
    def size(self) -> int:
        """Bytes of words and pictures."""
        return len(json.dumps(self.said).encode())

    @property
    def pixel_bytes(self) -> int:
        """Bytes of the pictures in it."""
        shown = [*self.question.examples, self.question.image]
        return sum(len(base64.b64decode(one.picture)) for one in shown)

    @property
    def about(self) -> tuple[str, str, int, int]:
        """The row."""
        return self.question.row, "", 0, 0

    @cached_property
    def sha256(self) -> str:
        """Identity: everything that is said."""
        return hashlib.sha256(json.dumps(self.said, sort_keys=True).encode()).hexdigest()


def _words(question: Question) -> list[str]:
    lines = [f"Classes: {', '.join(question.classes)}."]
    if question.criteria:
        lines += ["Criteria that experts use:", *(f"- {one}" for one in question.criteria)]
    for number, example in enumerate(question.examples, start=1):
        lines += [f"Example {number}, class {example.label}:", *_told(example, question.level, number)]
    lines += ["The image to classify:", *_told(question.image, question.level, len(question.examples) + 1)]
    return lines


def _told(shown: Shown, level: str, number: int) -> list[str]:
    if level == "pixels":
        return [f"(picture {number} below)"]
    return [f"- {name}: {value}" for name, value in shown.features.items()]


def _picture(shown: Shown) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{shown.picture}"}}
