"""What must hold before a run begins to ask a model: a key where one is needed."""

from typing import TYPE_CHECKING

from scafe.agent.terminal import Terminal
from scafe.knowledge.errors import ModelError, SettingsError

if TYPE_CHECKING:
    from scafe.agent.run import RunConfig


def require_endpoint(terminal: Terminal, config: "RunConfig") -> None:
    """Say where the words will go, or refuse before anything is written.

    Raises
    ------
    SettingsError
        The model has no name, the URL is none, or there is no key for an endpoint that needs one.
    """
    kind, _, model = config.model.partition(":")
    if kind != "openai":
        return
    if not model:
        raise SettingsError("model 'openai' needs the model's name after the colon, e.g. openai:qwen3-coder")
    from scafe.agent.hosts import OPENAI_URL, checked_url
    from scafe.agent.models import Endpoint, find_key

    endpoint = Endpoint(model, checked_url(config.base_url or OPENAI_URL))
    try:
        find_key(endpoint.base_url)
    except ModelError as error:
        raise SettingsError(str(error)) from None
    terminal.say(endpoint.notice)
