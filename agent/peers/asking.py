"""Ask the questions of a comparison: `python -m scafe.agent.peers.asking`, a JSON request on its stdin.

Reads questions.jsonl, sends what has no answer yet, writes answers.jsonl; every exchange is in the journal
`llm/` of the same folder, so nothing is paid twice.
"""

import json
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.agent.drafters.chat import open_egress
from scafe.agent.drafters.drafter import DrafterSettings
from scafe.agent.egress.budget import Caps, ledger_of
from scafe.agent.egress.dialect import Memory
from scafe.agent.egress.door import Egress
from scafe.agent.egress.hosts import OPENAI_URL
from scafe.agent.egress.models import ChatCarrier, Endpoint, find_key
from scafe.agent.egress.payload import require_level
from scafe.agent.peers.question import Question, QuestionPayload
from scafe.agent.peers.replies import AnswerLine, read_reply
from scafe.knowledge.contract.errors import ScafeError

QUESTIONS, ANSWERS = "questions.jsonl", "answers.jsonl"
REPLY_TOKENS = 1024


class AskRequest(BaseModel):
    """What the process is asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path
    model: str
    base_url: str = OPENAI_URL
    consent: Literal["features", "pixels"] = Field(description="what the user allowed to leave, at most")
    never_send: tuple[str, ...] = ()
    max_calls: int | None = None
    reply_tokens: int = REPLY_TOKENS
    timeout_s: float = 600.0


def main() -> int:
    """Ask; one JSON object a line on stdout, the last with `answered` or `error`."""
    request = AskRequest.model_validate_json(sys.stdin.read())
    try:
        done = ask_all(request, _tell)
    except ScafeError as error:
        _tell({"error": {"kind": type(error).__name__, "message": str(error)}})
        return error.exit_code
    _tell({"answered": done})
    return 0


def ask_all(request: AskRequest, tell: Any) -> dict[str, Any]:
    """Send every question that has no answer; return what was sent and spent.

    Raises
    ------
    EgressError
        A question holds more than the user allowed; nothing of it was sent.
    ModelError
        The endpoint failed after its retries; what was answered stays.
    """
    questions = _read_questions(request.folder / QUESTIONS)
    for question in questions:
        require_level(request.consent, question.level, f"row {question.row}")
    egress = _egress(request)
    tell({"said": Endpoint(request.model, request.base_url).notice})
    carrier = _carrier(request, egress)
    lines: list[AnswerLine] = []
    try:
        for number, question in enumerate(questions, start=1):
            lines.append(_asked(question, egress, carrier))
            tell({"step": f"{request.model}: questions", "done": number, "of": len(questions)})
    finally:
        _write(request.folder / ANSWERS, lines)
        carrier.close()
    ledger = ledger_of(egress.journal)
    return {"answered": len(lines), "calls": ledger.calls, "cost": str(ledger.cost or 0)}


def _asked(question: Question, egress: Egress, carrier: ChatCarrier) -> AnswerLine:
    payload = QuestionPayload(question)
    answer = egress.exchange(payload, carrier)
    sent = {"bytes_sent": payload.size, "pixel_bytes": payload.pixel_bytes}
    return read_reply(question, answer.completion.text).model_copy(update=sent)


def _read_questions(path: Path) -> list[Question]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [Question.model_validate_json(line) for line in lines if line]


def _write(path: Path, lines: list[AnswerLine]) -> None:
    """Add answers to the file; one that stands there already is not written again."""
    held = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    known = {json.loads(line)["id"] for line in held}
    fresh = [line.model_dump_json() for line in lines if line.id not in known]
    path.touch(mode=0o600)
    path.write_text("\n".join([*held, *fresh]) + "\n" if held or fresh else "", encoding="utf-8")


def _egress(request: AskRequest) -> Egress:
    key = find_key(request.base_url)
    settings = DrafterSettings(
        run=request.folder,
        level=request.consent,
        caps=Caps(calls=request.max_calls),
        never_send=request.never_send,
        base_url=request.base_url,
    )
    return open_egress(settings, secrets=(key.get_secret_value(),))


def _carrier(request: AskRequest, egress: Egress) -> ChatCarrier:
    endpoint = Endpoint(
        request.model, request.base_url, request.reply_tokens, temperature=0.0, timeout_s=request.timeout_s
    )
    return ChatCarrier(endpoint, egress, find_key(request.base_url), memory=Memory(egress.journal.folder))


def _tell(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
