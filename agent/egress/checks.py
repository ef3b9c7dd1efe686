"""What is checked before a byte leaves: the level, contraband, and that a client sends what it was given."""

import json
from typing import Any

from scafe.agent.brief.contraband import find_contraband
from scafe.agent.egress.payload import EgressLevel, Sayable, require_level
from scafe.knowledge.contract.errors import EgressError


def require_clean(payload: Sayable, level: EgressLevel, never_send: tuple[str, ...]) -> None:
    """Refuse a payload above the run's level, or with something that may not leave.

    Raises
    ------
    EgressError
        The message names the line, not the thing.
    """
    require_level(level, payload.level, "this request")
    if any(not isinstance(content, str) for _, content in payload.said):
        require_level(payload.level, "pixels", "a request with a picture")
    for message in payload.messages:
        found = find_contraband(message.content, never_send)
        if found:
            line = message.content.count("\n", 0, found.start) + 1
            raise EgressError(
                f"line {line} of the {message.role} message ({payload.about[0]}) holds "
                f"{found.what}, which may not leave; nothing was sent. Look in the criteria pack, in the "
                "prompt files and in the extractors it quotes"
            )


def require_same_words(payload: Sayable, body: bytes, never_send: tuple[str, ...]) -> None:
    """Compare the body that a client is about to send with the payload it was given.

    Raises
    ------
    EgressError
        If it says more or other.
    """
    said = _json_object(body)
    if _messages_of(said) != payload.said:
        raise EgressError("a client changed the words of the request; nothing was sent")
    rest = json.dumps({key: value for key, value in said.items() if key != "messages"})
    found = find_contraband(rest, never_send)
    if found:
        raise EgressError(f"a client added {found.what} to the request; nothing was sent")


def client_changes(asked: dict[str, Any] | None, body: bytes) -> str:
    """Say which settings a client left out, changed or added by itself; '' if none."""
    if asked is None:
        return ""
    said = {key: value for key, value in _json_object(body).items() if key != "messages"}
    left_out = sorted(asked.keys() - said.keys())
    added = sorted(f"{key}={said[key]}"[:80] for key in said.keys() - asked.keys())
    changed = sorted(key for key in asked.keys() & said.keys() if asked[key] != said[key])
    parts = (("left out", left_out), ("added", added), ("changed", changed))
    told = "; ".join(f"{what} {', '.join(names)}" for what, names in parts if names)
    return f"the client library {told}; the run's journal holds what was on the wire" if told else ""


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (json.JSONDecodeError, UnicodeDecodeError):
        said = None
    if not isinstance(said, dict):
        raise EgressError("a client tried to send a body that is not a JSON object; nothing was sent")
    return said


def _messages_of(said: dict[str, Any]) -> list[tuple[str, Any]]:
    """Read role and text; a client may call the system role 'developer', as newer models want it."""
    found = []
    for message in said.get("messages") or ():
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            raise EgressError("a client sent a message with more than a role and a text; nothing was sent")
        role = "system" if message["role"] == "developer" else message["role"]
        found.append((role, message["content"]))
    return found
