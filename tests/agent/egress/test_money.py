"""Money: the ledger is the endpoint's own count, no cap is overshot, nothing paid is lost from the count."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from drafting_stand_ins import REPLY, make_brief, open_drafter
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.agent.drafters.chat import ChatDrafter
from scafe.agent.egress.budget import Budget, Caps, Ledger, estimate, ledger_of
from scafe.agent.egress.completion import Usage
from scafe.agent.egress.journal import Attempt, Journal
from scafe.agent.egress.prices import Price, PriceTable, cost, shipped_prices
from scafe.agent.egress.scripted import ScriptedServer
from scafe.agent.reply.reply import read_reply
from scafe.knowledge.contract.errors import BudgetError, IntegrityError, ModelError, SettingsError

PRICES = '[models]\n"scripted" = { input = 2.0, output = 8.0 }\n'


def unruly(seed: int) -> Any:
    """Answer as a poor endpoint does: 30 % malformed, 10 % HTTP errors, now and then without a count."""
    random = Random(seed)

    def respond(body: dict[str, Any]) -> Any:
        draw = random.random()
        if draw < 0.10:
            return {"status": random.choice((429, 500, 503))}
        if draw < 0.40:
            return random.choice(
                ("I cannot do that.", "```python\nCRITERION = ", {"text": None}, "<think>hm")
            )
        return {"text": REPLY, "reasoning": "x" * random.randrange(400)}

    return respond


def spend(drafter: ChatDrafter, calls: int) -> list[str]:
    """Draft until the budget or the endpoint says no; return what stopped each."""

    def one(number: int) -> str:
        try:
            reply = drafter.draft(make_brief(idea=f"idea {number}", variant=number))
        except (BudgetError, ModelError) as error:
            return type(error).__name__
        return "read" if read_reply(reply.text, "vascularity").source else "malformed"

    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(one, range(calls)))


@pytest.mark.parametrize("seed", [0])
def test_the_ledger_equals_the_endpoint_s_count_to_the_token(tmp_path: Path, seed: int) -> None:
    (tmp_path / "prices.toml").write_text(PRICES)
    with ScriptedServer(unruly(seed)) as server:
        drafter = open_drafter(tmp_path, server.url, prices=tmp_path / "prices.toml")
        outcomes = spend(drafter, 40)
    served, ledger = server.served, drafter.budget.ledger
    assert ledger.calls == served.calls
    assert ledger.prompt_tokens == served.prompt_tokens
    assert ledger.completion_tokens == served.completion_tokens
    assert ledger.uncertain_tokens == ledger.lost == 0
    assert ledger.failed == ledger.calls - ledger.answered > 0
    assert ledger.cost == cost(
        Price(input=2.0, output=8.0), Usage(served.prompt_tokens, served.completion_tokens)
    )
    assert outcomes.count("malformed") > 5
    from_disk = ledger_of(Journal(tmp_path / "llm"))
    assert replace(from_disk, seconds=0.0) == replace(ledger, seconds=0.0)


@pytest.mark.parametrize(
    "caps",
    [
        Caps(calls=17),
        Caps(tokens=40_000),
        Caps(cost=Decimal("0.08")),
        Caps(calls=20, tokens=60_000, cost=Decimal("0.1")),
    ],
)
def test_no_cap_is_overshot_by_parallel_drafts_at_an_unruly_endpoint(tmp_path: Path, caps: Caps) -> None:
    (tmp_path / "prices.toml").write_text(PRICES)
    with ScriptedServer(unruly(5)) as server:
        for _ in range(2):  # the second process goes on with the ledger of the first
            drafter = open_drafter(
                tmp_path, server.url, prices=tmp_path / "prices.toml", caps=caps, max_tokens=1000
            )
            outcomes = spend(drafter, 24)
    served = server.served
    assert "BudgetError" in outcomes
    if caps.calls is not None:
        assert served.calls <= caps.calls
    if caps.tokens is not None:
        assert served.prompt_tokens + served.completion_tokens <= caps.tokens
    if caps.cost is not None:
        used = Usage(served.prompt_tokens, served.completion_tokens)
        assert cost(Price(input=2.0, output=8.0), used) <= caps.cost


def test_a_cap_on_calls_is_used_to_the_last_call(tmp_path: Path) -> None:
    with ScriptedServer([REPLY], after="repeat") as server:
        drafter = open_drafter(tmp_path, server.url, caps=Caps(calls=5))
        outcomes = spend(drafter, 9)
    assert server.served.calls == 5
    assert sorted(outcomes) == ["BudgetError"] * 4 + ["read"] * 5


def test_the_refusal_names_the_cap_what_was_used_and_the_way_out(tmp_path: Path) -> None:
    with ScriptedServer([REPLY], after="repeat") as server:
        drafter = open_drafter(tmp_path, server.url, caps=Caps(calls=1))
        drafter.draft(make_brief())
        with pytest.raises(BudgetError, match=r"cap of 1 calls .* 1 used.*--max-calls"):
            drafter.draft(make_brief("repair"))
        assert drafter.draft(make_brief()).cached  # what was paid can still be had
    assert server.served.calls == 1


def test_a_cap_on_money_without_a_price_is_refused_before_the_first_call(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    budget = Budget(journal, Caps(cost=Decimal(1)))
    with pytest.raises(BudgetError, match="no price"):
        with budget.reserve("unheard-of", "https://api.openai.com/v1", 10, 10):
            pass


def test_the_time_of_the_run_is_a_cap_and_bounds_each_call(tmp_path: Path) -> None:
    journal, elapsed = Journal(tmp_path), [0.0]
    budget = Budget(journal, Caps(seconds=60), elapsed_s=lambda: elapsed[0])
    with budget.reserve("m", "http://127.0.0.1/v1", 10, 10) as reservation:
        assert reservation.timeout_s == 60
    elapsed[0] = 61.0
    with pytest.raises(BudgetError, match="seconds"):
        with budget.reserve("m", "http://127.0.0.1/v1", 10, 10):
            pass


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 400), st.integers(1, 400)), max_size=12), st.integers(200, 3000))
def test_reservations_together_never_pass_the_cap(calls: list[tuple[int, int]], cap: int) -> None:
    import tempfile
    from contextlib import ExitStack

    with tempfile.TemporaryDirectory() as folder, ExitStack() as under_way:
        budget = Budget(Journal(Path(folder)), Caps(tokens=cap))
        total = 0
        for size, longest in calls:
            try:
                held = under_way.enter_context(budget.reserve("m", "http://127.0.0.1/v1", size, longest))
            except BudgetError:
                continue
            total += held.usage.prompt_tokens + held.usage.completion_tokens
        assert total <= cap


def test_a_resumed_run_counts_with_the_prices_of_its_first_call(tmp_path: Path) -> None:
    table = tmp_path / "prices.toml"
    table.write_text(PRICES)
    with ScriptedServer([REPLY, REPLY]) as server:
        first = open_drafter(tmp_path, server.url, prices=table)
        first.draft(make_brief())
        table.write_text(PRICES.replace("8.0", "80.0"))
        second = open_drafter(tmp_path, server.url, prices=table)
        assert second.budget.ledger.cost == first.budget.ledger.cost
        second.draft(make_brief("repair"))
    used = Usage(server.served.prompt_tokens, server.served.completion_tokens)
    assert second.budget.ledger.cost == cost(Price(input=2.0, output=8.0), used)


def test_a_repair_can_be_left_to_a_cheaper_model_at_its_own_price(tmp_path: Path) -> None:
    table = tmp_path / "prices.toml"
    table.write_text(PRICES + '"cheap*" = { input = 0.1, output = 0.4 }\n')
    with ScriptedServer([REPLY, REPLY]) as server:
        drafter = open_drafter(tmp_path, server.url, prices=table, repair_model="cheap-7b")
        drafter.draft(make_brief("refine"))
        drafter.draft(make_brief("repair"))
    assert [body["model"] for body in server.served.bodies] == ["scripted", "cheap-7b"]
    dear, cheap = (
        entry
        for entry in sorted(drafter.egress.journal.entries(), key=lambda e: e.request.model != "scripted")
    )
    expected = sum(
        cost(price, Usage(done.prompt_tokens, done.completion_tokens))
        for entry, price in ((dear, Price(input=2, output=8)), (cheap, Price(input=0.1, output=0.4)))
        for done in drafter.egress.journal.settled(entry)
    )
    assert drafter.budget.ledger.cost == expected


def test_a_price_snapshot_that_was_changed_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "prices.json").write_text("{")
    with pytest.raises(IntegrityError, match=r"prices\.json"):
        ledger_of(Journal(tmp_path))


@pytest.mark.parametrize(
    "text", ["models = 3", "[models]\nx = 3", '[models]\n"x" = { input = -1, output = 2 }', "[", ""]
)
def test_a_price_table_of_another_form_is_refused_with_the_right_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"expected \[models\]"):
        PriceTable(tmp_path / "p.toml")


def test_local_models_are_free_unless_a_price_is_given_and_strangers_have_none(tmp_path: Path) -> None:
    table = PriceTable()
    assert table.price("qwen", "http://127.0.0.1:8000/v1") == Price(input=0, output=0)
    assert table.price("qwen", "https://api.example.org/v1") is None
    assert table.price("gpt-4.1", "https://api.openai.com/v1") == shipped_prices()["gpt-4.1"]
    (tmp_path / "p.toml").write_text('[models]\n"qwen*" = { input = 1, output = 2, currency = "EUR" }\n')
    assert PriceTable(tmp_path / "p.toml").price("qwen3", "http://127.0.0.1/v1").currency == "EUR"  # type: ignore[union-attr]


def test_an_estimate_is_the_sum_of_its_calls() -> None:
    plan = {"plan": 1, "draft": 16, "repair": 8}
    found = estimate(plan, 6000, 1200, "gpt-4.1", "https://api.openai.com/v1", PriceTable())
    assert (found.calls, found.prompt_tokens, found.completion_tokens) == (25, 25 * 1500, 25 * 1200)
    assert found.cost == cost(shipped_prices()["gpt-4.1"], Usage(25 * 1500, 25 * 1200))
    assert estimate(plan, 6000, 1200, "x", "https://api.example.org/v1", PriceTable()).cost is None


@given(
    st.lists(
        st.sampled_from(("answered", "empty", "garbled", "http", "timeout", "dropped", "unreachable", "lost"))
    )
)
def test_every_attempt_is_a_call_a_loss_or_never_left(outcomes: list[Any]) -> None:
    ledger = Ledger()
    for outcome in outcomes:
        ledger = ledger.plus(Attempt(attempt=1, event="done", outcome=outcome, reserved_tokens=10), None)
    unreachable = outcomes.count("unreachable")
    assert ledger.calls + ledger.lost + unreachable == len(outcomes)
    assert ledger.answered + ledger.failed == ledger.calls
    assert ledger.uncertain_tokens == 10 * sum(one in ("timeout", "dropped", "lost") for one in outcomes)
