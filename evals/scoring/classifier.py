"""The classifier of a frozen set: median imputation, scaling, ridge logistic regression.

Where criteria declare how features differ between the classes, the ridge has that as its prior
(`scafe.evals.scoring.ridge`); it stays a linear model of the same form.

The ridge keeps every feature of the pool and shrinks it, which at the sizes ScaFE is made for beats
choosing features by their labels. Saved with skops, read back as
numbers; nothing here reads or writes pickle.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from scafe.evals.data.zipped import rewrite_skops
from scafe.evals.scoring.cases import Cases
from scafe.evals.scoring.ridge import stretched, unstretched
from scafe.evals.scoring.score import choose_penalty
from scafe.evals.scoring.splits import Folds
from scafe.evals.scoring.threads import one_thread
from scafe.evals.stored.reading import read_apart
from scafe.evals.stored.saved_model import SavedModel
from scafe.knowledge.contract.errors import IntegrityError

Rows = NDArray[np.float64]
"""(n_images, n_features); NaN where a feature could not be measured."""


@dataclass(frozen=True)
class Classifier:
    """A fitted pipeline and what its numbers mean."""

    classes: tuple[str, ...]
    """Labels, positive first."""
    columns: tuple[str, ...]
    """Names of the features, in order."""
    penalty: float
    """Inverse penalty C that the inner folds chose."""
    pipeline: Pipeline
    """Fitted steps impute, scale, classify."""
    is_ordinal: bool = False
    """Whether `classes` are levels, the highest first; there is then one model per step between two."""

    def probabilities(self, rows: Rows) -> Rows:
        """Return (n_images, n_classes) probabilities, columns in the order of `classes`."""
        if self.is_ordinal:
            return level_chances(self.pipeline.predict_proba(rows))
        order = [list(self.pipeline.classes_).index(label) for label in self.classes]
        found: Rows = self.pipeline.predict_proba(rows)[:, order]
        return found

    def contributions(self, rows: Rows) -> Rows:
        """Return what each feature adds to the log-odds of the positive class.

        Returns
        -------
        (n_images, n_features) array
            Coefficient times standardised value; with the intercept, their sum is the log-odds
            (two classes, the first class against the rest, or the mean over the steps between levels). A
            feature that was missing contributes what its median does.
        """
        found: Rows = self.pipeline[:-1].transform(rows) * self.coefficients
        return found

    def decision(self, rows: Rows) -> Rows:
        """Return (n_images,) log-odds of the positive class (of two; against the rest of more; of higher)."""
        score = self.pipeline.decision_function(rows)
        if self.is_ordinal:
            mean: Rows = score.mean(axis=1)
            return mean
        if len(self.classes) > 2:
            column: Rows = score[:, list(self.pipeline.classes_).index(self.classes[0])]
            return column
        found: Rows = score if self.pipeline.classes_[1] == self.classes[0] else -score
        return found

    @property
    def coefficients(self) -> Rows:
        """(n_features,) log-odds of the positive class per standard deviation of each feature."""
        model, positive = self.pipeline[-1], self.classes[0]
        if self.is_ordinal:
            mean: Rows = np.mean([one.coef_[0] for one in model.estimators_], axis=0)
            return mean
        if len(self.classes) > 2:
            row: Rows = model.estimators_[list(model.classes_).index(positive)].coef_[0]
            return row
        found: Rows = model.coef_[0] if model.classes_[1] == positive else -model.coef_[0]
        return found


def fit_classifier(cases: Cases, columns: tuple[str, ...], folds: Folds) -> Classifier:
    """Fit the classifier with the penalty that has the least log loss over patient-grouped folds.

    Parameters
    ----------
    cases : Cases
        Values, labels and patients of the images to fit on, and what is declared of the columns.
    columns : tuple of str
        Names of the features.
    folds : Folds
        Inner folds over the same images.

    References
    ----------
    .. [1] Hoerl and Kennard (1970), Ridge Regression, Technometrics 12(1), 55-67,
       doi:10.1080/00401706.1970.10488634.
    .. [2] le Cessie and van Houwelingen (1992), Ridge Estimators in Logistic Regression,
       Applied Statistics 41(1), 191-201, doi:10.2307/2347628.
    """
    penalty = choose_penalty(cases.rows, cases.task, folds, signs=cases.signs)
    return fit_at_penalty(cases, columns, penalty)


def fit_at_penalty(cases: Cases, columns: tuple[str, ...], penalty: float) -> Classifier:
    """Fit the classifier with an inverse penalty C that is already chosen."""
    steps = [
        ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
        ("scale", StandardScaler()),
    ]
    last = _last_step(penalty, len(cases.classes))
    # One thread: the order of a threaded sum would change the last bits of the file.
    with one_thread(), config_context(skip_parameter_validation=True):
        standard = Pipeline(steps).fit_transform(cases.rows)
        last.fit(stretched(standard, cases.signs), _fitted_target(cases))
    for model in getattr(last, "estimators_", [last]):
        model.coef_ = unstretched(model.coef_, cases.signs)
    pipeline = Pipeline([*steps, ("classify", last)])
    return Classifier(cases.classes, columns, penalty, pipeline, cases.task.is_ordinal)


def _fitted_target(cases: Cases) -> NDArray[np.str_] | NDArray[np.int64]:
    """Return labels, or for levels one column per step: is it higher (see `Task.codes`)."""
    return cases.task.codes.T.astype(np.int64) if cases.task.is_ordinal else cases.labels


def level_chances(above: Rows) -> Rows:
    """Turn the chances of being above each step into chances of levels.

    Parameters
    ----------
    above : (n, n_levels - 1) array
        Chance of being above the lowest level, the second lowest, and so on; made to fall from step to step.

    Returns
    -------
    (n, n_levels) array
        The highest level first; each row sums to 1.

    References
    ----------
    .. [1] Frank and Hall (2001), A Simple Approach to Ordinal Classification, ECML,
       doi:10.1007/3-540-44795-4_13.

    Examples
    --------
    >>> level_chances(np.array([[0.75, 0.25]])).tolist()
    [[0.25, 0.5, 0.25]]
    """
    falling = np.minimum.accumulate(above, axis=1)
    edges = np.column_stack([np.ones(len(above)), falling, np.zeros(len(above))])
    return np.asarray(-np.diff(edges, axis=1)[:, ::-1])


def dump_classifier(classifier: Classifier) -> bytes:
    """Write a classifier as skops bytes; the same classifier gives the same bytes."""
    import skops.io  # imports every estimator of scikit-learn: three seconds that few commands need

    # SimpleImputer keeps a numpy.dtype, which skops does not trust: its medians travel as an array.
    content = {
        "classes": list(classifier.classes),
        "columns": list(classifier.columns),
        "penalty": classifier.penalty,
        **({"is_ordinal": True} if classifier.is_ordinal else {}),
        "medians": classifier.pipeline[0].statistics_,
        "model": classifier.pipeline[1:],
    }
    return rewrite_skops(skops.io.dumps(content))


def load_classifier(data: bytes, where: str = "classifier.skops") -> Classifier:
    """Read a classifier from a file that may be a stranger's.

    The file is read in a process of its own behind the wall, as numbers alone (`saved_model.read_saved`); the
    estimators are made here and given these numbers.

    Parameters
    ----------
    data : bytes
    where : str
        Names the file in messages.

    Raises
    ------
    IntegrityError
        It is not what `dump_classifier` writes, or the process that read it died or ran out of time.

    References
    ----------
    .. [1] skops, "Secure persistence": types are audited, the numbers in them are not,
       https://skops.readthedocs.io/en/stable/persistence.html
    """
    found = read_apart(data, where)
    if not isinstance(found, SavedModel):
        raise IntegrityError(f"{where} holds a forest where the ridge belongs; ask for the bundle again")
    return rebuilt(found)


def rebuilt(saved: SavedModel) -> Classifier:
    """Have scikit-learn fit a pipeline of the right form, then put the saved numbers in."""
    nothing = np.zeros((len(saved.classes), len(saved.columns)))
    medians = np.array([saved.medians])
    imputer = SimpleImputer(strategy="median", keep_empty_features=True).fit(medians)
    scaler = StandardScaler().fit(nothing)
    scaler.mean_, scaler.scale_ = np.array(saved.means), np.array(saved.scales)
    scaler.var_, scaler.n_samples_seen_ = np.array(saved.variances), saved.images
    with one_thread(), config_context(skip_parameter_validation=True):
        last = _last_step(saved.penalty, len(saved.classes)).fit(nothing, _one_of_each(saved))
    for model, numbers in zip(getattr(last, "estimators_", [last]), saved.models, strict=True):
        model.coef_, model.intercept_ = np.array([numbers.weights]), np.array([numbers.intercept])
    pipeline = Pipeline([("impute", imputer), ("scale", scaler), ("classify", last)])
    return Classifier(saved.classes, saved.columns, saved.penalty, pipeline, saved.is_ordinal)


def _one_of_each(saved: SavedModel) -> NDArray[np.str_] | NDArray[np.int64]:
    """Return one target per class: the labels, or for levels which steps each is above."""
    if not saved.is_ordinal:
        return np.array(saved.classes)
    return np.tri(len(saved.classes), len(saved.classes) - 1, -1, dtype=np.int64)


def _last_step(penalty: float, n_classes: int) -> LogisticRegression | OneVsRestClassifier:
    classify = LogisticRegression(C=penalty, solver="newton-cholesky", tol=1e-8)
    return classify if n_classes == 2 else OneVsRestClassifier(classify)
