"""With a companion the criteria-only set is the same to the byte, and the fused one stands beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skops.io import dumps

from scafe.evals.companion.companion import Appearance, Companion, open_companion
from scafe.evals.companion.note import CompanionNote
from scafe.evals.data.dataset import Drawn
from scafe.evals.frozen.agreement import CLASSIFIER, FUSED
from scafe.evals.frozen.beside.prediction import companion_of, lacking_words, predict_fused
from scafe.evals.frozen.bundle import MANIFEST, Bundle, canonical_json, open_bundle
from scafe.evals.frozen.freeze import freeze
from scafe.evals.frozen.predict import Picture, explain, predict
from scafe.evals.frozen.seal import open_seal, read_headline
from scafe.evals.frozen.verify import verify_bundle
from scafe.evals.processes.elsewhere import Wanted, predict_some
from scafe.evals.report.report import write_report
from scafe.knowledge.contract.errors import InputError, IntegrityError
from scafe.sandbox.pool.pool import Pool

Open = Callable[..., Any]


def appearance() -> Appearance:
    return Appearance(open_companion("colour_texture", "mask"))


@pytest.fixture(scope="module")
def session(open_toy: Open, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A toy session with colour and texture beside; its bundle is frozen and its seal open."""
    folder = tmp_path_factory.mktemp("companion")
    session = open_toy(folder / "bench")
    session.appearance = appearance()
    freeze(session, session.refs(), str(folder / "frozen"), {})
    session.told = open_seal(session, str(folder / "frozen"), "Ada")
    session.bundle = folder / "frozen"
    return session


@pytest.fixture(scope="module")
def alone(open_toy: Open, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same session without a companion."""
    folder = tmp_path_factory.mktemp("alone")
    session = open_toy(folder / "bench")
    freeze(session, session.refs(), str(folder / "frozen"), {})
    session.told = open_seal(session, str(folder / "frozen"), "Ada")
    session.bundle = folder / "frozen"
    return session


def test_the_criteria_only_set_and_its_headline_are_the_same_with_and_without(
    session: Any, alone: Any
) -> None:
    with_it, without = open_bundle(session.bundle), open_bundle(alone.bundle)
    assert with_it.contents[CLASSIFIER] == without.contents[CLASSIFIER]
    assert with_it.manifest.features == without.manifest.features
    assert with_it.manifest.threshold == without.manifest.threshold
    assert session.told == alone.told
    assert read_headline(session).model == read_headline(alone).model


def test_without_a_companion_no_file_and_no_field_speaks_of_one(alone: Any) -> None:
    bundle = open_bundle(alone.bundle)
    assert FUSED not in bundle.contents
    assert b"companion" not in bundle.contents[MANIFEST]
    assert "beside" not in read_headline(alone).model_dump()
    with pytest.raises(IntegrityError, match="no companion"):
        _ = bundle.fused


def test_three_scores_stand_side_by_side_with_what_each_part_carries(session: Any) -> None:
    headline = read_headline(session)
    beside = headline.beside
    assert beside is not None
    assert beside.numbers == 33
    gain = beside.fused.value - headline.model.auc.value
    assert beside.over_criteria.auc.value == pytest.approx(gain, abs=1e-5)
    assert beside.over_companion.auc.value == pytest.approx(beside.fused.value - beside.alone.value, abs=1e-5)
    assert sum(beside.shares.values()) == pytest.approx(1, abs=1e-5)
    assert sum(beside.criteria.values()) == pytest.approx(beside.shares["criteria"], abs=1e-5)
    assert set(beside.criteria) == {"redness", "extent"}


def test_a_small_study_has_them_from_folds(open_toy: Open, tmp_path: Path) -> None:
    session = open_toy(tmp_path / "bench", n_per_class=20)
    session.appearance = appearance()
    freeze(session, session.refs(), str(tmp_path / "frozen"), {})
    open_seal(session, str(tmp_path / "frozen"), "Ada")
    beside = read_headline(session).beside
    assert beside is not None
    assert "identical folds" in beside.over_criteria.method
    assert 0.4 < beside.fused.value <= 1


def test_the_report_keeps_the_headline_and_shows_the_fused_row_after_it(
    session: Any, alone: Any, tmp_path: Path
) -> None:
    texts = []
    for one in (session, alone):
        folder = tmp_path / str(len(texts))
        folder.mkdir()
        files = write_report(one, str(one.bundle), str(folder), {"drafter": "builtin"})
        texts.append(Path(files["md"]).read_text())
    with_it, without = texts
    assert "Criteria beside appearance" in with_it
    assert "of these: redness" in with_it
    assert "Criteria beside appearance" not in without
    headline = "AUC "
    first = [next(line for line in text.splitlines() if line.startswith(headline)) for text in texts]
    assert first[0] == first[1]


def test_a_prediction_has_both_scores_and_its_label_is_the_criteria_only_one(
    session: Any, alone: Any
) -> None:
    bundle, plain = open_bundle(session.bundle), open_bundle(alone.bundle)
    images = session.images[:6]
    rows = session.matrix(session.refs(), tuple(range(6)))
    names = [str(place) for place in range(6)]
    assert explain(bundle, names, rows) == explain(plain, names, rows)
    fused = predict_fused(bundle, companion_of(bundle, None), rows, images)
    both = np.hstack([rows, appearance().companion.rows(images)])
    expected = bundle.fused.probabilities(both)
    intercept = bundle.fused.decision(both) - bundle.fused.contributions(both).sum(axis=1)
    for place, one in enumerate(fused):
        assert one is not None
        assert one.probability["severe"] == pytest.approx(expected[place, 0], abs=1e-6)
        odds = one.criteria_log_odds + one.appearance_log_odds + intercept[place]
        assert 1 / (1 + np.exp(-odds)) == pytest.approx(expected[place, 0], abs=1e-5)


def test_a_worker_of_a_cluster_predicts_both_scores_too(session: Any) -> None:
    bundle = open_bundle(session.bundle)
    pictures = tuple(Picture(str(place), Drawn(session.images[place]), True) for place in range(3))
    wanted = Wanted(str(session.bundle), bundle.sha256, pictures, None, None)
    with Pool(workers=1) as pool:
        told = predict_some(pool, wanted)
        here = predict(bundle, pictures, pool, companion=companion_of(bundle, None))
    assert [one["fused"] for one in told] == [one.fused.model_dump() for one in here if one.fused]


def test_a_bundle_with_a_companion_verifies_and_says_what_stands_beside(session: Any) -> None:
    found = verify_bundle(session.bundle, session.pool)
    assert found.is_good
    assert any("companion: colour and texture" in line for line in found.sentences())


def rewritten(bundle: Bundle, folder: Path, content: bytes) -> Path:
    """Write the bundle with another fused classifier and right hashes."""
    import hashlib

    files = {**bundle.manifest.files, FUSED: hashlib.sha256(content).hexdigest()}
    manifest = bundle.manifest.model_copy(update={"files": files})
    for name, held in {**bundle.contents, FUSED: content, MANIFEST: canonical_json(manifest)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(held)
    return folder


def test_a_fused_classifier_of_other_features_or_of_another_kind_is_refused(
    session: Any, tmp_path: Path
) -> None:
    bundle = open_bundle(session.bundle)
    swapped = open_bundle(rewritten(bundle, tmp_path / "a", bundle.contents[CLASSIFIER]))
    with pytest.raises(IntegrityError, match="numbers of the companion"):
        _ = swapped.fused
    foreign = open_bundle(rewritten(bundle, tmp_path / "b", dumps({"model": "none"})))
    with pytest.raises(IntegrityError, match=r"fused\.skops"):
        _ = foreign.fused
    with pytest.raises(IntegrityError):
        verify_bundle(tmp_path / "a", session.pool)


def test_a_network_is_named_by_its_hash_and_asked_for(session: Any, tmp_path: Path) -> None:
    bundle = open_bundle(session.bundle)
    kept = bundle.manifest.companion
    assert kept is not None
    note = CompanionNote(
        kind="onnx", where="mask", sha256="a" * 64, file="net.onnx", name="Net", licence="MIT"
    )
    manifest = bundle.manifest.model_copy(update={"companion": kept.model_copy(update={"note": note})})
    other = Bundle(bundle.folder, manifest, bundle.sha256, bundle.contents)
    assert companion_of(other, None) is None
    told = lacking_words(other, None)
    assert "net.onnx, licence MIT, SHA-256 aaaaaaaaaaaa" in told
    assert "--companion onnx:FILE" in told
    with pytest.raises(InputError, match="not the one that was frozen"):
        companion_of(other, "colour_texture")


def test_a_companion_for_a_bundle_that_has_none_is_refused(alone: Any) -> None:
    bundle = open_bundle(alone.bundle)
    assert companion_of(bundle, None) is None
    assert lacking_words(bundle, None) == ""
    with pytest.raises(InputError, match="frozen without a companion"):
        companion_of(bundle, "colour_texture")


def test_the_same_session_freezes_to_the_same_bytes(session: Any, open_toy: Open, tmp_path: Path) -> None:
    again = open_toy(tmp_path / "bench")
    again.appearance = Appearance(Companion(session.appearance.companion.note))
    freeze(again, again.refs(), str(tmp_path / "frozen"), {})
    assert open_bundle(tmp_path / "frozen").sha256 == open_bundle(session.bundle).sha256
