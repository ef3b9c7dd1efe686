"""Ridge or forest: chosen at the freeze for one label query, both kept, both scored."""

from dataclasses import dataclass, replace

import numpy as np

from scafe.evals.disclosure.session import BenchSession
from scafe.evals.frozen.bundle import Bundle
from scafe.evals.frozen.fitting import Fit, corrected_interval, fold_estimate
from scafe.evals.frozen.records import FrozenEnsemble
from scafe.evals.scoring.assessment import compare, estimate, estimate_auc, short
from scafe.evals.scoring.cases import Cases, Rows, per_patient
from scafe.evals.scoring.classifier import Classifier
from scafe.evals.scoring.ensemble.choice import REPEATS, Choice, choose_classifier, forest_by_folds
from scafe.evals.scoring.ensemble.forest import Forest, dump_forest, fit_forest
from scafe.evals.scoring.headline import Difference, Second
from scafe.evals.scoring.score import cross_validate
from scafe.evals.scoring.splits import N_FOLDS, Folds

PURPOSE = "classifier"
"""Of the folds that decide: neither the search nor pruning nor the gains have seen them."""
NAMES = {True: "random forest", False: "ridge logistic regression"}


@dataclass(frozen=True)
class Ensemble:
    """The forest, what a manifest says of it, and the fit that decides."""

    record: FrozenEnsemble
    content: bytes
    fit: Fit


def freeze_ensemble(session: BenchSession, fit: Fit) -> Ensemble | None:
    """Choose between ridge and forest; None if the run did not ask.

    The query that was reserved is spent here, once: a bundle that is written again spends none.
    """
    if session.spec.classifier != "auto":
        return None
    columns = fit.classifier.columns
    choice = choose_classifier(fit.cases, columns, session.draw_folds(PURPOSE), session.spec.seed)
    decides = choice.leads and session.facts.mode == "gated"
    if session.ledger.reserved:
        session.ledger = session.ledger.spend_reserved(decides)
    record = FrozenEnsemble(
        trees=len(choice.forest.roots) // choice.forest.codes,
        leaf=choice.forest.leaf,
        auc=short(choice.aucs.mean()),
        ridge_auc=short(choice.ridge_aucs.mean()),
        gain=corrected_interval(choice.aucs - choice.ridge_aucs, N_FOLDS),
        decides=decides,
        why=_why(session, choice),
    )
    decided = replace(fit, held_out=choice.held_out, nested_aucs=choice.aucs) if decides else fit
    return Ensemble(record, dump_forest(choice.forest), decided)


def _why(session: BenchSession, choice: Choice) -> str:
    if session.facts.mode != "gated":
        return "too few patients for labels to choose anything (blind mode): the ridge stays"
    by = f"the forest's AUC minus the ridge's is {choice.test.mean:+.3f}, its corrected standard error "
    by += f"{choice.test.se:.3f}"
    return f"{by}: the {'forest decides' if choice.leads else 'ridge stays'}"


def second_on_sealed(session: BenchSession, bundle: Bundle, test: Cases) -> Second | None:
    """Score the classifier that does not decide on the held-out test set, beside the one that does."""
    kept = bundle.manifest.ensemble
    if kept is None:
        return None
    both: dict[bool, Classifier | Forest] = {True: bundle.forest, False: bundle.classifier}
    first, other = (
        per_patient(test, both[one].probabilities(test.rows)) for one in (kept.decides, not kept.decides)
    )
    seed = session.spec.seed
    return Second(
        decides=NAMES[kept.decides],
        name=NAMES[not kept.decides],
        auc=estimate_auc(other, seed),
        difference=compare(first, other, seed),
        why=kept.why,
        shares={NAMES[one]: criterion_shares(bundle, both[one].contributions(test.rows)) for one in both},
    )


def second_by_folds(session: BenchSession, bundle: Bundle, cases: Cases, folds: Folds) -> Second | None:
    """Do the same over folds, where nothing is held out and the ridge always decides."""
    kept = bundle.manifest.ensemble
    if kept is None:
        return None
    few = Folds(folds.ids, folds.fold[:REPEATS], folds.n_folds)
    aucs, _ = forest_by_folds(cases, bundle.manifest.columns, few, session.spec.seed)
    ridge = cross_validate(cases.rows, cases.task, few, signs=cases.signs).fold_aucs
    gain = corrected_interval(ridge - aucs, few.n_folds)
    both: dict[bool, Classifier | Forest] = {True: bundle.forest, False: bundle.classifier}
    method = f"corrected resampled interval over {len(aucs)} identical folds"
    return Second(
        decides=NAMES[False],
        name=NAMES[True],
        auc=fold_estimate(aucs, few.n_folds),
        difference=Difference(auc=estimate(gain.mean, gain.low, gain.high), p=None, method=method),
        why=kept.why,
        shares={NAMES[one]: criterion_shares(bundle, both[one].contributions(cases.rows)) for one in both},
    )


def refitted(session: BenchSession, bundle: Bundle, cases: Cases) -> Forest | None:
    """Grow the deciding forest anew on other labels; None where the ridge decides."""
    kept = bundle.manifest.ensemble
    if kept is None or not kept.decides:
        return None
    return fit_forest(cases, bundle.manifest.columns, session.spec.seed)


def criterion_shares(bundle: Bundle, parts: Rows) -> dict[str, float]:
    """Return how much each criterion moves the log-odds from image to image, as shares of 1."""
    criteria = [feature.criterion for feature in bundle.manifest.features]
    spreads = {
        name: float(np.std(parts[:, [one == name for one in criteria]].sum(axis=1)))
        for name in dict.fromkeys(criteria)
    }
    total = sum(spreads.values())
    return {name: short(one / total if total else 1 / len(spreads)) for name, one in spreads.items()}
