"""Passing a decision on: who waits at a gate and may not decide says to whom it goes, in the trace."""

from scafe.agent.record.adoption import require_ours
from scafe.agent.record.events import Escalated
from scafe.agent.record.outcome import gate_of
from scafe.agent.record.run_folder import RunFolder
from scafe.agent.record.trace import Trace
from scafe.knowledge.contract.errors import InputError


def escalate(folder: RunFolder, name: str, meaning: str) -> Escalated:
    """Record that a person passed the decision at the gate on; the run goes on waiting.

    Parameters
    ----------
    folder : RunFolder
        Waits at a gate.
    name : str
        Who passes it on.
    meaning : str
        To whom, and why.

    Raises
    ------
    InputError
        The run does not wait at a gate, is not ours, or another process writes it; or a word is missing.
    """
    require_ours(folder)
    gate = gate_of(folder.info().why)
    if gate is None:
        raise InputError(f"run {folder.path.name} does not wait at a gate, so there is nothing to pass on")
    if not name.strip() or not meaning.strip():
        raise InputError("say who passes the decision on, and to whom and why: both are recorded")
    event = Escalated.model_validate({"gate": gate, "name": name.strip(), "meaning": meaning.strip()})
    with folder.locked():
        Trace(folder.path).note(event)
    return event
