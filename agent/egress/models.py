"""A chat model behind any OpenAI-compatible endpoint, as plain as it goes: text in, text out.

No tools, no structured output, no streaming, no Responses API, no retries of the client's own, no
variable of the environment but the key. What `scafe.agent.egress.door` records is what counts; LangChain's
client only carries it.
"""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

import httpx
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from scafe.agent.egress.dialect import LEAST_REPLY, Dialect, Memory
from scafe.agent.egress.door import Egress
from scafe.agent.egress.hosts import OPENAI_URL, checked_url, host_of, is_openai, is_private
from scafe.agent.egress.limits import named_limits
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


@dataclass(frozen=True)
class _Asked:
    """How one request was made."""

    dialect: Dialect
    reply_tokens: int
    sent_bytes: int


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
    memory : Memory, optional
        Holds what was learnt about the endpoint before; by default nothing.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        egress: Egress,
        key: SecretStr,
        inner: httpx.BaseTransport | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.model = endpoint.model
        self.base_url = checked_url(endpoint.base_url)
        self.timeout_s = endpoint.timeout_s
        self._endpoint = endpoint
        self._key = key
        self._http = egress.client(self.base_url, endpoint.timeout_s, inner)
        self._memory = memory or Memory()
        first = Dialect(token_field="max_completion_tokens" if is_openai(self.base_url) else "max_tokens")
        self._dialect = self._recalled() or first
        self._tried = {self._dialect}
        self._asked: dict[str, _Asked] = {}

    @property
    def max_tokens(self) -> int:
        """Longest reply that is asked for, as far as the endpoint allows it."""
        return min(self._endpoint.max_tokens, self._dialect.reply_tokens or self._endpoint.max_tokens)

    def carry(self, ticket: Ticket) -> None:
        """Make one attempt; LangChain's view of the answer is dropped, the ticket holds the raw body."""
        dialect, payload = self._dialect, ticket.payload
        size = payload.size
        settings = dialect.settings(self._endpoint.max_tokens, size, self._endpoint.temperature)
        self._asked[payload.sha256] = _Asked(dialect, settings[dialect.token_field], size)
        ticket.asked = {"model": self.model, "stream": False, **settings}
        # In `extra_body` nothing is judged by the model's name: a field of the client's own is left out for
        # some names (temperature for gpt-5…) and renamed for others (max_tokens).
        self._client.invoke(payload.said, extra_body=settings)

    def adapt(self, ticket: Ticket) -> str:
        """Change what a refusal names and remember it; return it in words, or '' if it names nothing."""
        asked = self._asked.pop(ticket.payload.sha256)
        if asked.dialect != self._dialect:
            return "changed meanwhile"  # another thread met the same refusal first
        keep_store = is_openai(self.base_url)
        other, told = asked.dialect.after(
            ticket.raw, asked.reply_tokens, asked.sent_bytes, keep_store=keep_store
        )
        if not told or other in self._tried:
            ticket.advice = _advice(ticket.raw, asked)
            return ""
        self._tried.add(other)
        self._dialect = other
        self._memory.keep(self.base_url, self.model, other, told)
        return told

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _recalled(self) -> Dialect | None:
        """Return what the run learnt; a file of it cannot say that OpenAI may keep what it is sent."""
        found = self._memory.recall(self.base_url, self.model)
        return found.model_copy(update={"store": True}) if found and is_openai(self.base_url) else found

    @cached_property
    def _client(self) -> ChatOpenAI:
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
            temperature=None,  # not given, 1.0 is added for o1
        )


def _advice(raw: bytes, asked: _Asked) -> str:
    """Say in plain words that a prompt does not fit; '' if a refusal is about something else."""
    limits = named_limits(raw, asked.reply_tokens)
    if not limits.about_context:
        return ""
    prompt = f"{limits.prompt} tokens" if limits.prompt else f"{asked.sent_bytes} bytes"
    context = f"a context of {limits.context} tokens" if limits.context else "the model's context"
    return (
        f"The prompt of {prompt} does not fit into {context} with a reply of at least {LEAST_REPLY}: load "
        "the model with a longer context (16384 suffices), or choose another."
    )


class _Shut(httpx.AsyncBaseTransport):
    """The asynchronous side of a client has no door, so it has no way out."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise EgressError("a client tried to send asynchronously, past the door; nothing was sent")
