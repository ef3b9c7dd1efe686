"""A chat model behind any OpenAI-compatible endpoint, as plain as it goes: text in, text out.

No tools, no structured output, no streaming, no Responses API, no retries of the client's own, no
variable of the environment but the key. What `scafe.agent.egress.door` records is what counts; LangChain's
client only carries it.
"""

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from scafe.agent.egress.door import Egress
from scafe.agent.egress.hosts import OPENAI_URL, checked_url, host_of, is_openai, is_private
from scafe.agent.egress.payload import Ticket
from scafe.knowledge.contract.errors import EgressError, ModelError

CONNECT_S = 10.0
NO_KEY = "EMPTY"
"""What local servers without keys are given; the client insists on some text."""


def find_key(base_url: str, environ: Mapping[str, str] | None = None) -> SecretStr:
    """Return the key for an endpoint, from the environment alone.

    `SCAFE_API_KEY` goes to whatever endpoint was named; `OPENAI_API_KEY` to api.openai.com and nowhere else.

    Raises
    ------
    ModelError
        If the endpoint needs a key and there is none.
    """
    environment = os.environ if environ is None else environ
    openai = host_of(base_url) == host_of(OPENAI_URL)
    key = environment.get("SCAFE_API_KEY") or (environment.get("OPENAI_API_KEY") if openai else None)
    if not key and is_openai(base_url):
        raise ModelError(
            f"no key for {host_of(base_url)}: export SCAFE_API_KEY, "
            "or choose --model builtin (needs no key) or a local server with --base-url"
        )
    return SecretStr((key or NO_KEY).strip())


def require_reachable(base_url: str) -> None:
    """Open a connection to an endpoint and close it; not a byte is sent.

    Raises
    ------
    ModelError
        If nobody listens there within `CONNECT_S` seconds.
    """
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), CONNECT_S).close()
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise ModelError(
            f"{host_of(base_url)} does not answer ({reason}): is the server running, "
            "and is the base URL right?"
        ) from None


@dataclass(frozen=True)
class Dialect:
    """Which optional fields an endpoint takes. Servers differ, so what one refuses is left out."""

    token_field: str = "max_tokens"  # noqa: S105
    """`max_completion_tokens` at OpenAI; `max_tokens` is what local servers understand."""
    store: bool = True
    """Whether `store: false` is sent (do not keep this conversation)."""
    temperature: bool = True
    """Whether a temperature is sent, if one is set."""

    def without(self, complaint: str, *, keep_store: bool) -> tuple["Dialect", str]:
        """Return the dialect without the field that a refusal names, and that field; '' if it names none."""
        if re.search("context|too long|maximum length", complaint, re.IGNORECASE):
            return self, ""  # names max_tokens too, but no field is to blame
        others = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
        if re.search(rf"\b{self.token_field}\b", complaint):
            return replace(self, token_field=others[self.token_field]), self.token_field
        if self.store and not keep_store and re.search(r"\bstore\b", complaint):
            return replace(self, store=False), "store"
        if self.temperature and re.search(r"\btemperature\b", complaint):
            return replace(self, temperature=False), "temperature"
        return self, ""


@dataclass(frozen=True)
class Endpoint:
    """Where a model answers, and how it is asked."""

    model: str
    base_url: str = OPENAI_URL
    max_tokens: int = 8192
    """Longest reply, hidden reasoning included."""
    temperature: float | None = None
    timeout_s: float = 600.0

    @property
    def host(self) -> str:
        """Host and port, to show and to record."""
        return host_of(self.base_url)

    @property
    def notice(self) -> str:
        """One sentence on where the words go; shown when a run starts."""
        where = "a private address" if is_private(self.base_url) else "outside this network"
        open_line = self.base_url.startswith("http://") and not is_private(self.base_url)
        return f"Prompts go to {self.host} ({where}{', unencrypted' if open_line else ''})."


class ChatCarrier:
    """Carries payloads to one endpoint. Safe to use from several threads.

    Parameters
    ----------
    endpoint : Endpoint
    egress : Egress
        Owns the door that the client is given.
    key : SecretStr
    inner : httpx.BaseTransport, optional
        Replaces the network below the door, in tests.
    """

    def __init__(
        self, endpoint: Endpoint, egress: Egress, key: SecretStr, inner: httpx.BaseTransport | None = None
    ) -> None:
        self.model = endpoint.model
        self.base_url = checked_url(endpoint.base_url)
        self.max_tokens = endpoint.max_tokens
        self.timeout_s = endpoint.timeout_s
        self._endpoint = endpoint
        self._key = key
        self._http = egress.client(self.base_url, endpoint.timeout_s, inner)
        self._dialect = Dialect("max_completion_tokens" if is_openai(self.base_url) else "max_tokens")
        self._tried = {self._dialect}
        self._asked_with: dict[str, Dialect] = {}

    def carry(self, ticket: Ticket) -> None:
        """Make one attempt; LangChain's view of the answer is dropped, the ticket holds the raw body."""
        dialect = self._dialect
        self._asked_with[ticket.payload.sha256] = dialect
        words = [(one.role, one.content) for one in ticket.payload.messages]
        self._client(dialect).invoke(words)

    def adapt(self, ticket: Ticket) -> str:
        """Leave out the optional field that a refusal names; return its name, or '' if it names none."""
        used = self._asked_with.pop(ticket.payload.sha256)
        if used != self._dialect:
            return "changed meanwhile"  # another thread met the same refusal first
        complaint = ticket.raw.decode("utf-8", "replace")[:2000]
        other, dropped = used.without(complaint, keep_store=is_openai(self.base_url))
        if other in self._tried:
            return ""
        self._tried.add(other)
        self._dialect = other
        return dropped

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _client(self, dialect: Dialect) -> ChatOpenAI:
        return self._clients.setdefault(dialect, self._open(dialect))

    @cached_property
    def _clients(self) -> dict[Dialect, ChatOpenAI]:
        return {}

    def _open(self, dialect: Dialect) -> ChatOpenAI:
        optional: dict[str, Any] = {}
        if dialect.store:
            optional["store"] = False
        if dialect.temperature and self._endpoint.temperature is not None:
            optional["temperature"] = self._endpoint.temperature
        return ChatOpenAI(
            model=self.model,
            base_url=self.base_url,  # given, or LANGSMITH_GATEWAY and OPENAI_BASE_URL would choose one
            api_key=self._key,
            http_client=self._http,
            openai_proxy=None,  # OPENAI_PROXY would be read, and refused beside a client
            http_async_client=httpx.AsyncClient(transport=_Shut(), trust_env=False),
            timeout=self._endpoint.timeout_s,
            max_retries=0,  # ours are counted
            use_responses_api=False,  # a model's name alone would switch it on
            output_version="v0",
            streaming=False,
            extra_body={dialect.token_field: self.max_tokens},
            **optional,
        )


class _Shut(httpx.AsyncBaseTransport):
    """The asynchronous side of a client has no door, so it has no way out."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise EgressError("a client tried to send asynchronously, past the door; nothing was sent")
