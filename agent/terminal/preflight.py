"""What must hold before a run begins to ask a model: an endpoint that answers, and a key for it."""

from scafe.knowledge.contract.errors import ModelError, SettingsError


def require_endpoint(drafter: str, base_url: str | None) -> str:
    """Return where the words will go ('': nowhere), or refuse before anything is written.

    Raises
    ------
    SettingsError
        The model has no name, the URL is none, nothing answers there, or a key is needed and there is none.
    """
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
