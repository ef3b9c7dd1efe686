"""The drafter that is a person: prompts as files to copy, replies as files to drop, days apart if need be.

Made for places without an endpoint. Each request is written once, as `outbox/001-3fa9c1d2.prompt.md`; the
run waits (exit code 3) until `inbox/001-3fa9c1d2.reply.md` is there, and goes on in a new process. What is
handed out passes the same checks as what is sent.
"""

import json
import threading
from pathlib import Path
from typing import Literal

from scafe.agent.brief.brief import AnyBrief
from scafe.agent.drafters.chat import open_egress
from scafe.agent.drafters.drafter import DrafterSettings, Reply
from scafe.agent.drafters.mailbox import CUT_HERE, INBOX, OUTBOX, Waiting, named, read_text, requests
from scafe.agent.egress.completion import read_completion
from scafe.agent.egress.door import record_of
from scafe.agent.egress.journal import Attempt, write_durably
from scafe.agent.egress.payload import Payload
from scafe.knowledge.contract.errors import SettingsError, WaitingError


class ManualDrafter:
    """Hands every brief to a person. Safe to use from several threads."""

    name = "manual"
    egress_level: Literal["none", "aggregates"] = "aggregates"

    def __init__(self, settings: DrafterSettings) -> None:
        if settings.run is None:
            raise SettingsError("the manual drafter needs a run folder for its outbox and inbox")
        self._run = settings.run
        self._prompts = settings.prompts
        self._person = settings.person
        self._egress = open_egress(settings)
        self._lock = threading.Lock()

    def draft(self, brief: AnyBrief) -> Reply:
        """Answer one brief from the inbox; see `scafe.agent.drafters.drafter.Drafter`.

        Raises
        ------
        WaitingError
            If the reply file is not there yet; the message says where it belongs.
        """
        payload = Payload(brief, self._prompts, self.egress_level)
        with self._egress.one_at_a_time(payload.sha256):
            recorded = self._egress.journal.answer(payload.sha256)
            if recorded is not None:
                told = read_completion(recorded)
                return Reply(told.text, payload.sha256, None, True, "stop", told.replaced)
            waiting = self._hand_out(payload)
            if not waiting.reply.is_file():
                raise WaitingError(
                    f"request {waiting.number} waits for a person: answer {_shown(waiting.prompt)} and save "
                    f"the answer as {_shown(waiting.reply)}, or run `scafe reply {self._run.name} FILE`; "
                    f"others may wait beside it: `scafe reply {self._run.name}` lists them all"
                )
            text = read_text(waiting.reply)
            self._book(payload, text)
            return Reply(text, payload.sha256, None, False, "stop")

    def _hand_out(self, payload: Payload) -> Waiting:
        self._egress.require_clean(payload)
        with self._lock:
            waiting = _find(self._run, payload.sha256[:8])
            if waiting is None:
                number = 1 + max((int(one.number) for one in requests(self._run)), default=0)
                waiting = named(self._run, f"{number:03d}", payload.sha256[:8])
                for folder in (OUTBOX, INBOX):
                    (self._run / folder).mkdir(mode=0o700, exist_ok=True)
                words = spoken(payload)
                self._egress.journal.begin(record_of(payload, "person", "manual", words))
                self._egress.journal.note(payload.sha256, Attempt(attempt=1, event="sent"))
                write_durably(waiting.prompt, _sheet(waiting, payload, words).encode())
            return waiting

    def _book(self, payload: Payload, text: str) -> None:
        message = {"role": "assistant", "content": text}
        answer = {
            "object": "chat.completion",
            "model": "manual",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "scafe": {"source": "manual", "person": self._person},
        }
        self._egress.journal.finish(payload.sha256, json.dumps(answer, ensure_ascii=False).encode())
        done = Attempt(attempt=1, event="done", outcome="answered")
        self._egress.journal.note(payload.sha256, done)
        self._egress.budget.book(done, None)


def spoken(payload: Payload) -> str:
    """Return the words of a request as one text, to paste into any chat window."""
    return "\n".join(message.content for message in payload.messages)


def _sheet(waiting: Waiting, payload: Payload, words: str) -> str:
    brief = payload.brief
    about = f"{brief.operator} {brief.subject}".strip()
    return (
        f"Request {waiting.number} ({about}), {waiting.short}\n\n"
        "Give the text below the line to a model or a colleague, without adding anything to it. Save the\n"
        f"whole answer, unchanged, as {INBOX}/{waiting.reply.name} and resume the run.\n\n"
        f"{CUT_HERE}\n\n{words}"
    )


def _shown(path: Path) -> str:
    return "/".join(path.parts[-2:])


def _find(run: Path, short: str) -> Waiting | None:
    return next((one for one in requests(run) if one.short == short), None)
