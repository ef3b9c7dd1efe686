"""No key or proxy of whoever runs the tests."""

import pytest


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SCAFE_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "LANGSMITH_TRACING"):
        monkeypatch.delenv(name, raising=False)
