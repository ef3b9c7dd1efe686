"""The hash over everything that decides a score, taken once and checked before every score.

A run whose scorer changed on the way is not repaired, it ends: nobody can tell which half to believe.
"""

import hashlib
import inspect
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from scafe.evals.data.sources import digest
from scafe.knowledge.contract.errors import IntegrityError
from scafe.knowledge.criteria.pack import load_pack, pack_path
from scafe.knowledge.phantoms import load_phantom

FILES = {
    "evals/scoring/ensemble": ("choice", "forest"),
    "evals/companion": ("companion", "joined", "onnx_file"),
    "evals/scoring": ("classifier", "feedback", "gate", "ridge", "score", "splits", "stats", "threads"),
    "evals/disclosure": (
        "answers", "bands", "declared", "drafted", "label_noise", "ledger", "locators", "opening", "regions",
        "score_card", "scorer", "session", "verdicts",
    ),
    "evals/disclosure/truths": ("expert_answers", "transfers"),
    "evals/experts": ("agreement", "rated", "scores", "straying"),
    "evals/transfer": ("steadiness", "surroundings", "transfer"),
    "sandbox/pool": ("pool",),
    "sandbox/pool/regions": ("finding", "located", "seat"),
    "sandbox/probes": (
        "agreement", "cascade", "checks", "determinism", "evidence", "findings", "kept_panel", "novelty",
        "panel", "perturbations", "verdict",
    ),
    "knowledge/contract": ("extractor",),
    "knowledge/criteria": ("directions", "pack", "yaml_text"),
}  # fmt: skip
"""Modules by room; a pack's own file and its phantom's are added when a scorer is sealed."""
WHOLE = "evals/data"
"""The room whose every file decides what a picture is, the readers in its sub-rooms too."""


@dataclass(frozen=True)
class ScorerSeal:
    """One hash per file, as they were when the bench was opened."""

    files: dict[str, tuple[Path, str]]
    """Name -> path and SHA-256."""

    @classmethod
    def of(cls, pack: str) -> "ScorerSeal":
        """Hash scorer, splits, probes, the pack's file and what draws its phantom."""
        paths = {f"{folder}/{name}.py": _module(folder, name) for folder in FILES for name in FILES[folder]}
        paths["pack"] = pack_path(pack)
        paths |= _readers() | _phantom_modules(load_pack(pack).phantom)
        return cls({name: (path, _sha256(path)) for name, path in sorted(paths.items())})

    @property
    def sha256(self) -> str:
        """Hash over all files; the same on every machine with the same sources."""
        return digest(*(f"{name}\0{sha256}".encode() for name, (_, sha256) in self.files.items()))

    def check(self) -> None:
        """Raise IntegrityError naming the first file that changed since."""
        for name, (path, sha256) in self.files.items():
            if not path.exists() or _sha256(path) != sha256:
                raise IntegrityError(
                    f"{name} changed while the run was going on; scores before and after cannot be compared. "
                    "Restore the file, or start a new run"
                )

    def as_record(self) -> dict[str, str]:
        """Return name -> SHA-256, to be kept with the run."""
        return {name: sha256 for name, (_, sha256) in self.files.items()}

    def check_against(self, record: dict[str, str]) -> None:
        """Raise IntegrityError naming the first file that differs from an earlier opening of the run."""
        now = self.as_record()
        for name in sorted({*record, *now}):
            if record.get(name) != now.get(name):
                raise IntegrityError(
                    f"{name} is not the file this run began with; scores before and after cannot be compared."
                    " Restore the file, or start a new run"
                )


def _phantom_modules(kind: str) -> dict[str, Path]:
    """Every module beside the phantom's: scenes share cameras, textures and outlines. A plug-in's too."""
    module = Path(inspect.getfile(type(load_phantom(kind))))
    beside = module.parent
    return {f"{beside.name}/{path.relative_to(beside)}": path for path in beside.rglob("*.py")}


def _readers() -> dict[str, Path]:
    room = Path(str(resources.files(f"scafe.{WHOLE.replace('/', '.')}")))
    return {f"{WHOLE}/{path.relative_to(room)}": path for path in room.rglob("*.py")}


def _module(folder: str, name: str) -> Path:
    return Path(str(resources.files(f"scafe.{folder.replace('/', '.')}"))) / f"{name}.py"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
