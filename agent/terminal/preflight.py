"""What must hold before a run begins to ask a model: an endpoint that answers, and a key for it."""

from scafe.agent.egress.payload import EgressLevel, require_level
from scafe.knowledge.contract.errors import ModelError, SettingsError


def require_level_of(drafter: str, egress: EgressLevel) -> None:
    """Refuse a model where nothing may leave, before its host is so much as looked up.

    Raises
    ------
    EgressError
        The run states `none` and the drafter asks a model.
    """
    if drafter.partition(":")[0] == "openai":
        require_level(egress, "aggregates", f"drafter {drafter}")


def require_endpoint(drafter: str, base_url: str | None, egress: EgressLevel = "aggregates") -> str:
    """Return where the words will go ('': nowhere), or refuse before anything is written.

    Raises
    ------
    EgressError
        The run states that nothing may leave.
    SettingsError
        The model has no name, the URL is none, nothing answers there, or a key is needed and there is none.
    """
    require_level_of(drafter, egress)
    kind, _, model = drafter.partition(":")
    if kind != "openai":
        return ""
    if not model:
        raise SettingsError("model 'openai' needs the model's name after the colon, e.g. openai:qwen3-coder")
    from scafe.agent.egress.hosts import OPENAI_URL, checked_url
    from scafe.agent.egress.models import Endpoint, find_key, require_reachable

    endpoint = Endpoint(model, checked_url(base_url or OPENAI_URL))
    try:
        find_key(endpoint.base_url)
        require_reachable(endpoint.base_url)
    except ModelError as error:
        raise SettingsError(str(error)) from None
    return endpoint.notice
