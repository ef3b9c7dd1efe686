"""The one way out: what may be sent, journalled before it is used, replayed on resume.

A payload is made from a `Brief` by `scafe.agent.brief.prompt` and from nothing else. It passes three checks
before a byte leaves: the run's egress level, a search for pixels, bulk values and paths, and, at the
last moment, the door: an HTTP transport that compares what a client is really sending with the
payload it was given. Whatever client is used, plain, streaming or with tools, its requests pass the
door or are not sent. Names, ids and labels cannot be recognised by any search; that none is here to
be sent is owed to the `Brief` and to `scafe.evals.disclosure.bench`.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpx

from scafe.agent.egress.budget import Budget
from scafe.agent.egress.checks import client_changes, require_clean, require_same_words
from scafe.agent.egress.completion import Completion, GarbledError, error_body, error_text, read_completion
from scafe.agent.egress.deadline import Deadline
from scafe.agent.egress.journal import Attempt, Journal, RequestRecord, answered
from scafe.agent.egress.patience import Patience
from scafe.agent.egress.payload import Answer, Carrier, EgressLevel, Sayable, Ticket, require_level
from scafe.knowledge.contract.errors import EgressError, ModelError, ScafeError

__all__ = ["Answer", "Carrier", "Door", "Egress", "EgressLevel", "no_tracing", "require_level"]

MIN_SECRET = 12
"""A shorter key ('EMPTY', 'ollama') is no secret, and blotting it out would change what a model wrote."""
TRACING_OFF = {
    name: "false"
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGCHAIN_TRACING")
}
"""Each of these, set to true in a shell, posts every prompt to a third party."""


@contextmanager
def no_tracing() -> Iterator[None]:
    """Keep third-party tracing off, whatever the environment says; wrap every run and every call in it."""
    os.environ.update(TRACING_OFF)
    import langsmith

    with langsmith.tracing_context(enabled=False):
        yield


_under_way: ContextVar[Ticket | None] = ContextVar("scafe_ticket", default=None)


class Egress:
    """The way out of one run. Safe to use from several threads."""

    def __init__(
        self,
        journal: Journal,
        budget: Budget,
        level: EgressLevel,
        *,
        never_send: tuple[str, ...] = (),
        secrets: tuple[str, ...] = (),
        patience: Patience | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        os.environ.update(TRACING_OFF)
        self.journal = journal
        self.budget = budget
        self.level = level
        self._never_send = never_send
        self._secrets = tuple(secret for secret in secrets if len(secret) >= MIN_SECRET)
        self._patience = patience or Patience()
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._tell = tell
        self._told: set[str] = set()

    def client(
        self, base_url: str, timeout_s: float, inner: httpx.BaseTransport | None = None
    ) -> httpx.Client:
        """Return an HTTP client whose every request passes the door.

        It trusts no environment variable (HTTP_PROXY would see the prompts) and follows no redirect.
        """
        once = httpx.Limits(max_keepalive_connections=0)  # calls are rare: nothing stays open between them
        door = Door(self, base_url, inner or httpx.HTTPTransport(trust_env=False, limits=once))
        return httpx.Client(transport=door, trust_env=False, timeout=timeout_s, follow_redirects=False)

    def exchange(self, payload: Sayable, carrier: Carrier) -> Answer:
        """Return the answer to a payload: from the journal if it was asked before, else from the endpoint.

        Raises
        ------
        EgressError
            If the payload may not be sent. Nothing was.
        BudgetError
            If a cap would be passed. Nothing was sent.
        ModelError
            If the endpoint failed after its retries; no text of the payload is in the message.
        """
        with self.one_at_a_time(payload.sha256):
            recorded = self.journal.answer(payload.sha256)
            if recorded is not None:
                return Answer(read_completion(recorded), cached=True)
            self.require_clean(payload)
            return Answer(self._ask(payload, carrier), cached=False)

    def require_clean(self, payload: Sayable) -> None:
        """Raise EgressError if the payload may not leave this run."""
        require_clean(payload, self.level, self._never_send)

    def check(self, ticket: Ticket, request: httpx.Request, body: bytes) -> None:
        """Compare what a client is about to send with the payload it was given.

        Raises
        ------
        EgressError
            If it is more, other, or to somebody else.
        """
        allowed, asked = httpx.URL(ticket.base_url), request.url
        if (asked.scheme, asked.host, asked.port) != (allowed.scheme, allowed.host, allowed.port):
            raise EgressError(f"a client tried to send to {asked.host} instead of {allowed.host}")
        require_same_words(ticket.payload, body, self._never_send)
        self.tell_once(client_changes(ticket.asked, body), ticket.model)

    def tell_once(self, what: str, model: str) -> None:
        """Tell a person something about an endpoint or its client, the first time it is met."""
        with self._lock:
            is_new = bool(what) and what not in self._told
            self._told.add(what)
        if is_new and self._tell is not None:
            self._tell(f"{model}: {what}")

    def opened(self, ticket: Ticket, url: str, body: bytes) -> None:
        """Journal what is about to leave; called by the door, just before."""
        text = body.decode()
        payload = ticket.payload
        self.journal.begin(record_of(payload, url, ticket.model, text))
        first = self.journal.request(payload.sha256)
        reserved = ticket.reservation.usage.prompt_tokens + ticket.reservation.usage.completion_tokens
        self.journal.note(
            payload.sha256,
            Attempt(
                attempt=ticket.attempt,
                event="sent",
                reserved_tokens=reserved,
                body=None if (first.body, first.endpoint) == (text, url) else text,
            ),
        )
        ticket.sent = True

    def scrub(self, text: str) -> str:
        """Blot out every secret of this run."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def now(self) -> float:
        """Return the time by the run's clock, in seconds."""
        return self._patience.clock.now()

    @contextmanager
    def one_at_a_time(self, sha256: str) -> Iterator[None]:
        """Let one thread at a time work on a request; the next finds the answer in the journal."""
        with self._lock:
            lock = self._locks.setdefault(sha256, threading.Lock())
        with lock:
            yield

    def _ask(self, payload: Sayable, carrier: Carrier) -> Completion:
        first = len([one for one in self.journal.attempts(payload.sha256) if one.event == "sent"]) + 1
        tries = 0
        while True:
            tries += 1
            ticket, done = self._attempt(payload, carrier, first + tries - 1)
            if done.outcome == "answered":
                return read_completion(ticket.raw)
            if done.status in (400, 413, 422) and carrier.adapt(ticket):  # gives up by itself
                continue
            wait = self._patience.wait(done, tries, ticket.retry_after)
            if wait is None:
                return self._give_up(payload, ticket, done, tries)
            self.budget.require_time(wait, f"HTTP {done.status}" if done.status else str(done.outcome))
            self._patience.clock.sleep(wait)

    def _attempt(self, payload: Sayable, carrier: Carrier, number: int) -> tuple[Ticket, Attempt]:
        size = payload.size
        reserve = self.budget.reserve(carrier.model, carrier.base_url, size, carrier.max_tokens)
        with reserve as reservation:
            left = reservation.timeout_s
            timeout_s = carrier.timeout_s if left is None else min(left, carrier.timeout_s)
            ticket = Ticket(payload, number, reservation, carrier.model, carrier.base_url, timeout_s)
            self._carry(carrier, ticket)
            done = self._judge(ticket, size)
            if done.outcome == "answered":
                self.journal.finish(payload.sha256, ticket.raw)
            if ticket.sent:
                self.journal.note(payload.sha256, done)
            self.budget.book(done, reservation.price)
        return ticket, done

    def _carry(self, carrier: Carrier, ticket: Ticket) -> None:
        token = _under_way.set(ticket)
        started = self.now()
        try:
            with no_tracing():
                carrier.carry(ticket)
        except ScafeError:
            raise
        except Exception as error:
            # Clients raise what they like after the door has seen the answer; only its record counts.
            if ticket.refusal is None and ticket.status is None and ticket.problem is None:
                name = type(error).__name__
                raise ModelError(
                    f"the client for {ticket.model} failed before anything was sent ({name})"
                ) from None
        finally:
            _under_way.reset(token)
            ticket.seconds = max(0.0, self.now() - started)
        if ticket.refusal is not None:
            raise ticket.refusal

    def _judge(self, ticket: Ticket, size: int) -> Attempt:
        for secret in self._secrets:
            ticket.raw = ticket.raw.replace(secret.encode(), b"***")
        common: dict[str, Any] = {
            "attempt": ticket.attempt,
            "event": "done",
            "seconds": round(ticket.seconds, 3),
        }
        if ticket.problem is not None:
            worst = ticket.reservation.usage
            reserved = worst.prompt_tokens + worst.completion_tokens if ticket.sent else 0
            return Attempt(**common, outcome=ticket.problem, status=ticket.status, reserved_tokens=reserved)
        if ticket.status != 200:
            return Attempt(**common, outcome="http", status=ticket.status, note=self._said(ticket.raw))
        try:
            completion = read_completion(ticket.raw)
        except GarbledError as error:
            return Attempt(**common, outcome="garbled", status=200, note=self.scrub(str(error)))
        done = answered(ticket.attempt, ticket.raw, size, ticket.seconds)
        cut_or_refused = completion.finish_reason in ("length", "content_filter") or completion.refusal
        is_answer = completion.text.strip() or cut_or_refused
        return done if is_answer else done.model_copy(update={"outcome": "empty"})

    def _said(self, raw: bytes) -> str:
        body = error_body(raw)
        return self.scrub(error_text(body)) if body is not None else ""

    def _give_up(self, payload: Sayable, ticket: Ticket, done: Attempt, tries: int) -> Completion:
        if done.outcome == "empty":  # the model said nothing: its fault, so it is data and is replayed
            self.journal.finish(payload.sha256, ticket.raw)
            return read_completion(ticket.raw)
        complaint = self._patience.complaint(done, ticket.model, ticket.base_url, tries)
        raise ModelError(f"{ticket.advice} {complaint}".strip())


def record_of(payload: Sayable, endpoint: str, model: str, body: str) -> RequestRecord:
    """Return what the journal keeps of a request."""
    operator, criterion, variant, seed = payload.about
    return RequestRecord(
        sha256=payload.sha256,
        operator=operator,
        criterion=criterion,
        variant=variant,
        seed=seed,
        level=payload.level,
        endpoint=endpoint,
        model=model,
        body=body,
    )


class Door(httpx.BaseTransport):
    """The transport under every client: nothing is sent but what `Egress` was given to send."""

    MAX_BYTES = 8_000_000
    """Longest answer that is read; a reply of 100,000 tokens has a tenth of it."""
    HEADERS = frozenset(("accept", "authorization", "api-key", "content-length", "content-type", "host"))
    """All that is sent; clients add their version, platform and whatever the environment tells them to."""

    def __init__(self, egress: Egress, base_url: str, inner: httpx.BaseTransport) -> None:
        self._egress = egress
        self._base_url = base_url
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Check, journal, send, and keep the raw answer."""
        ticket = _under_way.get()
        if ticket is None:
            raise EgressError("a client tried to send something on its own; nothing was sent")
        try:
            body = request.read()
            self._egress.check(ticket, request, body)
            self._egress.opened(ticket, str(request.url), body)
        except EgressError as error:
            ticket.refusal = error
            raise
        with Deadline(ticket.timeout_s) as deadline:
            return self._send(ticket, self._plain(request, body, deadline), deadline)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _plain(self, request: httpx.Request, body: bytes, deadline: Deadline) -> httpx.Request:
        headers = {name: value for name, value in request.headers.items() if name.lower() in self.HEADERS}
        headers |= {"accept-encoding": "identity", "user-agent": "scafe"}
        return httpx.Request(
            "POST", request.url, headers=headers, content=body, extensions=deadline.extensions()
        )

    def _send(self, ticket: Ticket, request: httpx.Request, deadline: Deadline) -> httpx.Response:
        started = self._egress.now()
        try:
            response = self._inner.handle_request(request)
            raw = self._read(ticket, response, started)
            if deadline.is_over:  # a body that ends with the connection looks whole
                raise httpx.ReadTimeout("the connection was ended at the deadline")
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            ticket.problem = "unreachable"
            raise
        except httpx.TimeoutException:
            ticket.problem = "timeout"
            raise
        except httpx.TransportError:
            ticket.problem = "timeout" if deadline.is_over else "dropped"
            raise
        ticket.status, ticket.raw = response.status_code, raw
        ticket.retry_after = response.headers.get("retry-after")
        kept = {name: response.headers[name] for name in ("content-type",) if name in response.headers}
        return httpx.Response(response.status_code, headers=kept, content=raw, request=request)

    def _read(self, ticket: Ticket, response: httpx.Response, started: float) -> bytes:
        """Read the whole answer; a server that sends a byte now and then does not hold the run for ever."""
        whole = httpx.Response(response.status_code, headers=response.headers, stream=response.stream)
        pieces: list[bytes] = []
        size = 0
        for piece in whole.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > self.MAX_BYTES:
                raise httpx.ReadError(f"the answer is longer than {self.MAX_BYTES} bytes")
            if self._egress.now() - started > ticket.timeout_s:
                raise httpx.ReadTimeout(f"the answer was not complete after {ticket.timeout_s} seconds")
        whole.close()
        return b"".join(pieces)
