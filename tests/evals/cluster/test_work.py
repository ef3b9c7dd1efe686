"""A worker refuses what it must not do, and says so in words."""

from typing import Any

import pytest

from scafe.evals.cluster import work
from scafe.evals.cluster.likeness import difference, likeness
from scafe.evals.cluster.work import Order, Walls, fill, found_in
from scafe.knowledge.contract.errors import DatasetError, InputError, SandboxError, ScafeError
from scafe.sandbox.pool import pool as pools
from scafe.sandbox.system.doctor import SandboxReport

MADE_OF = tuple(likeness().items())


def double(_: Any, given: int) -> int:
    if given < 0:
        raise DatasetError("row 3 (a.png): cannot be read")
    return 2 * given


def ordered(given: int, made_of: tuple[tuple[str, str], ...] = MADE_OF) -> bytes:
    return fill(Order(double, given, Walls(), made_of))


@pytest.fixture
def _no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "pool_of", lambda _: None)


@pytest.mark.usefixtures("_no_sandbox")
class TestWorker:
    def test_answers(self) -> None:
        assert found_in(ordered(21)) == 42

    def test_hands_an_error_back_as_the_same_error(self) -> None:
        with pytest.raises(DatasetError, match="row 3"):
            found_in(ordered(-1))

    def test_of_another_version_refuses_and_names_it(self) -> None:
        other = tuple({**likeness(), "numpy": "1.0"}.items())
        with pytest.raises(InputError, match=r"a worker has numpy .* \(there 1\.0\)"):
            found_in(ordered(1, other))

    def test_of_other_code_refuses(self) -> None:
        other = tuple({**likeness(), "ScaFE's own code": "0"}.items())
        with pytest.raises(ScafeError, match="own code"):
            found_in(ordered(1, other))


def test_a_worker_below_tier_b_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = SandboxReport(backend="local", tier="C", layers=(), kernel="none")
    monkeypatch.setattr(pools, "inspect_host", lambda *_: weak)
    with pytest.raises(SandboxError, match="Refusing"):
        found_in(ordered(1))


def test_what_differs_is_named_and_nothing_else() -> None:
    assert difference(likeness()) == ""
    assert difference({**likeness(), "scipy": "0.1"}).startswith("scipy 0.1 (here ")
    assert difference({}).count("none (here ") == len(likeness())
