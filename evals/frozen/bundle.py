"""A bundle: the folder a frozen set lives in, readable by a clinician and loadable by a program.

::

    bundle/
      manifest.json               every file's hash; its own hash is the bundle's identity
      extractors/<criterion>_<sha8>.py
      toolkit/*.py                where an extractor imports it, to run without ScaFE
      locator.py                  what finds masks that are not given, if the run had one
      classifier.skops
  ensemble.skops              the random forest of --classifier auto
  fused.skops                 criteria features and the companion, if the run had one
      responses.json              how each feature answers to each dial of the phantom
      phantoms.npz                the images and masks that `scafe verify` measures again
      model_card.md  cards/<feature>.md

The same run gives the same bytes: nothing here holds a date, a path of this machine or a random id.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from scafe.evals.data.zipped import zip_bytes
from scafe.evals.frozen.agreement import (
    CLASSIFIER,
    ENSEMBLE,
    FUSED,
    PHANTOMS,
    RESPONSES,
    require_classifier,
    require_ensemble,
    require_fused,
    require_phantoms,
    require_responses,
    require_sound,
)
from scafe.evals.frozen.contents import MANIFEST, read_contents
from scafe.evals.frozen.records import Manifest, Record, Responses
from scafe.evals.frozen.stored_phantoms import load_phantoms
from scafe.evals.scoring.classifier import Classifier, load_classifier
from scafe.evals.scoring.ensemble.forest import Forest, load_forest
from scafe.knowledge.contract.errors import IntegrityError
from scafe.knowledge.contract.plain_json import read_json
from scafe.sandbox.language.toolkit_text import FOLDER as TOOLKIT
from scafe.sandbox.language.toolkit_text import files_for
from scafe.sandbox.pool.pool import ImageAndMask

Kind = TypeVar("Kind", bound=Record)
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
    """An opened bundle: every file read once, its hash checked, and nothing of it looked at again on disk."""

    folder: Path
    """Where it was opened: a folder, or the zip of one."""
    manifest: Manifest
    sha256: str
    """Hash of the manifest's bytes."""
    contents: Mapping[str, bytes] = field(repr=False)
    """Path in the bundle -> bytes, the manifest's too."""

    @property
    def changed_versions(self) -> dict[str, tuple[str, str]]:
        """Distributions that are not here as they were when it was frozen: name -> (then, here)."""
        then, here = self.manifest.environment, environment()
        return {name: (then[name], here.get(name, "absent")) for name in then if then[name] != here.get(name)}

    @cached_property
    def classifier(self) -> Classifier:
        """The fitted classifier, of the manifest's classes and features."""
        found = load_classifier(self.contents[CLASSIFIER], self._where(CLASSIFIER))
        require_classifier(self.manifest, found, self._where(CLASSIFIER))
        return found

    @cached_property
    def forest(self) -> Forest:
        """The random forest of `--classifier auto`; IntegrityError without one."""
        if self.manifest.ensemble is None:
            raise IntegrityError(f"{self.folder} has no forest: it was frozen with the ridge alone")
        found = load_forest(self.contents[ENSEMBLE], self._where(ENSEMBLE))
        require_ensemble(self.manifest, found, self._where(ENSEMBLE))
        return found

    @property
    def deciding(self) -> Classifier | Forest:
        """What label, probability and headline come from: the ridge, or the forest if it was chosen."""
        kept = self.manifest.ensemble
        return self.forest if kept is not None and kept.decides else self.classifier

    @cached_property
    def fused(self) -> Classifier:
        """The same features and the companion's numbers under one ridge; IntegrityError without one."""
        if self.manifest.companion is None:
            raise IntegrityError(f"{self.folder} has no companion, so there is no fused score")
        found = load_classifier(self.contents[FUSED], self._where(FUSED))
        require_fused(self.manifest, found, self._where(FUSED))
        return found

    @cached_property
    def responses(self) -> Responses:
        """Response curves on phantoms."""
        found = _parsed(Responses, self.contents[RESPONSES], self._where(RESPONSES))
        require_responses(self.manifest, found, self._where(RESPONSES))
        return found

    @cached_property
    def phantoms(self) -> list[ImageAndMask]:
        """Images and masks of the fingerprints, in their order."""
        found = load_phantoms(self.contents[PHANTOMS], self._where(PHANTOMS))
        require_phantoms(self.manifest, found, self._where(PHANTOMS))
        return found

    def require_toolkit(self) -> None:
        """Check that extractors which import the toolkit would get the one they were frozen with.

        The files in the bundle are never run here: they are a stranger's code outside the language wall.

        Raises
        ------
        IntegrityError
            A file of the toolkit is missing in the bundle, or is not the installed one.
        """
        installed = files_for(self._sources())
        for name in sorted(
            installed.keys() | {one for one in self.contents if one.startswith(f"{TOOLKIT}/")}
        ):
            if self.contents.get(name) != installed.get(name):
                then = self.manifest.environment.get("scafe", "unknown")
                raise IntegrityError(
                    f"{self._where(name)} is not the {TOOLKIT} that is installed here "
                    f"({self._differs(name)}), so extractors would measure something else; install the ScaFE "
                    f"that froze the bundle (scafe {then}), or freeze it anew. "
                    "ScaFE never runs a bundle's own copy"
                )

    def _differs(self, name: str) -> str:
        there, here = self.contents.get(name), files_for(self._sources()).get(name)
        return f"SHA-256 {_short_hash(there)} there, {_short_hash(here)} here"

    def _sources(self) -> list[str]:
        kept = self.manifest.locator
        return [*map(self.source, self.extractors), *([] if kept is None else [self.text(kept.file)])]

    def source(self, extractor: str) -> str:
        """Source of one extractor by its SHA-256."""
        return self.text(self._file(extractor))

    def text(self, name: str) -> str:
        """Return a file of the bundle as text; IntegrityError if it is not UTF-8."""
        try:
            return self.contents[name].decode()
        except UnicodeDecodeError as error:
            raise IntegrityError(f"{self._where(name)} is not UTF-8 ({error})") from None

    def names(self, extractor: str) -> tuple[str, ...]:
        """Features that the bundle takes of one extractor, by its SHA-256."""
        return tuple(one.name for one in self.manifest.features if one.extractor == extractor)

    def where(self, extractor: str) -> str:
        """Path of one extractor's source, for messages."""
        return self._where(self._file(extractor))

    def _file(self, extractor: str) -> str:
        return next(one.file for one in self.manifest.features if one.extractor == extractor)

    def _where(self, name: str) -> str:
        return str(self.folder / name)

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


def open_bundle(path: str | Path) -> Bundle:
    """Open a bundle, a folder or the zip of one: every file is read once and its hash checked.

    Raises
    ------
    IntegrityError
        A file is missing, was changed or was added (named); the manifest is not one, or contradicts itself;
        a file is a link or no plain file; the zip cannot be read or passes a bound.
    """
    folder = Path(path)
    contents = read_contents(folder)
    text = contents[MANIFEST]
    manifest = _parsed(Manifest, text, str(folder / MANIFEST))
    require_sound(manifest)
    _check_files(folder, manifest, contents)
    return Bundle(folder, manifest, hashlib.sha256(text).hexdigest(), contents)


def _short_hash(content: bytes | None) -> str:
    return "missing" if content is None else f"{hashlib.sha256(content).hexdigest()[:12]}…"


def canonical_json(record: BaseModel) -> bytes:
    """Write a record as indented JSON with sorted keys."""
    data = record.model_dump(mode="json", by_alias=True)
    return (json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def environment() -> dict[str, str]:
    """Return versions of what can change a value; 'absent' where a distribution is not installed."""
    return {name: _version(name) for name in PACKAGES}


def _parsed(kind: type[Kind], data: bytes, where: str) -> Kind:
    read_json(data, where)
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        fault = error.errors()[0]
        entry = ".".join(str(part) for part in fault["loc"]) or "the whole file"
        raise IntegrityError(
            f"{where}, field {entry[:200]!a}: {fault['msg']}; the file was changed or is of another version"
        ) from None


def _check_files(folder: Path, manifest: Manifest, contents: Mapping[str, bytes]) -> None:
    for name, expected in sorted(manifest.files.items()):
        if name not in contents:
            raise IntegrityError(
                f"{folder / name} is in the manifest but not in the bundle; take the bundle again"
            )
        found = hashlib.sha256(contents[name]).hexdigest()
        if found != expected:
            raise IntegrityError(
                f"{folder / name} is not what was frozen: its SHA-256 is {found[:12]}…, the manifest says "
                f"{expected[:12]}…; take the bundle again from where it was frozen"
            )
    if extra := sorted(contents.keys() - manifest.files.keys() - {MANIFEST}):
        compiled = (
            "Python wrote it when the toolkit was imported: remove __pycache__, and import with python -B"
        )
        why = compiled if "__pycache__" in extra[0] else "move it"
        raise IntegrityError(
            f"{folder / extra[0]} is not in the manifest; a bundle holds nothing else: {why}"
        )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
