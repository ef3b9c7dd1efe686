"""Money first: caps that are checked before a call, and a ledger that equals the endpoint's own count.

The ledger is summed from the journal, so it survives a kill. Before a call its dearest outcome is set
aside (every byte of the prompt a token, the reply as long as allowed), so parallel drafts together
cannot pass a cap. Failed and malformed replies count; one evaluation is kept for every draft under
way, so that no paid draft is dropped.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal

from scafe.agent.egress.completion import Usage
from scafe.agent.egress.journal import Attempt, Journal
from scafe.agent.egress.prices import Price, PriceTable, cost, fix_price, fixed_prices
from scafe.knowledge.contract.errors import BudgetError

FRAME_TOKENS = 64
"""Tokens that a chat template may add around two messages; the common templates add 10 to 30."""


@dataclass(frozen=True)
class Caps:
    """Hard caps of one run; None: no cap."""

    calls: int | None = None
    """Requests that reach the endpoint, failed ones included."""
    tokens: int | None = None
    """Prompt and reply tokens together."""
    cost: Decimal | None = None
    """Money, in the currency of the model's price."""
    seconds: float | None = None
    """Time of the run, or of its calls where the run's own clock is not given."""


@dataclass(frozen=True)
class Ledger:
    """What a run has used."""

    calls: int = 0
    """Requests that reached the endpoint and whose end was seen."""
    lost: int = 0
    """Requests that were under way when the run was killed. They count towards tokens and money, not calls:
    a run that was killed asks for as much as one that was not."""
    answered: int = 0
    """Requests (each counted once) that have their answer."""
    failed: int = 0
    """Calls that brought nothing usable: HTTP errors, empty or garbled bodies, dropped connections."""
    prompt_tokens: int = 0
    """As the endpoint counted them, or estimated where it did not."""
    completion_tokens: int = 0
    """Likewise."""
    uncertain_tokens: int = 0
    """Most that dropped or timed-out calls may have cost; counts towards the caps."""
    estimated: int = 0
    """Answers whose tokens the endpoint did not report."""
    cost: Decimal | None = Decimal(0)
    """Money, without the uncertain tokens; None if a model has no price."""
    uncertain_cost: Decimal = Decimal(0)
    """Most that dropped calls may have cost."""
    seconds: float = 0.0
    """Time spent waiting for the endpoint."""

    @property
    def tokens(self) -> int:
        """Every token that is, or may have been, paid."""
        return self.prompt_tokens + self.completion_tokens + self.uncertain_tokens

    def plus(self, done: Attempt, price: Price | None) -> "Ledger":
        """Return the ledger after one more attempt."""
        reached = done.outcome not in ("unreachable", "lost")
        usage = Usage(done.prompt_tokens, done.completion_tokens)
        uncertain = done.reserved_tokens if done.outcome in ("dropped", "timeout", "lost") else 0
        worst = cost(price, Usage(0, uncertain)) if price else Decimal(0)
        return replace(
            self,
            calls=self.calls + reached,
            lost=self.lost + (done.outcome == "lost"),
            answered=self.answered + (done.outcome == "answered"),
            failed=self.failed + (reached and done.outcome != "answered"),
            prompt_tokens=self.prompt_tokens + usage.prompt_tokens,
            completion_tokens=self.completion_tokens + usage.completion_tokens,
            uncertain_tokens=self.uncertain_tokens + uncertain,
            estimated=self.estimated + done.estimated,
            cost=None if self.cost is None or price is None else self.cost + cost(price, usage),
            uncertain_cost=self.uncertain_cost + worst,
            seconds=self.seconds + done.seconds,
        )


@dataclass(frozen=True)
class Estimate:
    """What a run is expected to use, before it starts."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal | None
    """None if the model has no price."""
    currency: str


@dataclass(frozen=True)
class Reservation:
    """The dearest outcome of one call, set aside until it is over."""

    usage: Usage
    price: Price | None
    timeout_s: float | None
    """Seconds left to the run; None: no cap."""


@dataclass
class _Outside:
    """What the budget asks of the rest of the run."""

    elapsed_s: Callable[[], float] | None
    reserved: list[Reservation] = field(default_factory=list)


class Budget:
    """The caps of one run over the ledger of its journal. Safe to use from several threads."""

    def __init__(
        self,
        journal: Journal,
        caps: Caps | None = None,
        prices: PriceTable | None = None,
        *,
        elapsed_s: Callable[[], float] | None = None,
    ) -> None:
        self.caps = caps or Caps()
        self._prices = prices or PriceTable()
        self._journal = journal
        self._outside = _Outside(elapsed_s)
        self._lock = threading.Lock()
        self._ledger = ledger_of(journal)

    @property
    def ledger(self) -> Ledger:
        """What the run has used so far."""
        with self._lock:
            return self._ledger

    @contextmanager
    def reserve(self, model: str, base_url: str, sent_bytes: int, max_tokens: int) -> Iterator[Reservation]:
        """Set aside what one call can cost at most; release it at the end of the block.

        Raises
        ------
        BudgetError
            If a cap would be passed; nothing was sent.
        """
        usage = Usage(sent_bytes + FRAME_TOKENS, max_tokens)  # a token is at least one byte
        with self._lock:
            price = fix_price(self._journal.folder, model, self._prices.price(model, base_url))
            self._require_room(model, usage, price)
            reservation = Reservation(usage, price, self._seconds_left())
            self._outside.reserved.append(reservation)
        try:
            yield reservation
        finally:
            with self._lock:
                self._outside.reserved.remove(reservation)

    def book(self, done: Attempt, price: Price | None) -> None:
        """Add one finished attempt to the ledger."""
        with self._lock:
            self._ledger = self._ledger.plus(done, price)

    def _require_room(self, model: str, usage: Usage, price: Price | None) -> None:
        caps, used, under_way = self.caps, self._ledger, self._outside.reserved
        if caps.calls is not None and used.calls + len(under_way) + 1 > caps.calls:
            raise _spent("calls", caps.calls, used.calls, "--max-calls")
        tokens = sum(one.usage.prompt_tokens + one.usage.completion_tokens for one in under_way)
        wanted = usage.prompt_tokens + usage.completion_tokens
        if caps.tokens is not None and used.tokens + tokens + wanted > caps.tokens:
            raise _spent("tokens", caps.tokens, used.tokens, "--max-tokens", wanted)
        self._require_money(model, usage, price)
        left = self._seconds_left()
        if left is not None and left <= 0:
            raise _spent("seconds", self.caps.seconds, round(self._seconds_used(), 1), "--max-seconds")

    def _require_money(self, model: str, usage: Usage, price: Price | None) -> None:
        cap = self.caps.cost
        if cap is None:
            return
        if price is None or self._ledger.cost is None:
            raise BudgetError(
                f"the cap of {cap} cannot be kept: model {model} has no price; "
                f"write it under [models] into a file and name that with --prices, or drop the cap"
            )
        others = sum((cost(one.price, one.usage) for one in self._outside.reserved if one.price), Decimal(0))
        used = self._ledger.cost + self._ledger.uncertain_cost
        if used + others + cost(price, usage) > cap:
            raise _spent(price.currency, cap, round(used, 4), "--max-cost", round(cost(price, usage), 4))

    def _seconds_used(self) -> float:
        elapsed = self._outside.elapsed_s
        return elapsed() if elapsed else self._ledger.seconds

    def require_time(self, wait: float, why: str) -> None:
        """Refuse to wait longer than the run may still take, whoever asks for it.

        Raises
        ------
        BudgetError
            If the wait would pass the cap on seconds.
        """
        with self._lock:
            left = self._seconds_left()
        if left is not None and wait >= left:
            raise BudgetError(
                f"the next attempt has to wait {wait:.0f} s ({why}), and {max(left, 0):.0f} s are left of "
                "--max-seconds; raise it, or let the run end with what it has"
            )

    def _seconds_left(self) -> float | None:
        return None if self.caps.seconds is None else self.caps.seconds - self._seconds_used()


def ledger_of(journal: Journal) -> Ledger:
    """Sum what a run has used from its journal."""
    prices = fixed_prices(journal.folder)
    ledger = Ledger()
    for entry in journal.entries():
        for done in journal.settled(entry):
            ledger = ledger.plus(done, prices.get(entry.request.model))
    return ledger


def estimate(
    calls: Mapping[str, int],
    prompt_bytes: int,
    reply_tokens: int,
    model: str,
    base_url: str,
    prices: PriceTable,
) -> Estimate:
    """Estimate what a run will use, for `--dry-run`.

    Parameters
    ----------
    calls : mapping
        Planned calls by operator, e.g. {"plan": 1, "draft": 16, "repair": 8}.
    prompt_bytes : int
        Size of a typical prompt, e.g. of the first brief put into words.
    reply_tokens : int
        Length of a typical reply, hidden reasoning included.
    """
    total = sum(calls.values())
    usage = Usage(
        total * -(-prompt_bytes // 4), total * reply_tokens
    )  # prose and code: about 4 bytes a token
    price = prices.price(model, base_url)
    return Estimate(
        calls=total,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cost=cost(price, usage) if price else None,
        currency=price.currency if price else "USD",
    )


def _spent(what: str, cap: object, used: object, option: str, wanted: object = 1) -> BudgetError:
    return BudgetError(
        f"the cap of {cap} {what} would be passed: {used} used, the next call may need {wanted}; "
        f"raise {option}, or let the run end with what it has"
    )
