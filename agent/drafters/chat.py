"""The drafter that asks a chat model."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from scafe.agent.brief.brief import AnyBrief
from scafe.agent.drafters.drafter import DrafterSettings, Reply
from scafe.agent.egress.budget import Budget
from scafe.agent.egress.dialect import Memory
from scafe.agent.egress.door import Egress
from scafe.agent.egress.hosts import OPENAI_URL
from scafe.agent.egress.journal import Journal
from scafe.agent.egress.models import ChatCarrier, Endpoint, find_key
from scafe.agent.egress.patience import Patience
from scafe.agent.egress.payload import Payload, require_level
from scafe.agent.egress.prices import PriceTable
from scafe.knowledge.contract.errors import SettingsError


class ChatDrafter:
    """Puts a brief into words, sends it, returns the answer; a cheaper model may do the repairs."""

    egress_level: Literal["none", "aggregates"] = "aggregates"

    def __init__(
        self, egress: Egress, carrier: ChatCarrier, repairer: ChatCarrier | None, settings: DrafterSettings
    ) -> None:
        self.name = f"openai:{carrier.model}"
        self.egress = egress
        self._carrier = carrier
        self._repairer = repairer or carrier
        self._prompts = settings.prompts

    @property
    def budget(self) -> Budget:
        """What the run has used and may use."""
        return self.egress.budget

    def draft(self, brief: AnyBrief) -> Reply:
        """Answer one brief; see `scafe.agent.drafters.drafter.Drafter`."""
        payload = Payload(brief, self._prompts, self.egress_level)
        carrier = self._repairer if brief.operator in ("repair", "relocate") else self._carrier
        answer = self.egress.exchange(payload, carrier)
        return Reply(
            text=answer.completion.text,
            request_sha256=payload.sha256,
            usage=answer.completion.usage,
            cached=answer.cached,
            finish_reason="refusal" if answer.completion.refusal else answer.completion.finish_reason,
            replaced=answer.completion.replaced,
        )

    def close(self) -> None:
        """Close the connections."""
        self._carrier.close()
        self._repairer.close()


def open_chat(model: str, settings: DrafterSettings, patience: Patience | None = None) -> ChatDrafter:
    """Open the chat model of a run.

    Raises
    ------
    ModelError
        If the endpoint needs a key and there is none.
    SettingsError
        If there is no run folder for the journal, or the base URL is not one.
    EgressError
        If the run's egress level is below aggregates.
    """
    if settings.run is None:
        raise SettingsError("a chat model needs a run folder: every call is journalled before it is used")
    require_level(settings.level, ChatDrafter.egress_level, f"model openai:{model}")
    endpoint = Endpoint(
        model=model,
        base_url=settings.base_url or OPENAI_URL,
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        timeout_s=settings.timeout_s,
    )
    key = find_key(endpoint.base_url)
    egress = open_egress(settings, secrets=(key.get_secret_value(),), patience=patience)
    memory = Memory(egress.journal.folder, settings.tell)
    carrier = ChatCarrier(endpoint, egress, key, memory=memory)
    repairer = None
    if settings.repair_model:
        repairer = ChatCarrier(replace(endpoint, model=settings.repair_model), egress, key, memory=memory)
    return ChatDrafter(egress, carrier, repairer, settings)


def open_egress(
    settings: DrafterSettings, *, secrets: tuple[str, ...] = (), patience: Patience | None = None
) -> Egress:
    """Open the way out of a run, with its journal and its budget."""
    if settings.run is None:
        raise SettingsError("there is no run folder to keep the journal in")
    journal = Journal(settings.run / "llm")
    budget = Budget(
        journal,
        settings.caps,
        PriceTable(settings.prices),
        elapsed_s=settings.elapsed_s,
    )
    never = tuple(dict.fromkeys(form for text in settings.never_send for form in (text, _absolute(text))))
    return Egress(
        journal,
        budget,
        settings.level,
        never_send=never,
        secrets=secrets,
        patience=patience,
        tell=settings.tell,
    )


def _absolute(text: str) -> str:
    return str(Path(text).resolve()) if Path(text).exists() else text
