"""What the bench tells of the data is what the trace can hold."""

from typing import Any

import pytest

from scafe.agent.record.events import BenchOpened
from scafe.evals.disclosure.bench import BenchFacts

FACTS: dict[str, Any] = {
    "mode": "blind",
    "classes": ("keloid", "hypertrophic"),
    "queries": 0,
    "sealed": False,
    "patients_band": "20-49",
    "data_sha256": "d" * 64,
    "scorer_sha256": "s" * 64,
    "toolkit_sha256": "t" * 64,
    "sandbox": {"tier": "A"},
}


def test_every_fact_that_the_bench_can_tell_has_a_field_in_its_event() -> None:
    """A run on experts' scores stopped at its first step: its event had no field for them."""
    told = set(BenchFacts.model_fields) - {"sandbox"} | {"host", "kind"}
    assert told == set(BenchOpened.model_fields)


@pytest.mark.parametrize(
    "more",
    [{}, {"experts": ("height",), "experts_sha256": "e" * 64}, {"to_locate": "scar", "outlined": True}],
)
def test_facts_become_the_event_as_they_are(more: dict[str, Any]) -> None:
    facts = BenchFacts.model_validate({**FACTS, **more})
    event = BenchOpened(**facts.model_dump(exclude={"sandbox"}), host=facts.sandbox)
    assert event.model_dump(exclude={"kind", "host"}) == facts.model_dump(exclude={"sandbox"})
