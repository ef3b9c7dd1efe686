"""Does an endpoint do what a run needs: `scafe doctor model`.

Three requests are sent, made of a brief about a made-up criterion: an ordinary one, one with a very short
longest reply, and one with a long prompt. They pass the same door as a run's requests. Servers that cut a
long prompt without a word are the reason: what comes back then is about half a brief.
"""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.agent.brief.brief import Brief, BudgetLeft
from scafe.agent.egress.budget import Budget
from scafe.agent.egress.completion import Completion
from scafe.agent.egress.dialect import Memory
from scafe.agent.egress.door import Egress
from scafe.agent.egress.hosts import OPENAI_URL
from scafe.agent.egress.journal import Journal
from scafe.agent.egress.models import ChatCarrier, Endpoint, find_key
from scafe.agent.egress.patience import Patience
from scafe.agent.egress.payload import Payload
from scafe.agent.reply.blocks import without_thinking
from scafe.agent.reply.reader import reader
from scafe.knowledge.contract.errors import ModelError
from scafe.knowledge.criteria.pack import Criterion

NEEDED_TOKENS = 16_384
"""Prompt and reply of a recombination: two modules, a bank of three, findings and a long reply."""
SHORT_REPLY = 8
CUT = 0.8
"""A prompt counted below this share of what its length lets expect was cut."""
SENTENCE = "The ring of tissue around the lesion is where normal colour and texture are measured. "


class Check(BaseModel):
    """One thing that was looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    status: Literal["ok", "warn", "fail"]
    told: str = Field(description="what was met, and the way out")


class ModelProbe(BaseModel):
    """What an endpoint was found to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    model: str
    checks: tuple[Check, ...]
    prompt_tokens: int | None = Field(default=None, description="of the ordinary request, if counted")
    context_tokens: int | None = Field(
        default=None, description="length of the long prompt as the endpoint counted it"
    )
    seconds: float | None = Field(default=None, description="time to the ordinary answer")

    @property
    def is_usable(self) -> bool:
        """Whether nothing failed."""
        return all(check.status != "fail" for check in self.checks)


def probe_model(
    model: str,
    base_url: str | None = None,
    *,
    context_tokens: int = NEEDED_TOKENS,
    max_reply_tokens: int = 4096,
    temperature: float | None = None,
    timeout_s: float = 300.0,
    patience: Patience | None = None,
) -> ModelProbe:
    """Ask an endpoint three times and say what it can do. Costs about `context_tokens` + 6,000 tokens.

    What it names as its limits, or refuses, is learnt as a run learns it, and is one of the checks.

    Raises
    ------
    ModelError
        If there is no key for an endpoint that needs one.
    SettingsError
        If the base URL is not one.
    """
    endpoint = Endpoint(model, base_url or OPENAI_URL, max_reply_tokens, temperature, timeout_s)
    learnt: list[str] = []
    key = find_key(endpoint.base_url)
    with tempfile.TemporaryDirectory(prefix="scafe-probe-") as folder:
        journal = Journal(Path(folder))
        secrets = (key.get_secret_value(),)
        waits = patience or Patience(max_tries=2)
        egress = Egress(
            journal, Budget(journal), "aggregates", secrets=secrets, patience=waits, tell=learnt.append
        )
        memory = Memory(Path(folder), learnt.append)

        def ask(brief: Brief, max_tokens: int) -> Completion:
            short = replace(endpoint, max_tokens=max_tokens)
            carrier = ChatCarrier(short, egress, key, memory=memory)
            return egress.exchange(Payload(brief), carrier).completion

        found = _examined(endpoint, ask, lambda: egress.budget.ledger.seconds, context_tokens)
        return found.model_copy(update={"checks": (*found.checks, *_learnt_checks(learnt))})


def _learnt_checks(learnt: list[str]) -> tuple[Check, ...]:
    """Say what a run will have to do without; a limit or a setting is learnt once."""
    return tuple(Check(name="settings", status="warn", told=what) for what in dict.fromkeys(learnt))


def _examined(
    endpoint: Endpoint, ask: Callable[[Brief, int], Completion], seconds: Callable[[], float], context: int
) -> ModelProbe:
    try:
        plain = ask(_brief(), endpoint.max_tokens)
    except ModelError as error:
        failed = Check(name="answer", status="fail", told=str(error))
        return ModelProbe(host=endpoint.host, model=endpoint.model, checks=(failed,))
    took = round(seconds(), 1)
    long, counted = _context_check(ask, plain, context)
    return ModelProbe(
        host=endpoint.host,
        model=endpoint.model,
        checks=(*_answer_checks(plain), _length_check(ask), long),
        prompt_tokens=plain.usage.prompt_tokens if plain.usage else None,
        context_tokens=counted,
        seconds=took,
    )


def _answer_checks(plain: Completion) -> tuple[Check, ...]:
    read = reader.reply(plain.text, "paleness", plain.finish_reason)
    if read.source:
        mended = f" after: {', '.join(read.steps)}" if read.steps else ""
        answer = Check(name="answer", status="ok", told=f"wrote an extractor that can be read{mended}")
    else:
        answer = Check(
            name="answer", status="warn", told=f"wrote no extractor that can be read: {read.complaint}"
        )
    if plain.usage:
        usage = Check(name="usage", status="ok", told="counts tokens")
    else:
        told = "counts no tokens; ours are estimated from bytes, and a cap on tokens is only roughly kept"
        usage = Check(name="usage", status="warn", told=told)
    thinks = plain.has_reasoning or "removed_thinking" in without_thinking(plain.text)[1]
    thought = "thinks aloud; allow long replies" if thinks else "answers without thinking aloud"
    return answer, usage, Check(name="reasoning", status="ok", told=thought)


def _length_check(ask: Callable[[Brief, int], Completion]) -> Check:
    try:
        cut = ask(_brief(seed=1), SHORT_REPLY)
    except ModelError as error:
        return Check(name="longest reply", status="warn", told=f"a short longest reply is refused: {error}")
    written = cut.usage.completion_tokens if cut.usage else len(cut.text) // 3
    if cut.finish_reason == "length" and written <= 4 * SHORT_REPLY:
        return Check(name="longest reply", status="ok", told="keeps the longest reply and says when it cuts")
    if written <= 4 * SHORT_REPLY:
        told = f"cuts replies but says {cut.finish_reason!r}; broken replies will be asked for again"
        return Check(name="longest reply", status="warn", told=told)
    told = f"wrote {written} tokens where {SHORT_REPLY} were allowed: caps on tokens and money can be passed"
    return Check(name="longest reply", status="warn", told=told)


def _context_check(
    ask: Callable[[Brief, int], Completion], plain: Completion, context: int
) -> tuple[Check, int | None]:
    name = "context"
    filler = SENTENCE * (context * 4 // len(SENTENCE))  # English: about 4 characters a token
    try:
        long = ask(_brief(pack_note=filler), SHORT_REPLY)
    except ModelError as error:
        return Check(
            name=name, status="fail", told=f"a prompt of about {context} tokens is refused: {error}"
        ), None
    if not long.usage or not plain.usage:
        told = "no tokens are counted, so a prompt that is cut cannot be noticed; check the server's setting"
        return Check(name=name, status="warn", told=told), None
    counted = long.usage.prompt_tokens
    per_character = plain.usage.prompt_tokens / _size(_brief())
    if counted < CUT * min(per_character, 0.25) * _size(_brief(pack_note=filler)):
        told = (
            f"the prompt was cut to {counted} tokens without a word; set a context of at least {context} "
            "(Ollama: OLLAMA_CONTEXT_LENGTH, llama.cpp: -c, vLLM: --max-model-len, LM Studio: context length)"
        )
        return Check(name=name, status="fail", told=told), counted
    return Check(name=name, status="ok", told=f"takes a prompt of {counted} tokens whole"), counted


def _size(brief: Brief) -> int:
    return sum(len(one.content) for one in Payload(brief).messages)


def _brief(*, seed: int = 0, pack_note: str = "") -> Brief:
    """Return a brief about a made-up criterion; it says nothing of anybody's data."""
    criterion = Criterion(
        id="paleness",
        definition="How much lighter the lesion is than the tissue around it.",
        scale_type="continuous",
        observable="direct",
        dial="paleness",
    )
    return Brief(
        operator="draft",
        pack_id="scafe.probe",
        pack_version="1.0.0",
        title="A question to an endpoint",
        modality="clinical_photo",
        channels=("R", "G", "B"),
        purpose="screening",
        classes=("pale", "other"),
        mode="blind",
        criterion=criterion,
        forbidden_shortcuts=("image_size",),
        pack_note=pack_note,
        budget=BudgetLeft(calls=2, queries=0),
        seed=seed,
    )
