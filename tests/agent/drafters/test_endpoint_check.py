"""`scafe doctor model`: what an endpoint can do, found out before a run depends on it."""

from pathlib import Path
from typing import Any

import pytest
from drafting_stand_ins import FakeClock

from scafe.agent.drafters.endpoint_check import ModelProbe, probe_model
from scafe.agent.egress.patience import Patience
from scafe.agent.egress.scripted import ScriptedServer
from scafe.knowledge.contract.errors import ModelError, SettingsError

SOURCE = (Path(__file__).parents[1] / "reply" / "replies" / "intended" / "paleness.py").read_text()
GOOD = f"```python\n{SOURCE}```"


def probe(url: str, **more: Any) -> ModelProbe:
    return probe_model("scripted", url, patience=Patience(max_tries=2, clock=FakeClock()), **more)


def statuses(found: ModelProbe) -> dict[str, str]:
    return {check.name: check.status for check in found.checks}


def well_behaved(body: dict[str, Any]) -> Any:
    if body["max_tokens"] < 100:
        return {"text": "```python", "finish_reason": "length"}
    return GOOD


def test_a_good_endpoint_passes_every_check() -> None:
    with ScriptedServer(well_behaved) as server:
        found = probe(server.url)
    assert set(statuses(found).values()) == {"ok"}
    assert found.is_usable
    assert found.context_tokens is not None
    assert found.context_tokens > 12_000
    assert server.served.calls == 3


def test_a_server_that_cuts_long_prompts_without_a_word_is_found_out() -> None:
    with ScriptedServer(well_behaved, context_tokens=4096) as server:
        found = probe(server.url)
    assert statuses(found)["context"] == "fail"
    assert found.context_tokens == 4096
    assert not found.is_usable
    assert "OLLAMA_CONTEXT_LENGTH" in found.checks[-1].told


def test_a_server_that_refuses_long_prompts_is_found_out() -> None:
    def respond(body: dict[str, Any]) -> Any:
        if len(body["messages"][1]["content"]) > 30_000:
            return {"status": 400, "message": "maximum context length is 4096"}
        return well_behaved(body)

    with ScriptedServer(respond) as server:
        found = probe(server.url)
    assert statuses(found)["context"] == "fail"
    assert "maximum context length" in found.checks[-1].told


@pytest.mark.parametrize("usage", ["absent", "null"])
def test_a_server_that_counts_nothing_is_told_apart(usage: str) -> None:
    with ScriptedServer([{"text": GOOD, "usage": usage}], after="repeat") as server:
        found = probe(server.url)
    assert statuses(found)["usage"] == statuses(found)["context"] == "warn"
    assert found.is_usable


def test_a_server_that_ignores_the_longest_reply_is_told_apart() -> None:
    with ScriptedServer([GOOD], after="repeat") as server:
        found = probe(server.url)
    assert statuses(found)["longest reply"] == "warn"


def test_a_model_that_writes_no_extractor_is_told_apart() -> None:
    with ScriptedServer(["I am a helpful assistant."], after="repeat") as server:
        found = probe(server.url)
    assert statuses(found)["answer"] == "warn"


def test_a_server_that_is_ill_fails_at_the_first_check() -> None:
    with ScriptedServer([{"status": 500}], after="repeat") as server:
        found = probe(server.url)
    assert statuses(found) == {"answer": "fail"}
    assert server.served.calls == 2


def test_a_missing_key_and_a_wrong_address_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SCAFE_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ModelError, match="SCAFE_API_KEY"):
        probe_model("gpt-4.1")
    with pytest.raises(SettingsError, match="base URL"):
        probe("not an address")
