"""A bundle: the folder a frozen set lives in, readable by a clinician and loadable by a program.

::

    bundle/
      manifest.json               every file's hash; its own hash is the bundle's identity
      extractors/<criterion>_<sha8>.py
      classifier.skops
      responses.json              how each feature answers to each dial of the phantom
      phantoms.npz                the images and masks that `scafe verify` measures again
      model_card.md  cards/<feature>.md

The same run gives the same bytes: nothing here holds a date, a path of this machine or a random id.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ValidationError

from scafe.evals.data.zipped import zip_bytes
from scafe.evals.frozen.records import Manifest, Responses
from scafe.evals.frozen.stored_phantoms import load_phantoms
from scafe.evals.scoring.classifier import Classifier, load_classifier
from scafe.knowledge.contract.errors import IntegrityError
from scafe.sandbox.pool.pool import ImageAndMask

MANIFEST = "manifest.json"
CLASSIFIER = "classifier.skops"
RESPONSES = "responses.json"
PHANTOMS = "phantoms.npz"
PACKAGES = (
    "numpy",
    "opencv-python-headless",
    "RestrictedPython",
    "scafe",
    "scikit-image",
    "scikit-learn",
    "scipy",
    "skops",
)
"""Distributions whose version can change a feature's value or the classifier's answer."""


@dataclass(frozen=True)
class Bundle:
    """An opened bundle, every file's hash checked."""

    folder: Path
    manifest: Manifest
    sha256: str
    """Hash of the manifest's bytes."""

    @property
    def changed_versions(self) -> dict[str, tuple[str, str]]:
        """Distributions that are not here as they were when it was frozen: name -> (then, here)."""
        then, here = self.manifest.environment, environment()
        return {name: (then[name], here.get(name, "absent")) for name in then if then[name] != here.get(name)}

    @cached_property
    def classifier(self) -> Classifier:
        """The fitted classifier."""
        return load_classifier((self.folder / CLASSIFIER).read_bytes(), str(self.folder / CLASSIFIER))

    @cached_property
    def responses(self) -> Responses:
        """Response curves on phantoms."""
        return Responses.model_validate_json((self.folder / RESPONSES).read_bytes())

    @cached_property
    def phantoms(self) -> list[ImageAndMask]:
        """Images and masks of the fingerprints, in their order."""
        return load_phantoms((self.folder / PHANTOMS).read_bytes(), str(self.folder / PHANTOMS))

    def source(self, extractor: str) -> str:
        """Source of one extractor by its SHA-256."""
        file = next(one.file for one in self.manifest.features if one.extractor == extractor)
        return (self.folder / file).read_text(encoding="utf-8")

    @property
    def extractors(self) -> tuple[str, ...]:
        """SHA-256 of the extractors, in order of first appearance."""
        return tuple(dict.fromkeys(feature.extractor for feature in self.manifest.features))


def write_bundle(folder: Path, manifest: Manifest, files: Mapping[str, bytes]) -> str:
    """Write a bundle's files, its manifest last, and a zip of all beside the folder.

    Returns
    -------
    str
        SHA-256 of the manifest: the bundle's identity.
    """
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    text = canonical_json(manifest.model_copy(update={"files": hashes}))
    for name, content in [*files.items(), (MANIFEST, text)]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    folder.with_name(folder.name + ".zip").write_bytes(zip_bytes({**files, MANIFEST: text}))
    return hashlib.sha256(text).hexdigest()


def open_bundle(folder: str | Path) -> Bundle:
    """Open a bundle and check the hash of every file.

    Raises
    ------
    IntegrityError
        A file is missing, was changed or was added (named), or the manifest is not one.
    """
    folder = Path(folder)
    text = _manifest_bytes(folder)
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise IntegrityError(_not_a_manifest(folder, error)) from None
    _check_files(folder, manifest)
    return Bundle(folder, manifest, hashlib.sha256(text).hexdigest())


def canonical_json(record: BaseModel) -> bytes:
    """Write a record as indented JSON with sorted keys."""
    data = record.model_dump(mode="json", by_alias=True)
    return (json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def environment() -> dict[str, str]:
    """Return versions of what can change a value; 'absent' where a distribution is not installed."""
    return {name: _version(name) for name in PACKAGES}


def extractor_file(criterion: str, sha256: str) -> str:
    """Path of an extractor's source in a bundle."""
    return f"extractors/{criterion}_{sha256[:8]}.py"


def _manifest_bytes(folder: Path) -> bytes:
    try:
        return (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise IntegrityError(
            f"{folder} is not a bundle: {MANIFEST} cannot be read ({error.strerror}); "
            "give the folder that `scafe freeze` wrote"
        ) from None


def _not_a_manifest(folder: Path, error: ValidationError) -> str:
    fault = error.errors()[0]
    field = ".".join(str(part) for part in fault["loc"]) or "the whole file"
    return (
        f"{folder / MANIFEST}, field {field}: {fault['msg']}; the file was changed or is of another version"
    )


def _check_files(folder: Path, manifest: Manifest) -> None:
    for name, expected in sorted(manifest.files.items()):
        found = _sha256_of(folder, name)
        if found != expected:
            raise IntegrityError(
                f"{folder / name} is not what was frozen: its SHA-256 is {found[:12]}…, the manifest says "
                f"{expected[:12]}…; take the bundle again from where it was frozen"
            )
    named = {MANIFEST, *manifest.files}
    extra = sorted(
        name
        for name in (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        if name not in named
    )
    if extra:
        raise IntegrityError(
            f"{folder / extra[0]} is not in the manifest; a bundle holds nothing else: move it"
        )


def _sha256_of(folder: Path, name: str) -> str:
    pure = PurePosixPath(name)
    path = folder / name
    if pure.is_absolute() or ".." in pure.parts or path.is_symlink():
        raise IntegrityError(f"{folder / MANIFEST} names {name}, which leads out of the bundle")
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise IntegrityError(
            f"{path} is in the manifest but cannot be read ({error.strerror}); take the bundle again"
        ) from None


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
