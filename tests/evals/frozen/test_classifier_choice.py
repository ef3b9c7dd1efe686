"""`--classifier auto`: one label query, both classifiers kept and shown, the ridge by default."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scafe.evals.disclosure.ledger import Ledger
from scafe.evals.frozen.agreement import CLASSIFIER, ENSEMBLE
from scafe.evals.frozen.beside.ensemble import freeze_ensemble
from scafe.evals.frozen.bundle import MANIFEST, Bundle, open_bundle
from scafe.evals.frozen.fitting import fit_pool
from scafe.evals.frozen.freeze import freeze
from scafe.evals.frozen.predict import explain
from scafe.evals.frozen.seal import open_seal, read_headline
from scafe.evals.frozen.verify import verify_bundle
from scafe.evals.report.report import write_report
from scafe.knowledge.contract.errors import DisclosureError, IntegrityError

Open = Callable[..., Any]


def asking(session: Any) -> Any:
    """Let a toy session choose its classifier."""
    session.spec = session.spec.model_copy(update={"classifier": "auto"})
    gated = session.facts.mode == "gated"
    session.ledger = Ledger(queries_allowed=20 if gated else 0, queries_used=4 * gated, reserved=int(gated))
    return session


@pytest.fixture(scope="module")
def session(open_toy: Open, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("auto")
    session = asking(open_toy(folder / "bench"))
    freeze(session, session.refs(), str(folder / "frozen"), {})
    session.told = open_seal(session, str(folder / "frozen"), "Ada")
    session.bundle = folder / "frozen"
    return session


def test_the_choice_costs_one_query_and_a_second_freeze_none(session: Any, tmp_path: Path) -> None:
    assert session.ledger.queries_used == 5
    assert session.ledger.reserved == 0
    freeze(session, session.refs(), str(tmp_path / "again"), {})
    assert session.ledger.queries_used == 5
    with pytest.raises(DisclosureError, match="it is spent"):
        session.ledger.spend_reserved(accepted=False)


def test_a_reserved_query_is_not_the_searchs_to_spend() -> None:
    ledger = Ledger(queries_allowed=1, reserved=1)
    assert ledger.queries_left == 0
    with pytest.raises(DisclosureError, match="no query is left"):
        ledger.spend("a", accepted=False, reports=0, released=0)
    assert ledger.spend_reserved(accepted=True).bits > 0


def test_the_bundle_holds_both_and_says_which_decides(session: Any) -> None:
    bundle = open_bundle(session.bundle)
    kept = bundle.manifest.ensemble
    assert kept is not None
    assert {CLASSIFIER, ENSEMBLE} <= bundle.contents.keys()
    assert kept.gain.mean == pytest.approx(kept.auc - kept.ridge_auc, abs=1e-5)
    assert bundle.deciding is (bundle.forest if kept.decides else bundle.classifier)
    assert "corrected standard error" in kept.why
    assert verify_bundle(session.bundle, session.pool).is_good


def test_headline_and_report_show_both_with_the_criteria_of_each(session: Any, tmp_path: Path) -> None:
    headline = read_headline(session)
    second = headline.second
    assert second is not None
    gain = headline.model.auc.value - second.auc.value
    assert second.difference.auc.value == pytest.approx(gain, abs=1e-5)
    assert set(second.shares) == {"random forest", "ridge logistic regression"}
    for shares in second.shares.values():
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
    files = write_report(session, str(session.bundle), str(tmp_path), {"drafter": "builtin"})
    text = Path(files["md"]).read_text()
    assert "Which classifier" in text
    assert f"{second.decides} (headline)" in text


def decided_by_forest(session: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """Freeze with a choice that came out for the forest."""
    from scafe.evals.frozen.beside import ensemble
    from scafe.evals.scoring.ensemble.choice import Choice, choose_classifier

    def leading(*arguments: Any) -> Choice:
        found = choose_classifier(*arguments)
        return Choice(found.forest, found.aucs, found.ridge_aucs, found.held_out, found.test, leads=True)

    monkeypatch.setattr(ensemble, "choose_classifier", leading)
    freeze(session, session.refs(), str(folder), {})
    return open_bundle(folder)


def test_where_the_forest_decides_predictions_and_headline_are_its_own(
    open_toy: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = asking(open_toy(tmp_path / "bench"))
    bundle = decided_by_forest(session, tmp_path / "frozen", monkeypatch)
    rows = session.matrix(session.refs(), tuple(range(5)))
    told = explain(bundle, [str(place) for place in range(5)], rows)
    chances = bundle.forest.probabilities(rows)
    for place, one in enumerate(told):
        assert one.probability["severe"] == pytest.approx(chances[place, 0], abs=1e-6)
        odds = one.base_log_odds + sum(part.log_odds for part in one.criteria)
        assert 1 / (1 + np.exp(-odds)) == pytest.approx(chances[place, 0], abs=2e-3)
    open_seal(session, str(tmp_path / "frozen"), "Ada")
    headline = read_headline(session)
    assert headline.second is not None
    assert headline.second.decides == "random forest"
    assert headline.second.name == "ridge logistic regression"


def test_too_few_patients_choose_nothing_and_show_both(open_toy: Open, tmp_path: Path) -> None:
    session = asking(open_toy(tmp_path / "bench", n_per_class=20))
    found = freeze_ensemble(session, fit_pool(session, session.refs()))
    assert found is not None
    assert not found.record.decides
    assert "the ridge stays" in found.record.why
    assert session.ledger.queries_used == 0


def test_by_default_nothing_speaks_of_a_forest(open_toy: Open, tmp_path: Path) -> None:
    session = open_toy(tmp_path / "bench", n_per_class=20)
    freeze(session, session.refs(), str(tmp_path / "frozen"), {})
    bundle = open_bundle(tmp_path / "frozen")
    assert ENSEMBLE not in bundle.contents
    assert b"ensemble" not in bundle.contents[MANIFEST]
    assert bundle.deciding is bundle.classifier
    with pytest.raises(IntegrityError, match="no forest"):
        _ = bundle.forest
