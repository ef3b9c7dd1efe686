"""The drafter that answers as another run was answered: from its journal, or from its trace.

A reply is found by the hash of the request (the words, the variant, the seed), or, where a run kept no
journal because nothing was sent, by the hash of the brief. Nothing is asked and nothing is paid.
"""

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Literal

from scafe.agent.brief.brief import AnyBrief
from scafe.agent.drafters.drafter import DrafterSettings, Reply
from scafe.agent.egress.completion import Completion, read_completion
from scafe.agent.egress.door import record_of
from scafe.agent.egress.journal import Journal
from scafe.agent.egress.payload import Payload
from scafe.agent.record.run_folder import RunFolder
from scafe.agent.record.trace import EVENTS, format_of, read_lines
from scafe.knowledge.contract.errors import InputError, ModelError


class ReplayDrafter:
    """Answers from the replies of an earlier run. Safe to use from several threads.

    Parameters
    ----------
    run : Path
        The earlier run's folder.
    settings : DrafterSettings
        If it names a run folder, the replies are copied into that run's own journal.
    """

    egress_level: Literal["none", "aggregates"] = "none"

    def __init__(self, run: Path, settings: DrafterSettings) -> None:
        if not (run / "llm").is_dir() and not (run / EVENTS).is_file():
            raise InputError(f"{run}: no run to replay; name a folder with llm/ or {EVENTS}")
        self.name = f"replay:{run.name}"
        self.format = format_of(run / EVENTS)
        """What the earlier run keeps to: a reply is found by its brief, and briefs follow from the format."""
        self._run = run
        self._recorded = Journal(run / "llm") if (run / "llm").is_dir() else None
        self._own = Journal(settings.run / "llm") if settings.run else None
        self._prompts = settings.prompts

    def draft(self, brief: AnyBrief) -> Reply:
        """Answer one brief; see `scafe.agent.drafters.drafter.Drafter`.

        Raises
        ------
        ModelError
            If the earlier run was never asked this.
        """
        payload = Payload(brief, self._prompts)
        raw = self._recorded.answer(payload.sha256) if self._recorded else None
        if raw is not None:
            self._copy(payload, raw)
            return _reply(payload, read_completion(raw))
        text = self._told.get(hashlib.sha256(brief.model_dump_json().encode()).hexdigest())
        if text is None:
            about = brief.subject or "all criteria"
            raise ModelError(
                f"{self.name} holds no reply to this request ({brief.operator}, {about}): the pack, the "
                "prompts, the seed or the scores differ from the run that is replayed"
            )
        return Reply(text, payload.sha256, None, True, "stop")

    def _copy(self, payload: Payload, raw: bytes) -> None:
        if self._own is not None and self._own.answer(payload.sha256) is None:
            words = json.dumps([[one.role, one.content] for one in payload.messages], ensure_ascii=False)
            self._own.begin(record_of(payload, "replay", self.name, words))
            self._own.finish(payload.sha256, raw)

    @cached_property
    def _told(self) -> dict[str, str]:
        """Hash of a brief -> the reply, from the trace and the files it names."""
        if not (self._run / EVENTS).is_file():
            return {}
        run = RunFolder(self._run)
        lines = read_lines(self._run / EVENTS)
        return {line["brief"]: run.reply(line["reply"]) for line in lines if line["kind"] == "replied"}


def _reply(payload: Payload, completion: Completion) -> Reply:
    reason = "refusal" if completion.refusal else completion.finish_reason
    return Reply(completion.text, payload.sha256, completion.usage, True, reason, completion.replaced)
