"""A frozen set in scikit-learn: pipelines, searches, names, clones, and no pickles."""

import copy
import pickle  # noqa: TID251 - to be refused
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks as checks

import scafe.evals
from scafe.evals import FrozenSet
from scafe.evals.frozen.freeze import freeze
from scafe.evals.frozen.frozen_set import _kept
from scafe.knowledge.contract.errors import DatasetError, IntegrityError


@pytest.fixture(scope="module")
def session(open_toy: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    session = open_toy(tmp_path_factory.mktemp("set") / "bench", n_per_class=30)
    freeze(session, session.refs(), str(session.folder.parent / "frozen"), {})
    return session


@pytest.fixture
def bundle(session: Any) -> str:
    return str(session.folder.parent / "frozen")


def test_it_measures_what_the_bench_measured(session: Any, bundle: str) -> None:
    rows = FrozenSet(bundle).fit_transform(session.images[:8])
    # The sandbox hands six significant digits over.
    assert rows == pytest.approx(session.matrix(session.refs(), tuple(range(8))), rel=1e-5)


def test_it_takes_arrays_pairs_and_files_of_any_size(session: Any, bundle: str, tmp_path: Path) -> None:
    one = session.images[0]
    wide = np.pad(one.image, ((0, 0), (0, 9), (0, 0)))
    path = tmp_path / "ünï code.png"
    cv2.imwrite(str(path), cv2.cvtColor(one.image, cv2.COLOR_RGB2BGR))
    whole = np.ones(one.mask.shape, bool)
    rows = FrozenSet(bundle).transform([one, (one.image, whole), one.image, wide, path])
    assert rows.shape == (5, 3)
    assert np.array_equal(rows[1], rows[2], equal_nan=True)
    assert np.array_equal(rows[2], rows[4], equal_nan=True)
    assert rows[3, 2] == 1.0


def test_it_names_its_columns_and_gives_a_data_frame_where_pandas_is(bundle: str, session: Any) -> None:
    frozen = FrozenSet(bundle)
    assert list(frozen.get_feature_names_out()) == ["delta_red", "noise_red", "area_share"]
    assert frozen.set_output(transform="default").transform(session.images[:2]).shape == (2, 3)
    pandas = pytest.importorskip("pandas")
    frame = FrozenSet(bundle).set_output(transform="pandas").fit_transform(session.images[:2])
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == ["delta_red", "noise_red", "area_share"]


def test_it_works_in_a_pipeline_and_a_grid_search_and_measures_each_image_once(
    session: Any, bundle: str
) -> None:
    _kept.clear()
    FrozenSet(bundle).transform(session.images[:40])  # one sandbox for all; the folds find their rows kept
    model = make_pipeline(FrozenSet(bundle), StandardScaler(), LogisticRegression())
    labels = np.array(session.labels[:40])
    search = GridSearchCV(model, {"logisticregression__C": [0.01, 1.0]}, cv=3, scoring="roc_auc")
    search.fit(session.images[:40], labels)
    assert search.best_score_ > 0.6
    assert len(_kept) == 40
    assert cross_val_score(model, session.images[:40], labels, cv=3).shape == (3,)


def test_a_clone_has_the_same_parameters_and_a_pickle_is_refused_with_the_reason(bundle: str) -> None:
    frozen = FrozenSet(bundle, workers=1)
    assert clone(frozen).get_params() == {"bundle": bundle, "workers": 1, "allow_weaker": False}
    for attempt in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="carries neither the bundle nor its hashes"):
            attempt(frozen)


def test_a_changed_bundle_is_refused_at_every_use(bundle: str, session: Any) -> None:
    frozen = FrozenSet(bundle).fit(session.images[:2])
    source = next(Path(bundle).glob("extractors/*.py"))
    good = source.read_text()
    source.write_text(good.replace("mean()", "max()"))
    try:
        with pytest.raises(IntegrityError, match=source.name):
            frozen.transform(session.images[:2])
    finally:
        source.write_text(good)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (np.zeros((4, 4)), r"X\[0\] is ndarray of shape \(4, 4\)"),
        (np.zeros((4, 4, 3)), "type float64"),
        ((np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5), bool)), r"expected \(4, 4\), bool"),
        ("no such file.png", "no such file"),
    ],
)
def test_what_is_no_image_is_named(bundle: str, wrong: Any, told: str) -> None:
    with pytest.raises(DatasetError, match=told):
        FrozenSet(bundle).transform([wrong])


def test_importing_scafe_evals_stays_light_until_the_frozen_set_is_asked_for() -> None:
    program = (
        "import sys, scafe.evals; assert 'sklearn' not in sys.modules; from scafe.evals import FrozenSet"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="NoSuch"):
        vars(scafe.evals)["__getattr__"]("NoSuch")


@pytest.mark.parametrize(
    "check",
    [
        checks.check_no_attributes_set_in_init,
        checks.check_parameters_default_constructible,
        checks.check_get_params_invariance,
        checks.check_set_params,
        checks.check_do_not_raise_errors_in_init_or_set_params,
        checks.check_estimator_cloneable,
        checks.check_estimator_repr,
        checks.check_estimator_tags_renamed,
        checks.check_valid_tag_types,
        checks.check_mixin_order,
    ],
    ids=lambda check: check.__name__,
)
def test_a_check_of_scikit_learn_that_needs_no_table_of_numbers_passes(check: Any, bundle: str) -> None:
    # The others feed (n, p) tables; scikit-learn itself declines them for estimators of images.
    check("FrozenSet", FrozenSet(bundle))


def test_fit_changes_no_parameter_returns_itself_and_the_order_of_images_does_not_matter(
    session: Any, bundle: str
) -> None:
    frozen = FrozenSet(bundle)
    before = frozen.get_params()
    assert frozen.fit(session.images[:3]) is frozen
    assert frozen.get_params() == before
    _kept.clear()
    forward = frozen.transform(session.images[:6])
    _kept.clear()
    assert np.array_equal(frozen.transform(session.images[5::-1])[::-1], forward)
    assert frozen.transform([]).shape == (0, 3)
