"""Tokens of one reply and what was done to its text, as the trace holds them."""

from scafe.agent.drafters.drafter import Reply


def usage_of(reply: Reply) -> dict[str, int]:
    """Return the tokens that the endpoint counted; empty if none did.

    A reply that comes from the journal counts as much as it did when it was paid, so a resumed run
    tells the same story as an uninterrupted one.
    """
    if reply.usage is None:
        return {}
    return {"prompt_tokens": reply.usage.prompt_tokens, "completion_tokens": reply.usage.completion_tokens}


def steps_of(reply: Reply, read: tuple[str, ...]) -> list[str]:
    """Return what had to be mended: in the characters that came, then by the ladder."""
    return [*(["replaced_invalid_unicode"] if reply.replaced else []), *read]
