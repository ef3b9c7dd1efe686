"""What waits for a person: the gate and what is to be decided at it, or prompts without a reply."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scafe.agent.drafters.mailbox import Waiting, prompt_of, waiting_requests
from scafe.agent.record.outcome import gate_of
from scafe.agent.record.run_folder import RunInfo
from scafe.agent.view.reading.happened import Cell, Happened
from scafe.evals.disclosure.bench import FeatureRef, column_names
from scafe.knowledge.contract.errors import ScafeError

QUESTIONS: Final = {
    "plan": "Are these measurements a fair reading of the criteria?",
    "freeze": "May these features be frozen?",
    "seal": "May the held-out test set be scored now? It can be scored only once.",
}


@dataclass(frozen=True)
class Item:
    """One thing that may be left out."""

    name: str
    """As it is struck out: a criterion, or a feature's column."""
    words: tuple[str, ...]
    cell: Cell | None = None


@dataclass(frozen=True)
class Gate:
    """What is to be decided."""

    gate: str
    question: str
    items: tuple[Item, ...]
    bundle: str = ""


@dataclass(frozen=True)
class Prompt:
    """One request to a person who drafts."""

    number: str
    words: str
    fault: str = ""


def gate_waiting(info: RunInfo, happened: Happened) -> Gate | None:
    """Return the gate that a run waits at, with what is decided there."""
    gate = gate_of(info.why) if info.status == "waiting" else None
    if gate is None or gate not in QUESTIONS:
        return None
    if gate == "plan":
        ideas = happened.told.planned.ideas if happened.told.planned else {}
        return Gate(gate, QUESTIONS[gate], tuple(Item(name, words) for name, words in ideas.items()))
    if gate == "freeze":
        return Gate(gate, QUESTIONS[gate], _features(happened))
    frozen = happened.told.frozen
    return Gate(gate, QUESTIONS[gate], (), frozen.sha256 if frozen else "")


def prompts_waiting(run: Path, info: RunInfo) -> list[Prompt]:
    """Return the prompts that wait for a reply."""
    if info.config.get("model") != "manual" or (run / "outbox").is_symlink():
        return []
    return [_prompt(run, one) for one in waiting_requests(run)]


def _features(happened: Happened) -> tuple[Item, ...]:
    cells = [happened.of_sha256.get(sha256) for sha256, _ in happened.proposed()]
    refs = [
        FeatureRef(extractor=sha256, name=name, revision=cell.name if cell else "")
        for (sha256, name), cell in zip(happened.proposed(), cells, strict=True)
    ]
    return tuple(
        Item(column, (ref.revision,), cell)
        for column, ref, cell in zip(column_names(refs), refs, cells, strict=True)
    )


def _prompt(run: Path, waiting: Waiting) -> Prompt:
    try:
        return Prompt(waiting.number, prompt_of(run, waiting))
    except ScafeError as error:
        return Prompt(waiting.number, "", str(error))
