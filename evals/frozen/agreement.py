"""What the parts of a bundle say of one another must agree: manifest, files, classifier, curves, phantoms.

Each check raises at the first fault with the entry's name; a bundle that is opened has passed them all.
"""

from collections.abc import Iterable, Mapping, Sequence

from scafe.evals.frozen.contents import MANIFEST
from scafe.evals.frozen.fingerprints import image_sha256
from scafe.evals.frozen.records import Manifest, Responses
from scafe.evals.scoring.assessment import short
from scafe.evals.scoring.classifier import Classifier
from scafe.evals.scoring.ensemble.forest import Forest
from scafe.knowledge.contract.errors import IntegrityError
from scafe.knowledge.contract.inside import require_distinct, require_plain_name
from scafe.sandbox.language.toolkit_text import FOLDER as TOOLKIT
from scafe.sandbox.pool.pool import ImageAndMask

CLASSIFIER = "classifier.skops"
RESPONSES = "responses.json"
PHANTOMS = "phantoms.npz"
CARD = "model_card.md"
LOCATOR = "locator.py"
FUSED = "fused.skops"
ENSEMBLE = "ensemble.skops"


def extractor_file(criterion: str, sha256: str) -> str:
    """Path of an extractor's source in a bundle."""
    return f"extractors/{criterion}_{sha256[:8]}.py"


def card_file(column: str) -> str:
    """Path of a feature's card in a bundle."""
    return f"cards/{column}.md"


def require_sound(manifest: Manifest) -> None:
    """Check what a manifest says of itself: features, files, fingerprints.

    Raises
    ------
    IntegrityError
        An entry is named twice, is missing, belongs to nothing, or contradicts another.
    """
    where = MANIFEST
    _require_once(manifest.columns, f"{where}, features: column")
    _require_once(((one.extractor, one.name) for one in manifest.features), f"{where}, features:")
    _require_once(manifest.classes, f"{where}, classes:")
    _require_same(manifest.development.patients, manifest.classes, f"{where}, development.patients")
    for feature in manifest.features:
        expected = extractor_file(feature.criterion, feature.extractor)
        if feature.file != expected:
            raise IntegrityError(
                f"{where}, feature {feature.column}: its file is {feature.file!a}, not {expected}"
            )
        if manifest.files.get(feature.file, feature.extractor) != feature.extractor:
            raise IntegrityError(f"{where}, files: {feature.file} is not the extractor of {feature.column}")
    _require_locator(manifest, where)
    for name in manifest.files:
        require_plain_name(name, where)
    require_distinct(manifest.files, where)
    _require_same(manifest.files, _files_of(manifest), f"{where}, files")
    if not manifest.fingerprints:
        raise IntegrityError(f"{where}, fingerprints: there is none, so nothing could be compared")
    for number, one in enumerate(manifest.fingerprints):
        _require_same(one.values, manifest.columns, f"{where}, fingerprints.{number}.values")


def require_classifier(manifest: Manifest, classifier: Classifier, where: str) -> None:
    """Check that a classifier is of the manifest's classes, features, penalty and coefficients."""
    told = {
        "classes": (classifier.classes, manifest.classes),
        "features": (classifier.columns, manifest.columns),
        "penalty": (classifier.penalty, manifest.penalty),
    }
    for what, (found, expected) in told.items():
        if found != expected:
            raise IntegrityError(f"{where}: its {what} are {found!a}; {MANIFEST} says {expected!a}")
    for feature, found in zip(manifest.features, classifier.coefficients, strict=True):
        if abs(short(found) - feature.coefficient) > 1e-6 * max(1.0, abs(found)):
            raise IntegrityError(
                f"{where}: the coefficient of {feature.column} is {short(found)}; "
                f"{MANIFEST} says {feature.coefficient}"
            )


def require_fused(manifest: Manifest, classifier: Classifier, where: str) -> None:
    """Check that a fused classifier is of the manifest's classes, features and companion."""
    kept, columns = manifest.companion, classifier.columns
    if kept is None:
        raise IntegrityError(f"{MANIFEST} names no companion, so there is no fused score")
    told = {
        "classes": (classifier.classes, manifest.classes),
        "features": (columns[: len(manifest.columns)], manifest.columns),
        "numbers of the companion": (len(columns) - len(manifest.columns), kept.numbers),
        "penalty": (classifier.penalty, kept.penalty),
    }
    for what, (found, expected) in told.items():
        if found != expected:
            raise IntegrityError(f"{where}: its {what} are {found!a}; {MANIFEST} says {expected!a}")


def require_ensemble(manifest: Manifest, forest: Forest, where: str) -> None:
    """Check that a forest is of the manifest's classes and features."""
    kept = manifest.ensemble
    told = {
        "classes": (forest.classes, manifest.classes),
        "features": (forest.columns, manifest.columns),
        "leaves": (forest.leaf, kept.leaf if kept else None),
        "trees": (len(forest.roots) // forest.codes, kept.trees if kept else None),
    }
    for what, (found, expected) in told.items():
        if found != expected:
            raise IntegrityError(f"{where}: its {what} are {found!a}; {MANIFEST} says {expected!a}")


def require_responses(manifest: Manifest, responses: Responses, where: str) -> None:
    """Check that curves are of the manifest's features, and that each has a value per level."""
    _require_same(responses.curves, manifest.columns, f"{where}, curves")
    _require_same(responses.own_dial, manifest.columns, f"{where}, own_dial")
    for column, curves in responses.curves.items():
        _require_once((curve.dial for curve in curves), f"{where}, curves.{column}:")
        for curve in curves:
            if len(curve.levels) != len(curve.values):
                raise IntegrityError(f"{where}, curves.{column}, {curve.dial!a}: not one value per level")


def require_phantoms(manifest: Manifest, images: Sequence[ImageAndMask], where: str) -> None:
    """Check that phantoms are those of the fingerprints, pixel by pixel."""
    if len(images) != len(manifest.fingerprints):
        raise IntegrityError(
            f"{where} holds {len(images)} phantoms, {MANIFEST} {len(manifest.fingerprints)} fingerprints"
        )
    for number, (image, one) in enumerate(zip(images, manifest.fingerprints, strict=True)):
        if image_sha256(image) != one.image_sha256:
            raise IntegrityError(
                f"{where}: phantom {number} is not the one of {MANIFEST}, fingerprints.{number}"
            )


def _require_locator(manifest: Manifest, where: str) -> None:
    locator = manifest.locator
    if locator is None:
        return
    if locator.file != LOCATOR:
        raise IntegrityError(f"{where}, locator: its file is {locator.file!a}, not {LOCATOR}")
    if manifest.files.get(LOCATOR, locator.sha256) != locator.sha256:
        raise IntegrityError(f"{where}, files: {LOCATOR} is not the locator of the set")


def _files_of(manifest: Manifest) -> set[str]:
    fixed = {CLASSIFIER, RESPONSES, PHANTOMS, CARD} | ({LOCATOR} if manifest.locator else set())
    fixed |= {FUSED} if manifest.companion else set()
    fixed |= {ENSEMBLE} if manifest.ensemble else set()
    toolkit = {name for name in manifest.files if name.startswith(f"{TOOLKIT}/") and name.endswith(".py")}
    own = {one.file for one in manifest.features} | {card_file(one) for one in manifest.columns}
    return fixed | own | toolkit


def _require_once(names: Iterable[object], where: str) -> None:
    seen: set[object] = set()
    for name in names:
        if name in seen:
            raise IntegrityError(f"{where} {name!a} stands twice")
        seen.add(name)


def _require_same(found: Mapping[str, object] | Iterable[str], expected: Iterable[str], where: str) -> None:
    there, wanted = set(found), set(expected)
    if missing := sorted(wanted - there):
        raise IntegrityError(f"{where}: {missing[0]!a} is missing")
    if unknown := sorted(there - wanted):
        raise IntegrityError(f"{where}: {unknown[0]!a} belongs to nothing in the bundle")
